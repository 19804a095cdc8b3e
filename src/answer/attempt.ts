/**
 * One attempt at an answer: a request is sent, and what comes back is translated, one read of the network at a time.
 */
import { UpstreamError } from '../gemini/errors.ts';
import type { Frame } from '../gemini/frames.ts';
import type { Pass } from '../keys/breaker.ts';
import type { Reader } from '../translate/response/attempt-reader.ts';
import type { TurnEvent } from '../translate/response/turn.ts';
import type { Job } from './job.ts';
import type { Outgoing } from './outgoing.ts';

/** `T`: what an answer consists of. */
export type Attempt<T> = {
  /** True once upstream has begun to answer. */
  readonly isBegun: boolean;
  /** True where a stream is asked for. */
  readonly streamed: boolean;
  /**
   * The next batch, which is never empty; undefined at the end. Sends the request if it was not sent, or was changed
   * after a refusal. Rejects with the failure, after everything that came before it.
   */
  next(): Promise<T[] | undefined>;
  /** Takes in that the attempt ended with `error`. Returns true where a stream broke off, and a whole answer may come through. */
  failed(error: unknown): boolean;
  /** Leaves upstream. May be repeated. */
  close(): void;
};

export type AnswerAttemptOptions = {
  outgoing: Outgoing;
  reader: Reader;
  /** Asks for a stream; undefined asks for the whole answer at once. */
  stream: Pass | undefined;
  /** Where it is set, nothing is given out before everything has come. Until then another attempt is possible. */
  whole: boolean;
  signal: AbortSignal;
};

/** The failures by which an answer that had begun breaks off. */
const BREAKS: ReadonlySet<string> = new Set(['malformed', 'truncated', 'network', 'timeout']);
const isBreak = (error: unknown): boolean => error instanceof UpstreamError && BREAKS.has(error.kind);

export class AnswerAttempt implements Attempt<TurnEvent> {
  readonly #options: AnswerAttemptOptions;
  readonly #trace: Job['trace'];
  #frames: AsyncIterator<Frame[]> | undefined;
  #ended = false;
  /** A failure that came after events in the same read. */
  #failure: { error: unknown } | undefined;

  constructor(options: AnswerAttemptOptions, { trace }: Pick<Job, 'trace'>) {
    this.#options = options;
    this.#trace = trace;
  }

  get isBegun(): boolean {
    return this.#frames !== undefined;
  }

  get streamed(): boolean {
    return this.#options.stream !== undefined;
  }

  async next(): Promise<TurnEvent[] | undefined> {
    const frames = this.#frames ?? (await this.#send());
    if (!this.#options.whole) return this.#read(frames);
    const all: TurnEvent[] = [];
    for (let some = await this.#read(frames); some; some = await this.#read(frames)) {
      for (const event of some) all.push(event);
    }
    return all.length > 0 ? all : undefined;
  }

  failed(error: unknown): boolean {
    const { stream } = this.#options;
    if (!stream || !this.isBegun || !isBreak(error)) return false;
    stream.failed();
    return true;
  }

  close(): void {
    this.#ended = true;
    this.#options.stream?.abandoned();
    // Closes the connection at once; there is nothing to wait for.
    void this.#frames?.return?.();
  }

  async #send(): Promise<AsyncIterator<Frame[]>> {
    const { outgoing, signal } = this.#options;
    const { backend } = outgoing.route;
    const body = outgoing.text();
    const request = { model: outgoing.model.id, body, stream: this.streamed };
    const { frames } = await backend.generate(request, outgoing.exchange, signal);
    // First of all in hand: whatever happens now, `close` leaves upstream.
    this.#frames = frames[Symbol.asyncIterator]();
    this.#trace.tell({ type: 'head' });
    outgoing.taken();
    return this.#frames;
  }

  async #read(frames: AsyncIterator<Frame[]>): Promise<TurnEvent[] | undefined> {
    while (!this.#ended) {
      if (this.#failure) throw this.#failure.error;
      const read = await frames.next();
      const events = read.done ? this.#endOfBody() : this.#translated(read.value);
      if (events.length > 0) return events;
    }
    return undefined;
  }

  #translated(frames: readonly Frame[]): TurnEvent[] {
    const { reader } = this.#options;
    const events: TurnEvent[] = [];
    try {
      for (const frame of frames) {
        for (const event of reader.read(frame)) events.push(event);
        if (!reader.finished) continue;
        this.#options.stream?.succeeded();
        this.#tellEnd(events);
        // The client wants nothing more of the answer.
        this.close();
        break;
      }
    } catch (error) {
      if (events.length === 0) throw error;
      this.#failure = { error };
    }
    return events;
  }

  #endOfBody(): TurnEvent[] {
    const events = this.#options.reader.end();
    this.#options.stream?.succeeded();
    this.#tellEnd(events);
    this.#ended = true;
    return events;
  }

  #tellEnd(events: readonly TurnEvent[]): void {
    const last = events.at(-1);
    // Where the client's limits ended the answer, upstream gave no reason.
    if (last?.type === 'finish' && 'reason' in last.finish)
      this.#trace.tell({ type: 'finished', reason: last.finish.reason });
  }
}
