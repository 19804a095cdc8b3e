/**
 * The story of a request as it is kept. Once it has ended it is one text in the arena: thousands of stories of many small
 * objects would be work for the garbage collector, again and again.
 */
import type { TraceEvent } from '../trace/events.ts';
import { type Arena, bytesOfText, type Kept } from './arena.ts';

/** An error of our own is in the log, and cannot be written as JSON. */
const writable = (event: TraceEvent): unknown => ('bug' in event ? { ...event, bug: undefined } : event);

function revived(event: TraceEvent): TraceEvent {
  return event.type === 'received' ? { ...event, at: new Date(event.at) } : event;
}

/** Bytes that an event costs while the story goes on. */
const EVENT_COST = 220;

type Written = { events: TraceEvent[]; headers: [string, string][] };

export class Story {
  #open: TraceEvent[] | undefined = [];
  #headers: Headers | undefined;
  #closed: { arena: Arena; kept: Kept } | undefined;
  #length = 0;

  /** `headers`: those of the client's request. */
  constructor(headers: Headers) {
    this.#headers = headers;
  }

  push(event: TraceEvent): void {
    this.#open?.push(event);
    this.#length++;
  }

  get length(): number {
    return this.#length;
  }

  get events(): readonly TraceEvent[] {
    return this.#open ?? this.#read().events.map(revived);
  }

  get headers(): Headers {
    return this.#headers ?? new Headers(this.#read().headers);
  }

  /** Bytes of memory beside what lies in the arena. */
  get cost(): number {
    return (this.#open?.length ?? 0) * EVENT_COST;
  }

  /** To be called when nothing more will be told. May be called repeatedly. */
  close(arena: Arena): void {
    if (!this.#open) return;
    const written = { events: this.#open.map(writable), headers: [...(this.#headers ?? [])] };
    this.#closed = { arena, kept: arena.keep(bytesOfText(JSON.stringify(written))) };
    this.#open = undefined;
    this.#headers = undefined;
  }

  letGo(): void {
    this.#open = undefined;
    this.#headers = undefined;
    if (this.#closed) this.#closed.arena.letGo(this.#closed.kept);
  }

  #read(): Written {
    const bytes = this.#closed?.arena.bytes(this.#closed.kept);
    return bytes ? (JSON.parse(new TextDecoder().decode(bytes)) as Written) : { events: [], headers: [] };
  }
}
