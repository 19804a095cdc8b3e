/**
 * Memory into which the bytes of answers are copied as they come and go. A copy costs little; to keep the buffers
 * themselves would cost much: those would outlive the requests, and the garbage collector would follow them all.
 */

/** Bytes. */
const LARGEST = 256 * 1024;
const SMALLEST = 16 * 1024;
/** A segment is at most this share of all memory, so that little goes at a time. */
const SHARE = 32;

/** `users`: the number of rooms with bytes in it. */
type Segment = { readonly number: number; readonly bytes: Uint8Array; used: number; users: number };

/**
 * Bytes on the shelf: for each run of bytes the number of its segment, its first byte, and the byte after its last. They are
 * numbers in one list, since an answer may be of thousands of runs.
 */
type Runs = number[];

const EACH = 3;
const NOTHING = new Uint8Array(0);

export class Shelf {
  readonly size: number;
  /** By their numbers, the oldest first. */
  readonly #segments = new Map<number, Segment>();
  readonly #makeRoom: (bytes: number) => void;
  #current: Segment | undefined;
  #opened = 0;
  /** Is used again before new memory is taken. */
  #spare: Uint8Array | undefined;

  /** `memory`: all that the shelf may ever need. `makeRoom` runs before that many bytes more are taken. */
  constructor(memory: number, makeRoom: (bytes: number) => void) {
    this.size = Math.max(SMALLEST, Math.min(LARGEST, Math.floor(memory / SHARE)));
    this.#makeRoom = makeRoom;
  }

  /** Bytes of memory. */
  get cost(): number {
    return this.#segments.size * this.size;
  }

  /** Lets the oldest bytes go. Returns false where only those are left that are being written. */
  dropOldest(): boolean {
    for (const segment of this.#segments.values()) {
      if (segment === this.#current) continue;
      this.#drop(segment);
      return true;
    }
    return false;
  }

  /** The segment for the next bytes; there is room in it. */
  open(): Segment {
    const current = this.#current;
    if (current && current.used < this.size) return current;
    this.#current = undefined;
    if (current?.users === 0) this.#drop(current);
    if (!this.#spare) this.#makeRoom(this.size);
    const bytes = this.#spare ?? new Uint8Array(this.size);
    const opened = { number: ++this.#opened, bytes, used: 0, users: 0 };
    this.#spare = undefined;
    this.#segments.set(opened.number, opened);
    this.#current = opened;
    return opened;
  }

  /** Undefined once its bytes were let go, whoever used them. */
  segment(number: number): Segment | undefined {
    return this.#segments.get(number);
  }

  release(number: number): void {
    const segment = this.#segments.get(number);
    if (!segment) return;
    segment.users--;
    if (segment.users === 0 && segment !== this.#current) this.#drop(segment);
  }

  #drop(segment: Segment): void {
    this.#segments.delete(segment.number);
    this.#spare ??= segment.bytes;
  }
}

/** The room of one request on the shelf. */
export class Room {
  readonly #shelf: Shelf;
  readonly #segments: number[];
  #isClosed: boolean;

  /** `segments`: the numbers of those that the room uses. */
  constructor(shelf: Shelf, segments: number[] = [], isClosed = false) {
    this.#shelf = shelf;
    this.#isClosed = isClosed;
    this.#segments = segments;
  }

  get segments(): readonly number[] {
    return this.#segments;
  }

  /** True once a part of the bytes was let go: older bytes go first. */
  get isGone(): boolean {
    const [first] = this.#segments;
    return this.#isClosed || (first !== undefined && !this.#shelf.segment(first));
  }

  /** Copies bytes, and adds to `runs` where they are. */
  write(bytes: Uint8Array, runs: Runs): void {
    let from = 0;
    while (from < bytes.byteLength) {
      const segment = this.#open();
      if (!segment) return;
      const count = Math.min(this.#shelf.size - segment.used, bytes.byteLength - from);
      segment.bytes.set(
        count === bytes.byteLength ? bytes : bytes.subarray(from, from + count),
        segment.used,
      );
      take(segment, count, runs);
      from += count;
    }
  }

  /** A copy of the bytes; undefined where a part was let go. */
  bytes(runs: Readonly<Runs>): Uint8Array | undefined {
    let length = 0;
    for (let at = 0; at < runs.length; at += EACH) length += (runs[at + 2] ?? 0) - (runs[at + 1] ?? 0);
    // Buffers of Buffer.concat may be parts of a larger one.
    const bytes = length === 0 ? NOTHING : new Uint8Array(length);
    let done = 0;
    for (let at = 0; at < runs.length; at += EACH) {
      const segment = this.#shelf.segment(runs[at] ?? 0);
      if (!segment) return undefined;
      const part = segment.bytes.subarray(runs[at + 1], runs[at + 2]);
      bytes.set(part, done);
      done += part.byteLength;
    }
    return bytes;
  }

  /** To be called when the bytes are needed no more. */
  close(): void {
    this.#isClosed = true;
    for (const segment of this.#segments) this.#shelf.release(segment);
    this.#segments.length = 0;
  }

  #open(): Segment | undefined {
    if (this.isGone) return undefined;
    const segment = this.#shelf.open();
    if (segment.number === this.#segments.at(-1)) return segment;
    segment.users++;
    this.#segments.push(segment.number);
    // To make room for a large body its own beginning may have been let go.
    return this.isGone ? undefined : segment;
  }
}

/** Takes the next bytes of a segment; what follows a run directly is added to it. */
function take(segment: Segment, count: number, runs: Runs): void {
  if (count === 0) return;
  const start = segment.used;
  segment.used += count;
  const end = runs.length - 1;
  if (runs[end] === start && runs[end - 2] === segment.number) runs[end] = segment.used;
  else runs.push(segment.number, start, segment.used);
}
