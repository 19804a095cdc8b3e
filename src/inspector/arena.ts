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

/** What was let go, or never kept. */
export const GONE: Kept = { length: 0, pieces: [], isGone: true };
const EACH = 3;

const worth = (bytes: number): number => (bytes < LEAST_SHARED ? 0 : bytes);

/** How many bytes are the same from these places on, `most` at most. Whole ranges are compared natively. */
function sameAfter(a: Buffer, atA: number, b: Buffer, atB: number, most: number): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (a.compare(b, atB + low, atB + middle, atA + low, atA + middle) === 0) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** How many bytes are the same before these places. */
function sameBefore(a: Buffer, endA: number, b: Buffer, endB: number, most: number): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (a.compare(b, endB - middle, endB - low, endA - middle, endA - low) === 0) low = middle;
    else high = middle - 1;
  }
  return low;
}

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
  keep(bytes: Uint8Array, like: Kept = GONE): Kept {
    const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { length } = given;
    const isShared = length >= LEAST_SHARED && !like.isGone && like.pieces.length <= MOST_PIECES * EACH;
    const shared = isShared ? like : GONE;
    const prefix = worth(this.#prefix(given, shared));
    const suffix = worth(this.#suffix(given, shared, Math.min(length, shared.length) - prefix));
    const pieces: number[] = [];
    this.#share(shared, 0, prefix, pieces);
    this.#copy(given, prefix, length - suffix, pieces);
    this.#share(shared, shared.length - suffix, shared.length, pieces);
    return { length, pieces, isGone: false };
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
  bytes({ isGone, length, pieces }: Kept): Uint8Array | undefined {
    if (isGone) return undefined;
    const all = Buffer.allocUnsafeSlow(length);
    let done = 0;
    for (let at = 0; at < pieces.length; at += EACH) {
      const part = this.#block(pieces[at]).subarray(pieces[at + 1], pieces[at + 2]);
      all.set(part, done);
      done += part.length;
    }
    return all;
  }

  #block(index = -1): Buffer {
    const block = this.#blocks[index];
    if (!block) throw new Error('there is no such block');
    return block;
  }

  #prefix(given: Buffer, { pieces }: Kept): number {
    let done = 0;
    for (let at = 0; at < pieces.length; at += EACH) {
      const [from = 0, to = 0] = [pieces[at + 1], pieces[at + 2]];
      const most = Math.min(to - from, given.length - done);
      const same = sameAfter(this.#block(pieces[at]), from, given, done, most);
      done += same;
      if (same < to - from) break;
    }
    return done;
  }

  #suffix(given: Buffer, { pieces }: Kept, most: number): number {
    let done = 0;
    for (let at = pieces.length - EACH; at >= 0 && done < most; at -= EACH) {
      const [from = 0, to = 0] = [pieces[at + 1], pieces[at + 2]];
      const end = given.length - done;
      const same = sameBefore(this.#block(pieces[at]), to, given, end, Math.min(to - from, most - done));
      done += same;
      if (same < to - from) break;
    }
    return done;
  }

  /** Adds the pieces of the bytes `from` to `to` of what is kept already. */
  #share({ pieces }: Kept, from: number, to: number, shared: number[]): void {
    let done = 0;
    for (let at = 0; at < pieces.length && done < to; at += EACH) {
      const [block = 0, first = 0, end = 0] = [pieces[at], pieces[at + 1], pieces[at + 2]];
      const size = end - first;
      const [start, stop] = [Math.max(from - done, 0), Math.min(to - done, size)];
      if (start < stop) this.#add(block, first + start, first + stop, shared);
      done += size;
    }
  }

  #copy(bytes: Buffer, from: number, to: number, pieces: number[]): void {
    for (let at = from; at < to; ) {
      if (this.#used === BLOCK) this.#turnOver();
      const size = Math.min(to - at, BLOCK - this.#used);
      bytes.copy(this.#block(this.#current), this.#used, at, at + size);
      this.#add(this.#current, this.#used, this.#used + size, pieces);
      this.#used += size;
      at += size;
    }
  }

  #add(block: number, from: number, to: number, pieces: number[]): void {
    pieces.push(block, from, to);
    this.#pieces[block] = (this.#pieces[block] ?? 0) + 1;
  }

  #turnOver(): void {
    this.#used = 0;
    // All that lay in it was let go while it was filled.
    if (this.#current >= 0 && this.#pieces[this.#current] === 0) return;
    this.#current = this.#free.pop() ?? this.#blocks.length;
    this.#blocks[this.#current] ??= Buffer.allocUnsafeSlow(BLOCK);
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
