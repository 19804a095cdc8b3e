/** What the proxy's log tells of a demo: requests, tokens, and what went wrong on the way. */
import type { Told } from './progress.ts';

type Line = Readonly<Record<string, unknown>>;

export class Tally {
  #requests = 0;
  #upstream = 0;
  #tokensIn = 0;
  #tokensOut = 0;
  #retries = 0;
  readonly #faults: string[] = [];
  readonly #refusals: string[] = [];
  readonly #errors: string[] = [];

  /** Returns what of the line is worth being shown at once. */
  read(line: Line): Told | undefined {
    switch (line['msg']) {
      case 'scenario':
        this.#upstream++;
        return undefined;
      case 'fault':
        this.#faults.push(String(line['fault']));
        return { kind: 'note', text: `the connection is spoilt: ${String(line['fault'])}` };
      case 'refusal':
        this.#refusals.push(String(line['code']));
        return { kind: 'note', text: `upstream refuses with ${String(line['code'])}` };
      case 'retry':
        this.#retries++;
        return { kind: 'note', text: 'the proxy tries again' };
      default:
        return this.#answered(line);
    }
  }

  #answered(line: Line): Told | undefined {
    if (line['path'] !== '/v1/messages' || line['status'] === undefined) return undefined;
    this.#requests++;
    this.#tokensIn += Number(line['tokens_in'] ?? 0) + Number(line['tokens_cached'] ?? 0);
    this.#tokensOut += Number(line['tokens_out'] ?? 0);
    if (line['error'] === undefined) return undefined;
    this.#errors.push(String(line['error']));
    return { kind: 'note', text: `the client is told: ${String(line['error'])}` };
  }

  summary(): string[] {
    const list = (items: readonly string[]) =>
      items.length > 0 ? `${items.length} (${items.join(', ')})` : '0';
    return [
      `requests   ${this.#requests} by the client, ${this.#upstream} upstream`,
      `tokens     ${this.#tokensIn} in, ${this.#tokensOut} out`,
      `faults     ${list(this.#faults)}`,
      `refusals   ${list(this.#refusals)}`,
      `retries    ${this.#retries} by the proxy, unseen by the client; errors that the client was told: ${list(this.#errors)}`,
    ];
  }
}
