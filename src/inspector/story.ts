/** The story of a request: its events, or, once the request has ended, one flat list of their values. */
import type { TraceEvent } from '../trace/events.ts';

type Fields = Record<string, unknown>;

/** The fields of an event, in their order. Events with the same fields share theirs. */
type Layout = { readonly keys: readonly string[] };

const LAYOUTS = new Map<string, Layout[]>();

function isOf({ keys }: Layout, found: readonly string[]): boolean {
  if (keys.length !== found.length) return false;
  for (let at = 0; at < keys.length; at++) if (keys[at] !== found[at]) return false;
  return true;
}

function layoutOf(event: TraceEvent): Layout {
  const known = LAYOUTS.get(event.type) ?? [];
  if (known.length === 0) LAYOUTS.set(event.type, known);
  const keys = Object.keys(event);
  for (const layout of known) if (isOf(layout, keys)) return layout;
  const layout = { keys };
  known.push(layout);
  return layout;
}

/** An error of our own is in the log, and may hold on to much. */
const written = (key: string, value: unknown): unknown => {
  if (value instanceof Date) return value.getTime();
  return key === 'bug' ? undefined : value;
};

function eventsIn(values: readonly unknown[]): TraceEvent[] {
  const events: TraceEvent[] = [];
  for (let at = 0; at < values.length; ) {
    const { keys } = values[at++] as Layout;
    const event: Fields = {};
    for (const key of keys) event[key] = values[at++];
    if (event['type'] === 'received') event['at'] = new Date(event['at'] as number);
    events.push(event as TraceEvent);
  }
  return events;
}

export class Story {
  #events: TraceEvent[] | undefined;
  /** The layout of each event, and then its values. */
  readonly #values: readonly unknown[];

  constructor(values: readonly unknown[] = []) {
    this.#values = values;
  }

  push(event: TraceEvent): void {
    this.#events ??= eventsIn(this.#values);
    this.#events.push(event);
  }

  get events(): readonly TraceEvent[] {
    this.#events ??= eventsIn(this.#values);
    return this.#events;
  }

  /** Writes what the constructor reads. */
  write(out: unknown[]): void {
    if (!this.#events) {
      for (const value of this.#values) out.push(value);
      return;
    }
    for (const event of this.#events) {
      const layout = layoutOf(event);
      out.push(layout);
      for (const key of layout.keys) out.push(written(key, (event as Fields)[key]));
    }
  }
}
