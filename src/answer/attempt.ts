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

/** `T` is what an answer consists of: turn events, or a number of tokens. */
export type Attempt<T> = {
  /** True once upstream has begun to answer. */
  isBegun(): boolean;
  /** True where a stream is asked for. */
  readonly streamed: boolean;
  /**
   * Resolves with the next batch, which is never empty, or with undefined at the end. Sends the request if the request
   * was not sent yet, or was changed after a refusal. Rejects with the failure, but only after everything that came
   * before the failure was given out.
   */
  next(): Promise<T[] | undefined>;
  /**
   * To be called when the attempt has ended with `error`. Returns true where the attempt was a stream that broke off; a
   * whole answer may then succeed. The breaker of the model's streams counts that failure.
   */
  failed(error: unknown): boolean;
  /** Closes the connection to upstream. May be called repeatedly. */
  close(): void;
};

export type AnswerAttemptOptions = {
  outgoing: Outgoing;
  reader: Reader;
  /** The permission to ask for a stream. Where it is undefined, the whole answer is asked for at once. */
  stream: Pass | undefined;
  /** True: nothing is given out before the whole answer has come. Until then another attempt is possible. */
  whole: boolean;
  signal: AbortSignal;
};

/** The kinds of failures that mean that an answer broke off after it had begun. */
const BREAKS: ReadonlySet<string> = new Set(['malformed', 'truncated', 'network', 'timeout']);
const isBreak = (error: unknown): boolean => error instanceof UpstreamError && BREAKS.has(error.kind);

export class AnswerAttempt implements Attempt<TurnEvent> {
  readonly #options: AnswerAttemptOptions;
  readonly #trace: Job['trace'];
  #frames: AsyncIterator<Frame[]> | undefined;
  #ended = false;
  /** A failure that came in the same read as events, after those events. */
  #failure: { error: unknown } | undefined;

  constructor(options: AnswerAttemptOptions, { trace }: Pick<Job, 'trace'>) {
    this.#options = options;
    this.#trace = trace;
  }

  isBegun(): boolean {
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
    if (!stream || !this.isBegun() || !isBreak(error)) return false;
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
    const backend = outgoing.route.backend();
    const body = outgoing.text();
    const request = { model: outgoing.model.id, body, stream: this.streamed };
    const { frames } = await backend.generate(request, outgoing.exchange, signal);
    // The frames are kept in this field first: whatever happens from now on, `close` can leave upstream.
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
        // The client wants no more of the answer: it has reached one of the client's limits.
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
    // Where the client's own limits ended the answer, upstream has given no finishReason.
    if (last?.type === 'finish' && 'reason' in last.finish)
      this.#trace.tell({ type: 'finished', reason: last.finish.reason });
  }
}
