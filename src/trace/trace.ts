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
  /** Takes secrets out of a name that a client may have made up: stories are stored and shown. */
  shownName?(name: string): string;
  /** Called where a listener threw `error`. The other listeners still get the event, and the request goes on. */
  onFailure(error: unknown): void;
};

const asGiven = (name: string): string => name;

/** The fields in which such names stand. */
const NAMES = ['model', 'from', 'to', 'agent', 'parentAgent'] as const;

function withShownNames(fact: TraceFact, shownName: (name: string) => string): TraceFact {
  const names: Readonly<Record<string, unknown>> = fact;
  let shown: TraceFact = fact;
  for (const field of NAMES) {
    const name = names[field];
    const told = typeof name === 'string' ? shownName(name) : name;
    if (told !== name) shown = { ...shown, [field]: told };
  }
  return shown;
}

export class Trace {
  readonly #startedAt: number;
  readonly #clock: TraceOptions['clock'];
  readonly #listeners: readonly Listener[];
  readonly #onFailure: TraceOptions['onFailure'];
  readonly #shownName: (name: string) => string;

  constructor({ id, startedAt, clock, subscribers, shownName = asGiven, onFailure }: TraceOptions) {
    this.#shownName = shownName;
    this.#startedAt = startedAt;
    this.#clock = clock;
    this.#onFailure = onFailure;
    this.#listeners = subscribers.map((subscribe) => subscribe(id));
  }

  /** Tells an event. Costs almost nothing where nobody listens. Not to be used for each chunk of an answer. */
  tell(fact: TraceFact): void {
    if (this.#listeners.length === 0) return;
    const event: TraceEvent = {
      ...withShownNames(fact, this.#shownName),
      ms: this.#clock.monotonic() - this.#startedAt,
    };
    for (const listen of this.#listeners) {
      try {
        listen(event);
      } catch (error) {
        this.#onFailure(error);
      }
    }
  }
}
