/** What happened to keys and breakers, for the time lines of the requests that it happened to. */
import { type KeyEvent, keyEventText, type StreamsEvent } from '../keys/key-events.ts';

const MOST = 1_000;

/** `ms`: of the monotonic clock where it is kept, and since the request came where it is shown. */
export type KeyMoment = { ms: number; label: string; text: string; sign: 'failed' | 'slow' | undefined };

type Kept = KeyMoment & { event: KeyEvent | StreamsEvent };

const LABELS = {
  key: 'Key',
  model: 'Key',
  breaker: 'Model',
  streams: 'Streams',
} as const satisfies Record<(KeyEvent | StreamsEvent)['kind'], string>;

/** States in which everything is well again. */
const WELL: ReadonlySet<string> = new Set(['in use', 'free', 'closed']);

/** True where the event is of a key and a model that the request has asked. */
function concerns(event: KeyEvent | StreamsEvent, asked: readonly { model: string; key: string }[]): boolean {
  return asked.some(
    ({ model, key }) =>
      (!('key' in event) || event.key === key) && (!('model' in event) || event.model === model),
  );
}

export class KeyMoments {
  readonly #kept: Kept[] = [];

  hear(event: KeyEvent | StreamsEvent, ms: number): void {
    const label = event.kind === 'breaker' && event.state === 'open' ? 'Model left out' : LABELS[event.kind];
    const sign = WELL.has(event.state) ? undefined : 'failed';
    this.#kept.push({ ms, label, text: keyEventText(event), sign, event });
    if (this.#kept.length > MOST) this.#kept.shift();
  }

  /** The moments between two times that have to do with what a request has asked, from the first of them. */
  between(from: number, to: number, asked: readonly { model: string; key: string }[]): KeyMoment[] {
    return this.#kept
      .filter(({ ms, event }) => ms >= from && ms <= to && concerns(event, asked))
      .map(({ ms, label, text, sign }) => ({ ms: ms - from, label, text, sign }));
  }
}
