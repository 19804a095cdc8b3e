/**
 * The story of one request. It is told event by event, and each event is passed to all listeners. No code of the
 * request reads its own story.
 */
import type { Clock } from '../lib/ports.ts';
import type { TraceEvent, TraceFact } from './events.ts';

/** Gets one request's story, one event at a time. Must not change the event. */
export type Listener = (event: TraceEvent) => void;

/** Called once for each request, with its id. */
export type Subscriber = (requestId: string) => Listener;

export type TraceOptions = {
  id: string;
  /** The time at which the request was received, by the monotonic clock. */
  startedAt: number;
  clock: Pick<Clock, 'monotonic'>;
  subscribers: readonly Subscriber[];
  /** Called where a listener threw `error`. The other listeners still get the event, and the request goes on. */
  onFailure(error: unknown): void;
};

export class Trace {
  readonly #startedAt: number;
  readonly #clock: TraceOptions['clock'];
  readonly #listeners: readonly Listener[];
  readonly #onFailure: TraceOptions['onFailure'];

  constructor({ id, startedAt, clock, subscribers, onFailure }: TraceOptions) {
    this.#startedAt = startedAt;
    this.#clock = clock;
    this.#onFailure = onFailure;
    this.#listeners = subscribers.map((subscribe) => subscribe(id));
  }

  /** Tells an event. Costs almost nothing where nobody listens. Not to be used for each chunk of an answer. */
  tell(fact: TraceFact): void {
    if (this.#listeners.length === 0) return;
    const event: TraceEvent = { ...fact, ms: this.#clock.monotonic() - this.#startedAt };
    for (const listen of this.#listeners) {
      try {
        listen(event);
      } catch (error) {
        this.#onFailure(error);
      }
    }
  }
}
