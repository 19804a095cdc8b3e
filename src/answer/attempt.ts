/**
 * One attempt at an answer: a request is sent, and what comes back is translated, one read of the network at a time.
 */
import { UpstreamError } from '../gemini/errors.ts';
import { givesCallIds } from '../gemini/first-candidate.ts';
import type { Frame } from '../gemini/frames.ts';
import { tokenCounts } from '../gemini/token-counts.ts';
import type { UsageMetadata } from '../gemini/wire.ts';
import type { Pass } from '../keys/breaker.ts';
import type { Reader } from '../translate/response/attempt-reader.ts';
import type { TurnEvent } from '../translate/response/turn.ts';
import type { Backend } from '../upstream/backend.ts';
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
  /**
   * True where the rest of a long answer is to be asked for, and nothing of it has come. Then `next` may be called again
   * after a failure: the attempt goes on where it was. Absent where an answer has no rest.
   */
  awaitsRest?(): boolean;
  /** Closes the connection to upstream. May be called repeatedly. */
  close(): void;
};

export type AnswerAttemptOptions = {
  outgoing: Outgoing;
  reader: Reader;
  /** The permission to ask for a stream. Where it is undefined, the whole answer is asked for at once. */
  stream: Pass | undefined;
  /**
   * Runs for each request whose tokens upstream has counted, when that request has ended or was left. `isLost`: the
   * request has failed, and another one may be made in its place.
   */
  onCounted?(usage: UsageMetadata, isLost: boolean): void;
  /** True: nothing is given out before the whole answer has come. Until then another attempt is possible. */
  whole: boolean;
  signal: AbortSignal;
};

type Rest = { token: string; state: 'new' | 'asked' | 'to be asked again' };

/** The kinds of failures that mean that an answer broke off after it had begun. */
const BREAKS: ReadonlySet<string> = new Set(['malformed', 'truncated', 'network', 'timeout']);
const isBreak = (error: unknown): boolean => error instanceof UpstreamError && BREAKS.has(error.kind);

/** True where the attempt ends because no content has come in time; a client that leaves is no failure. */
const isTooLate = ({ reason }: AbortSignal): boolean => reason instanceof UpstreamError;

/** Google's count of the prompt. Undefined where it includes what Google's own tools have read. */
const promptTokensIn = (usage: UsageMetadata): number | undefined =>
  usage.toolUsePromptTokenCount ? undefined : usage.promptTokenCount;

export class AnswerAttempt implements Attempt<TurnEvent> {
  readonly #options: AnswerAttemptOptions;
  readonly #trace: Job['trace'];
  #frames: AsyncIterator<Frame[]> | undefined;
  /** The key that has begun the answer: no other can read its token. */
  #backend: Backend | undefined;
  /** The rest of a long answer, until something of it has come. */
  #rest: Rest | undefined;
  /** True once the answer had a rest. */
  #isContinued = false;
  /** What has come of a whole answer. */
  readonly #whole: TurnEvent[] = [];
  #ended = false;
  /** Google's latest count of the prompt. */
  #promptTokens: number | undefined;
  /** Upstream's latest counts of the present request, as they came; undefined where they were told, or have not come. */
  #counts: unknown;
  #isLost = false;
  /** True once the answer has begun with an event. */
  #hasEvents = false;
  /** What of it came from a cache. */
  #cached: number | undefined;
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
    if (!this.#frames) await this.#send();
    if (!this.#options.whole) return this.#read();
    for (let some = await this.#read(); some; some = await this.#read()) {
      for (const event of some) this.#whole.push(event);
    }
    const all = this.#whole.splice(0);
    return all.length > 0 ? all : undefined;
  }

  awaitsRest(): boolean {
    return this.#rest !== undefined && !this.#ended;
  }

  failed(error: unknown): boolean {
    const { stream } = this.#options;
    this.#isLost = true;
    if (!stream || !this.isBegun() || !isBreak(error)) return false;
    stream.failed();
    return true;
  }

  close(): void {
    this.#ended = true;
    this.#options.stream?.abandoned();
    this.#tellCounts();
    // Closes the connection at once; there is nothing to wait for.
    void this.#frames?.return?.();
  }

  async #send(): Promise<void> {
    const { outgoing, signal } = this.#options;
    await outgoing.placeMedia(signal);
    this.#backend = outgoing.route.backend();
    await this.#ask(this.#backend, outgoing.text());
    outgoing.taken();
  }

  async #ask(backend: Backend, body: string): Promise<void> {
    const { outgoing, signal } = this.#options;
    const request = { model: outgoing.model.id, body, stream: this.streamed };
    const { frames } = await backend.generate(request, outgoing.exchange, signal);
    // The frames are kept in this field first: whatever happens from now on, `close` can leave upstream.
    this.#frames = frames[Symbol.asyncIterator]();
    this.#trace.tell({ type: 'head' });
  }

  /** Asks for the rest of the answer: the same request, and Google's token. */
  async #askForRest(rest: Rest): Promise<void> {
    const { outgoing } = this.#options;
    const body = outgoing.bodyForRest(rest.token);
    if (!this.#backend || body === undefined) throw new Error('the rest of an answer needs its request');
    // Where the rest is asked for again, the loop tells of another attempt.
    if (rest.state === 'new') this.#trace.tell({ type: 'continued' });
    rest.state = 'asked';
    outgoing.route.sentAgain(() => outgoing.tokens());
    await this.#ask(this.#backend, body);
  }

  async #read(): Promise<TurnEvent[] | undefined> {
    try {
      while (!this.#ended) {
        const events = await this.#readOnce();
        if (events.length > 0) return events;
      }
      return undefined;
    } catch (error) {
      if (this.#rest) {
        this.#rest.state = 'to be asked again';
        this.#tellCounts(true);
      }
      throw error;
    }
  }

  async #readOnce(): Promise<TurnEvent[]> {
    if (this.#failure) throw this.#failure.error;
    if (this.#rest && this.#rest.state !== 'asked') await this.#askForRest(this.#rest);
    const read = await this.#frames?.next();
    if (!read || read.done) return this.#endOfBody();
    if (read.value.some(({ kind }) => kind === 'content')) this.#rest = undefined;
    return this.#translated(read.value);
  }

  #translated(frames: readonly Frame[]): TurnEvent[] {
    const { reader } = this.#options;
    const events: TurnEvent[] = [];
    try {
      for (const frame of frames) {
        if (frame.kind === 'content' || frame.kind === 'usage')
          this.#counts = frame.chunk.usageMetadata ?? this.#counts;
        this.#heedIds(frame);
        for (const event of reader.read(frame)) {
          if (event.type === 'usage') this.#heedUsage(event.usage);
          this.#hasEvents = true;
          events.push(event);
        }
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

  /** A host that gives calls ids finds their results by them, whatever the model's row says. */
  #heedIds(frame: Frame): void {
    const { outgoing } = this.#options;
    if (outgoing.model.callIds || frame.kind !== 'content') return;
    if (givesCallIds(frame.chunk)) outgoing.idsGiven();
  }

  /** Only a count that comes before everything else is told: whether a later one is in the same read is chance. */
  #heedUsage(usage: UsageMetadata): void {
    this.#cached = usage.cachedContentTokenCount;
    const tokens = promptTokensIn(usage);
    if (tokens === undefined) return;
    this.#promptTokens = tokens;
    if (!this.#hasEvents && tokens > 0) this.#options.outgoing.told(tokens);
  }

  #endOfBody(): TurnEvent[] {
    const { reader } = this.#options;
    const events = reader.end();
    this.#rest = reader.rest === undefined ? undefined : { token: reader.rest, state: 'new' };
    if (this.#rest) {
      this.#tellCounts();
      this.#isContinued = true;
      return events;
    }
    this.#options.stream?.succeeded();
    this.#tellEnd(events);
    this.#tellCounts();
    this.#ended = true;
    // Only the last count is right. Where the prompt was read several times, it is counted several times.
    if (this.#promptTokens !== undefined && !this.#isContinued)
      this.#options.outgoing.counted(this.#promptTokens, this.#cached);
    return events;
  }

  /** An answer that turns out not to be usable has failed; that is known only after its end. */
  #tellCounts(isLost = this.#isLost || isTooLate(this.#options.signal)): void {
    const usage = tokenCounts(this.#counts);
    this.#counts = undefined;
    if (usage) this.#options.onCounted?.(usage, isLost);
  }

  #tellEnd(events: readonly TurnEvent[]): void {
    const last = events.at(-1);
    // Where the client's own limits ended the answer, upstream has given no finishReason.
    if (last?.type === 'finish' && 'reason' in last.finish)
      this.#trace.tell({ type: 'finished', reason: last.finish.reason });
  }
}
