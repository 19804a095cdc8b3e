/** Gives the body of an answer as batches of frames. */
import { UpstreamError } from '../gemini/errors.ts';
import { type Frame, FrameDecoder } from '../gemini/frames.ts';
import { Progress } from '../gemini/progress.ts';
import { Breather, othersFirst } from '../lib/async.ts';
import type { Connection } from './connection.ts';

/**
 * The most bytes that are decoded without a pause. A read may bring megabytes, and each megabyte may hold ten thousand
 * events.
 */
const SLICE = 256 * 1024;
/**
 * The most steps of work without a pause: many events may be much work in few bytes, while the bytes of one long event
 * are little work.
 */
const STEPS_AT_ONCE = 2_000;
const BYTES_OF_A_STEP = 2_048;

/**
 * An iterator of batches. Bytes are read only when frames are asked for. It is not a generator, because `return()` must
 * close the connection at once, and a generator would first wait for the present read, which may take minutes.
 */
export class FrameStream implements AsyncIterableIterator<Frame[]> {
  readonly #connection: Connection;
  readonly #decoder = new FrameDecoder();
  readonly #progress = new Progress();
  readonly #breather = new Breather(STEPS_AT_ONCE);
  /** The bytes of the last read that are not decoded yet. */
  #rest: Uint8Array | undefined;
  #failure: { error: unknown } | undefined;
  #done = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Frame[], undefined>> {
    while (!this.#done) {
      let frames: Frame[];
      try {
        const bytes = this.#rest ?? (await this.#connection.read());
        frames = bytes ? this.#decode(bytes) : this.#end();
        if (this.#breather.isDue(stepsOf(bytes, frames))) {
          await othersFirst();
          // The reader has left meanwhile.
          if (bytes && this.#done) break;
        }
      } catch (error) {
        frames = this.#break(error);
      }
      if (frames.length > 0) return { value: frames, done: false };
    }
    if (!this.#failure) return { value: undefined, done: true };
    const { error } = this.#failure;
    this.#failure = undefined;
    throw error;
  }

  /** Leaves upstream. A `next` that is still waiting rejects with an AbortError. */
  async return(): Promise<IteratorResult<Frame[], undefined>> {
    this.#done = true;
    this.#connection.close();
    return { value: undefined, done: true };
  }

  #end(): Frame[] {
    this.#done = true;
    return this.#decoder.end();
  }

  #break(error: unknown): Frame[] {
    this.#done = true;
    const left = error instanceof UpstreamError ? this.#framesBeforeBreak() : undefined;
    if (!left?.isWhole) this.#failure = { error };
    return left?.frames ?? [];
  }

  #heed(frames: Frame[]): Frame[] {
    if (this.#progress.read(frames)) this.#connection.heard();
    const { isWhole, wentOn } = this.#progress;
    // More of the answer may come after an event that has begun.
    this.#connection.expect(isWhole && !wentOn && !this.#decoder.open ? 'end' : 'news');
    return frames;
  }

  #decode(bytes: Uint8Array): Frame[] {
    if (bytes.length <= SLICE) {
      this.#rest = undefined;
      return this.#heed(this.#decoder.feed(bytes));
    }
    this.#rest = bytes.subarray(SLICE);
    return this.#heed(this.#decoder.feed(bytes.subarray(0, SLICE)));
  }

  /**
   * The frames that had come completely when the connection broke. An error object often lacks its closing blank line,
   * and says more than the break. A piece that was torn off is reported by the error that follows. If no piece was torn
   * off and the answer is complete, it does not matter that the connection broke before its end.
   */
  #framesBeforeBreak(): { frames: Frame[]; isWhole: boolean } {
    const all = this.#decoder.end();
    const frames = all.filter(({ kind }) => kind !== 'truncated' && kind !== 'malformed');
    this.#progress.read(frames);
    return { frames, isWhole: this.#progress.isWhole && frames.length === all.length };
  }
}

const stepsOf = (bytes: Uint8Array | undefined, frames: readonly Frame[]): number =>
  frames.length + Math.min(bytes?.length ?? 0, SLICE) / BYTES_OF_A_STEP;
