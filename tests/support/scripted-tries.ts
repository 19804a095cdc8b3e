/** Attempts for the commit gate that follow a script. */
import { type GateOptions, gate } from '../../src/answer/gate.ts';
import type { Random } from '../../src/lib/ports.ts';
import { ManualClock } from './manual-clock.ts';

export class Flaky extends Error {}
export class Final extends Error {}

export const always = (value: number): Random => ({ next: () => value });

/** One attempt: items in order. An Error is thrown, `hang` waits for the signal, `deaf` waits for ever. */
export type Script = readonly (string | Error | 'hang' | 'deaf')[];

export function scripted(
  scripts: readonly Script[],
  { maxTries = 3, ...more }: Partial<GateOptions<string>> & { maxTries?: number } = {},
) {
  const clock = new ManualClock();
  const abort = new AbortController();
  const seen = {
    opened: [] as number[],
    pulled: [] as string[],
    aborted: [] as number[],
    retries: [] as number[],
  };
  const run = async function* (attempt: number, signal: AbortSignal) {
    for (const step of scripts[attempt - 1] ?? []) {
      if (step instanceof Error) throw step;
      if (step === 'deaf') await new Promise(() => {});
      if (step === 'hang')
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      seen.pulled.push(step as string);
      yield step as string;
    }
  };
  const it = gate<string>({
    open(attempt, signal) {
      seen.opened.push(attempt);
      signal.addEventListener('abort', () => seen.aborted.push(attempt));
      return run(attempt, signal);
    },
    isContent: (item) => item.startsWith('text'),
    mayRetry: (error) => error instanceof Flaky && seen.opened.length < maxTries,
    clock,
    random: always(1),
    signal: abort.signal,
    onRetry: (_error, attempt) => seen.retries.push(attempt),
    ...more,
  });
  return { it, clock, abort, seen };
}

/** Reads to the end while time passes. */
export async function drain(items: AsyncIterable<string>, clock: ManualClock) {
  const got: string[] = [];
  let error: unknown;
  let done = false;
  const reading = (async () => {
    try {
      for await (const item of items) got.push(item);
    } catch (caught) {
      error = caught;
    }
    done = true;
  })();
  for (let i = 0; i < 20 && !done; i++) await clock.advance(10_000);
  await reading;
  return { got, error };
}
