/**
 * The story of a request as it is kept. Once it has ended it is one text: thousands of stories of many small objects
 * would be work for the garbage collector, again and again.
 */
import type { TraceEvent } from '../trace/events.ts';

/** Bytes that an event costs while the story goes on. */
const EVENT_COST = 220;

/** An error of our own is in the log, and cannot be written as JSON. */
const writable = (event: TraceEvent): unknown => ('bug' in event ? { ...event, bug: undefined } : event);

function revived(event: TraceEvent): TraceEvent {
  return event.type === 'received' ? { ...event, at: new Date(event.at) } : event;
}

export class Story {
  #open: TraceEvent[] | undefined = [];
  #text = '';
  #length = 0;

  push(event: TraceEvent): void {
    this.#open?.push(event);
    this.#length++;
  }

  get length(): number {
    return this.#length;
  }

  get events(): readonly TraceEvent[] {
    return this.#open ?? (JSON.parse(this.#text) as TraceEvent[]).map(revived);
  }

  /** Bytes of memory. */
  get cost(): number {
    return this.#open ? this.#open.length * EVENT_COST : this.#text.length;
  }

  /** To be called when nothing more will be told. */
  close(): void {
    this.#text = JSON.stringify(this.#open?.map(writable));
    this.#open = undefined;
  }
}
