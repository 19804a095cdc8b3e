/**
 * Memory for the bytes that are kept. It is taken in blocks that are used again, so the garbage collector, which would have
 * to look after tens of thousands of small buffers, has next to nothing to do. What a body has in common with the one before
 * it is kept once: a client sends its whole conversation again with each turn.
 */

const BLOCK = 64 * 1024;
/** Bytes. What is shared by less is not worth a piece of its own. */
const LEAST_SHARED = 4_096;
/** Blocks that are kept for later; more are given back. */
const MOST_SPARE = 16;
/** A body of more pieces is not leant on: each turn of a conversation adds some. */
const MOST_PIECES = 300;

/** Bytes in the arena: for each piece the number of its block, its first byte, and the byte after its last. */
export type Kept = { readonly length: number; readonly pieces: readonly number[]; isGone: boolean };

type Cut = (block: number, from: number, to: number) => void;

const NOTHING: Kept = { length: 0, pieces: [], isGone: true };
const EACH = 3;

/** The most of `most` for which `isSame` holds; it holds for everything below. Whole ranges are compared natively. */
function mostOf(most: number, isSame: (from: number, to: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (isSame(low, middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

const worth = (bytes: number): number => (bytes < LEAST_SHARED ? 0 : bytes);

export class Arena {
  readonly #blocks: (Buffer | undefined)[] = [];
  /** How many pieces lie in each block. */
  readonly #pieces: number[] = [];
  readonly #free: number[] = [];
  #current = -1;
  #used = BLOCK;

  /** Bytes of the blocks in which something lies. */
  get cost(): number {
    return (this.#blocks.length - this.#free.length) * BLOCK;
  }

  /** Keeps a copy of `bytes`. What they have in common with `like` at either end is kept once. */
  keep(bytes: Uint8Array, like: Kept = NOTHING): Kept {
    const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const shared = like.isGone || like.pieces.length > MOST_PIECES * EACH ? NOTHING : like;
    const prefix = worth(this.#prefix(given, shared));
    const most = Math.min(given.length, shared.length) - prefix;
    const suffix = worth(this.#suffix(given, shared, most));
    const pieces: number[] = [];
    const add: Cut = (block, from, to) => {
      pieces.push(block, from, to);
      this.#pieces[block] = (this.#pieces[block] ?? 0) + 1;
    };
    cut(shared, 0, prefix, add);
    this.#copy(given.subarray(prefix, given.length - suffix), add);
    cut(shared, shared.length - suffix, shared.length, add);
    return { length: given.length, pieces, isGone: false };
  }

  /** May be called repeatedly. */
  letGo(kept: Kept): void {
    if (kept.isGone) return;
    kept.isGone = true;
    for (let at = 0; at < kept.pieces.length; at += EACH) {
      const block = kept.pieces[at] ?? 0;
      const left = (this.#pieces[block] ?? 0) - 1;
      this.#pieces[block] = left;
      if (left > 0 || block === this.#current) continue;
      if (this.#free.push(block) > MOST_SPARE) this.#blocks[block] = undefined;
    }
  }

  /** Undefined once they were let go. */
  bytes(kept: Kept): Uint8Array | undefined {
    if (kept.isGone) return undefined;
    const all = Buffer.allocUnsafeSlow(kept.length);
    let done = 0;
    cut(kept, 0, kept.length, (block, from, to) => {
      all.set(this.#block(block).subarray(from, to), done);
      done += to - from;
    });
    return all;
  }

  #block(index: number): Buffer {
    const block = this.#blocks[index];
    if (!block) throw new Error('there is no such block');
    return block;
  }

  #prefix(given: Buffer, { pieces }: Kept): number {
    let done = 0;
    for (let at = 0; at < pieces.length; at += EACH) {
      const [index = 0, from = 0, to = 0] = pieces.slice(at, at + EACH);
      const block = this.#block(index);
      const start = done;
      const same = mostOf(
        Math.min(to - from, given.length - start),
        (low, high) => given.compare(block, from + low, from + high, start + low, start + high) === 0,
      );
      done += same;
      if (same < to - from) break;
    }
    return done;
  }

  #suffix(given: Buffer, { pieces }: Kept, most: number): number {
    let done = 0;
    for (let at = pieces.length - EACH; at >= 0 && done < most; at -= EACH) {
      const [index = 0, from = 0, to = 0] = pieces.slice(at, at + EACH);
      const block = this.#block(index);
      const end = given.length - done;
      const same = mostOf(
        Math.min(to - from, most - done),
        (low, high) => given.compare(block, to - high, to - low, end - high, end - low) === 0,
      );
      done += same;
      if (same < to - from) break;
    }
    return done;
  }

  #copy(bytes: Buffer, add: Cut): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#used === BLOCK) this.#turnOver();
      const size = Math.min(bytes.length - at, BLOCK - this.#used);
      this.#block(this.#current).set(bytes.subarray(at, at + size), this.#used);
      add(this.#current, this.#used, this.#used + size);
      this.#used += size;
      at += size;
    }
  }

  #turnOver(): void {
    this.#used = 0;
    // All that lay in it was let go while it was filled.
    if (this.#current >= 0 && this.#pieces[this.#current] === 0) return;
    this.#current = this.#free.pop() ?? this.#blocks.length;
    this.#blocks[this.#current] ??= Buffer.allocUnsafeSlow(BLOCK);
  }
}

/** The pieces of the bytes `from` to `to`. */
function cut({ pieces }: Kept, from: number, to: number, add: Cut): void {
  let done = 0;
  for (let at = 0; at < pieces.length && done < to; at += EACH) {
    const [block = 0, first = 0, end = 0] = [pieces[at], pieces[at + 1], pieces[at + 2]];
    const size = end - first;
    const [start, stop] = [Math.max(from - done, 0), Math.min(to - done, size)];
    if (start < stop) add(block, first + start, first + stop);
    done += size;
  }
}

let scratch = Buffer.allocUnsafeSlow(BLOCK);
const encoder = new TextEncoder();
const MOST_BYTES = 3;

/** The bytes of a text, until the next call. */
export function bytesOfText(text: string): Uint8Array {
  if (scratch.length < text.length) scratch = Buffer.allocUnsafeSlow(text.length * 2);
  const { read, written } = encoder.encodeInto(text, scratch);
  if (read === text.length) return scratch.subarray(0, written);
  scratch = Buffer.allocUnsafeSlow(text.length * MOST_BYTES);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}
