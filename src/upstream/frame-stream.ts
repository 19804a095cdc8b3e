/** An answer's body as batches of frames. */
import { UpstreamError } from '../gemini/errors.ts';
import { type Frame, FrameDecoder } from '../gemini/frames.ts';
import { Progress } from '../gemini/progress.ts';
import { Breather, othersFirst } from '../lib/async.ts';
import type { Connection } from './connection.ts';

/** Bytes that are decoded in one go. A read may bring megabytes at once, of which each is ten thousand events. */
const SLICE = 256 * 1024;
/** Events are much work and few bytes; bytes of one event are little. */
const STEPS_AT_ONCE = 2_000;
const BYTES_OF_A_STEP = 2_048;

/**
 * Pulls: bytes are read only when frames are asked for. Written by hand and not as a generator, because `return()` has
 * to close upstream at once: a generator would first wait for the read in progress, which may take minutes.
 */
export class FrameStream implements AsyncIterableIterator<Frame[]> {
  readonly #connection: Connection;
  readonly #decoder = new FrameDecoder();
  readonly #progress = new Progress();
  readonly #breather = new Breather(STEPS_AT_ONCE);
  /** Of the last read. */
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
      const frames = await this.#read();
      if (frames.length > 0) return { value: frames, done: false };
    }
    if (!this.#failure) return { value: undefined, done: true };
    const { error } = this.#failure;
    this.#failure = undefined;
    throw error;
  }

  /** A pending `next` rejects with an AbortError. */
  async return(): Promise<IteratorResult<Frame[], undefined>> {
    this.#done = true;
    this.#connection.close();
    return { value: undefined, done: true };
  }

  async #read(): Promise<Frame[]> {
    try {
      const bytes = this.#rest ?? (await this.#connection.read());
      if (bytes) return await this.#decode(bytes);
      this.#done = true;
      return this.#decoder.end();
    } catch (error) {
      this.#done = true;
      const left = error instanceof UpstreamError ? this.#framesBeforeBreak() : undefined;
      if (!left?.isWhole) this.#failure = { error };
      return left?.frames ?? [];
    }
  }

  #heed(frames: Frame[]): Frame[] {
    if (this.#progress.read(frames)) this.#connection.heard();
    const { isWhole, wentOn } = this.#progress;
    // A begun event may say more.
    this.#connection.expect(isWhole && !wentOn && !this.#decoder.open ? 'end' : 'news');
    return frames;
  }

  async #decode(bytes: Uint8Array): Promise<Frame[]> {
    const slice = bytes.subarray(0, SLICE);
    this.#rest = bytes.length > SLICE ? bytes.subarray(SLICE) : undefined;
    const frames = this.#heed(this.#decoder.feed(slice));
    const steps = frames.length + slice.length / BYTES_OF_A_STEP;
    if (this.#breather.isDue(steps)) await othersFirst();
    return this.#done ? [] : frames;
  }

  /**
   * What had come whole when the line broke: an error object often lacks its closing blank line, and says more than the
   * break. A torn piece is told of by the error that follows. Without one, an end that breaks, or does not come, takes nothing
   * from an answer that is whole.
   */
  #framesBeforeBreak(): { frames: Frame[]; isWhole: boolean } {
    const all = this.#decoder.end();
    const frames = all.filter(({ kind }) => kind !== 'truncated' && kind !== 'malformed');
    this.#progress.read(frames);
    return { frames, isWhole: this.#progress.isWhole && frames.length === all.length };
  }
}
