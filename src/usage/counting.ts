/** Counts the usage of each request from its story. */
import type { TraceEvent } from '../trace/events.ts';
import type { Subscriber } from '../trace/trace.ts';
import type { Place } from './counts.ts';
import type { UsageStore } from './store.ts';

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { type: Type }>;

/** The path of requests for messages. Counts of tokens cost nothing, and are not counted. */
const MESSAGES = '/v1/messages';
/** How many names of models of clients' own making are kept apart: clients may send any. */
const MOST_NAMES = 200;
const LONGEST_NAME = 100;
export const OTHER_NAMES = '(others)';

export function countsUsage(store: UsageStore): Subscriber {
  const names = new Set<string>();
  const known = (name: string): string => {
    const short = name.slice(0, LONGEST_NAME);
    if (names.has(short)) return short;
    if (names.size >= MOST_NAMES) return OTHER_NAMES;
    names.add(short);
    return short;
  };
  return () => {
    const counted = new Counted(store, known);
    return (event) => counted.hear(event);
  };
}

class Counted {
  readonly #store: UsageStore;
  readonly #known: (name: string) => string;
  #isMessage = false;
  #asked: Of<'asked'> | undefined;
  #model = '';
  #key = '';
  #firstMs: number | undefined;
  #error: string | undefined;

  constructor(store: UsageStore, known: (name: string) => string) {
    this.#store = store;
    this.#known = known;
  }

  hear(event: TraceEvent): void {
    switch (event.type) {
      case 'received':
        this.#isMessage = event.path === MESSAGES;
        return;
      case 'asked':
        this.#asked = event;
        return;
      case 'attempt':
        this.#model = event.model;
        this.#key = event.key;
        return;
      case 'spent':
        this.#spend(event);
        return;
      case 'first-content':
        this.#firstMs = event.ms;
        return;
      case 'error':
        this.#error = event.error;
        return;
      case 'end':
        if (this.#isMessage) this.#end(event);
        return;
    }
  }

  #place(model: string, key: string): Place {
    const { model: asked = '', caller = '', client = '' } = this.#asked ?? {};
    return { model: this.#known(model), asked: this.#known(asked), key, client, caller };
  }

  #spend({ model, key, in: fresh, cached, out, thinking, dollars, listDollars }: Of<'spent'>): void {
    this.#store.add(this.#place(model, key), this.#asked?.session, {
      calls: 1,
      in: fresh,
      cached,
      out,
      thinking,
      dollars: dollars ?? 0,
      listDollars: listDollars ?? 0,
      unpriced: dollars === undefined ? 1 : 0,
    });
  }

  #end({ clientLeft }: Of<'end'>): void {
    const place = this.#place(this.#model, this.#key);
    const errors = this.#error === undefined ? 0 : 1;
    this.#store.add(place, this.#asked?.session, { requests: 1, errors, left: clientLeft ? 1 : 0 });
    if (this.#error !== undefined) this.#store.addError(place, this.#error);
    if (this.#firstMs !== undefined) this.#store.addFirst(place, this.#firstMs);
  }
}
