/** What the proxy tells of a demo: requests, tokens, and what went wrong on the way. */
import type { TraceEvent } from '../../trace/events.ts';
import type { Subscriber } from '../../trace/trace.ts';
import type { Told } from './progress.ts';

export class Tally {
  readonly #show: (told: Told) => void;
  #requests = 0;
  #upstream = 0;
  #tokensIn = 0;
  #tokensOut = 0;
  #retries = 0;
  readonly #faults: string[] = [];
  readonly #refusals: string[] = [];
  readonly #errors: string[] = [];

  /** `show`: what is worth being seen at once. */
  constructor(show: (told: Told) => void) {
    this.#show = show;
  }

  readonly subscriber: Subscriber = () => (event) => this.#hear(event);

  #hear(event: TraceEvent): void {
    switch (event.type) {
      case 'received':
        if (event.path === '/v1/messages') this.#requests++;
        return;
      case 'usage':
        this.#tokensIn += event.in + event.cached;
        this.#tokensOut += event.out;
        return;
      case 'step':
        if (event.cost === 'nothing' || event.step === 'give-up') return;
        this.#retries++;
        this.#note('the proxy tries again');
        return;
      case 'error':
        this.#errors.push(event.error);
        this.#note(`the client is told: ${event.error}`);
        return;
      case 'note':
        this.#upstreamTold(event);
        return;
    }
  }

  /** What the mock, and what makes it fail, tell of themselves. */
  #upstreamTold({ what, detail }: Extract<TraceEvent, { type: 'note' }>): void {
    if (what === 'scenario') this.#upstream++;
    if (what === 'fault') {
      this.#faults.push(String(detail['fault']));
      this.#note(`the connection is spoilt: ${String(detail['fault'])}`);
    }
    if (what === 'refusal') {
      this.#refusals.push(String(detail['code']));
      this.#note(`upstream refuses with ${String(detail['code'])}`);
    }
  }

  #note(text: string): void {
    this.#show({ kind: 'note', text });
  }

  /** A label and a text for each line. */
  summary(): [label: string, text: string][] {
    const list = (items: readonly string[]) =>
      items.length > 0 ? `${items.length} (${items.join(', ')})` : '0';
    const told = `errors that the client was told: ${list(this.#errors)}`;
    return [
      ['requests', `${this.#requests} by the client, ${this.#upstream} upstream`],
      ['tokens', `${this.#tokensIn} in, ${this.#tokensOut} out`],
      ['faults', list(this.#faults)],
      ['refusals', list(this.#refusals)],
      ['retries', `${this.#retries} by the proxy, unseen by the client; ${told}`],
    ];
  }
}
