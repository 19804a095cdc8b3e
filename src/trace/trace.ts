/** The story of one request: told event by event, and handed to whoever listens. It is told, and never asked. */
import type { Clock } from '../lib/ports.ts';
import type { TraceEvent, TraceFact } from './events.ts';

/** Hears one request's story, an event at a time. Must not change the event. */
export type Listener = (event: TraceEvent) => void;

/** Called once for each request, with its id. */
export type Subscriber = (requestId: string) => Listener;

export type TraceOptions = {
  id: string;
  /** When the request was received, by the clock's monotonic side. */
  startedAt: number;
  clock: Pick<Clock, 'monotonic'>;
  subscribers: readonly Subscriber[];
  /** A listener threw `error`. The others hear the event all the same, and the request goes on. */
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

  /** Costs nothing worth counting where nobody listens. Not for what happens with each chunk of an answer. */
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
