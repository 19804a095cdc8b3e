/**
 * The body of a streamed answer, as a ReadableStream of our own. With a generator that throws, the response would end
 * as if the answer were complete, and Bun would frame the texts of a generator a second time. Whatever happens, the
 * client gets an end that it recognises.
 */
import type { MessagesError } from '../anthropic/errors.ts';
import type { MessageEvent } from '../anthropic/events.ts';
import type { Clock } from '../lib/ports.ts';
import { encodeSseEvent } from '../lib/sse.ts';
import type { AnswerStream } from '../translate/response/stream.ts';
import type { TurnEvent } from '../translate/response/turn.ts';

/** Milliseconds of silence before a ping is sent: older clients give up after 15 s, newer clients after 300 s. */
const PING_MS = 10_000;

export type EventBodyOptions = {
  stream: AnswerStream;
  /** The first message events of the answer. They are sent at once. */
  opening: readonly MessageEvent[];
  /** The first batch of turn events. */
  first: Promise<TurnEvent[] | undefined>;
  /** Resolves with the next batch. It is called after `first` has resolved, and for one batch at a time. */
  next(): Promise<TurnEvent[] | undefined>;
  /** Ends the answer early, where the client has all that it wants. */
  leave(): void;
  clock: Clock;
  requestId: string;
  /** The error for the client after a failure; undefined where the client has left. */
  tell(error: unknown): MessagesError | undefined;
  observe(events: readonly MessageEvent[]): void;
  /** Gets the bytes that are sent. */
  keep?: ((bytes: Uint8Array) => void) | undefined;
  /** Stops what feeds the stream, because the client has left. */
  abandon(): void;
  /** Runs once, after the last byte or when the client has left. */
  onEnd(): void;
};

const encoder = new TextEncoder();

const encodeEvents = (events: readonly MessageEvent[]): string =>
  events.map((event) => encodeSseEvent(event.type, JSON.stringify(event))).join('');

export function eventBody(options: EventBodyOptions): ReadableStream<Uint8Array> {
  return new ReadableStream(new EventSource(options));
}

class EventSource implements UnderlyingDefaultSource<Uint8Array> {
  readonly #options: EventBodyOptions;
  #first: Promise<TurnEvent[] | undefined> | undefined;
  /** True once the stream has ended, in whatever way. */
  #over = false;
  #cancelPing: () => void = () => {};
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #lastSent = 0;

  constructor(options: EventBodyOptions) {
    this.#options = options;
    this.#first = options.first;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.#send(this.#options.opening);
    this.#keepAlive();
  }

  /**
   * Runs whenever the client can take more events. So a slow client makes us read upstream more slowly, and the events
   * do not fill the memory.
   */
  async pull(): Promise<void> {
    const { stream } = this.#options;
    try {
      while (!this.#over) {
        const events = await this.#next();
        if (this.#over) return;
        if (!events) throw new Error('the answer ended without an ending');
        const sent = this.#send(stream.push(events));
        if (stream.finished) this.#end();
        else if (sent) return;
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  cancel(): void {
    if (this.#over) return;
    this.#isOver();
    this.#options.abandon();
    this.#options.onEnd();
  }

  #next(): Promise<TurnEvent[] | undefined> {
    const first = this.#first;
    this.#first = undefined;
    return first ?? this.#options.next();
  }

  #isOver(): void {
    this.#over = true;
    this.#cancelPing();
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    const { stream, requestId, tell } = this.#options;
    const told = tell(error);
    if (told) {
      this.#send(stream.fail(told, requestId));
      this.#end();
    } else this.cancel();
  }

  #end(): void {
    if (this.#over) return;
    this.#isOver();
    this.#controller?.close();
    // The client has everything after a stop sequence, but upstream would go on.
    this.#options.leave();
    this.#options.onEnd();
  }

  /** Sends events. Returns true where events were sent. Sends nothing after the end, since enqueuing would throw. */
  #send(events: readonly MessageEvent[]): boolean {
    if (events.length === 0 || this.#over) return false;
    this.#options.observe(events);
    this.#lastSent = this.#options.clock.monotonic();
    const bytes = encoder.encode(encodeEvents(events));
    this.#options.keep?.(bytes);
    try {
      this.#controller?.enqueue(bytes);
    } catch {
      // `enqueue` throws once the client has left. That may happen before `cancel` runs.
      this.cancel();
    }
    return true;
  }

  /** Sends a ping after silence. There is one timer for each stream, not one for each chunk. */
  #keepAlive(): void {
    if (this.#over) return;
    const { stream, clock } = this.#options;
    if (this.#lastSent + PING_MS <= clock.monotonic()) {
      // A client that is not reading still has unread bytes, so it needs no ping.
      const reading = (this.#controller?.desiredSize ?? 0) > 0;
      if (!reading || !this.#send(stream.keepAlive())) this.#lastSent = clock.monotonic();
    }
    if (this.#over) return;
    this.#cancelPing = clock.after(this.#lastSent + PING_MS - clock.monotonic(), () => this.#keepAlive());
  }
}
