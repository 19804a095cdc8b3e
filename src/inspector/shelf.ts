/**
 * Memory into which the bytes of requests are copied as they come and go. A copy costs little; to keep the buffers
 * themselves would cost much: those would outlive the requests, and the garbage collector would follow them all.
 */

/** Bytes. */
const LARGEST = 256 * 1024;
const SMALLEST = 16 * 1024;
/** A segment is at most this share of all memory, so that little goes at a time. */
const SHARE = 32;

/** `bytes` is undefined once they were let go, whoever used them. */
class Segment {
  bytes: Uint8Array | undefined;
  used = 0;
  /** The number of rooms with bytes in it. */
  users = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** Bytes in a segment, from `start` to `end`. */
type Run = { segment: Segment; start: number; end: number };

export type Runs = Run[];

const encoder = new TextEncoder();
const NOTHING = new Uint8Array(0);

export class Shelf {
  readonly size: number;
  /** The oldest first. */
  readonly #segments = new Set<Segment>();
  readonly #makeRoom: (bytes: number) => void;
  #current: Segment | undefined;
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
    for (const segment of this.#segments) {
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
    const opened = new Segment(this.#spare ?? new Uint8Array(this.size));
    this.#spare = undefined;
    this.#segments.add(opened);
    this.#current = opened;
    return opened;
  }

  release(segment: Segment): void {
    segment.users--;
    if (segment.users === 0 && segment !== this.#current && segment.bytes) this.#drop(segment);
  }

  #drop(segment: Segment): void {
    this.#segments.delete(segment);
    this.#spare ??= segment.bytes;
    segment.bytes = undefined;
  }
}

/** The room of one request on the shelf. */
export class Room {
  readonly #shelf: Shelf;
  readonly #segments: Segment[] = [];
  #isClosed = false;

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /** True once a part of the bytes was let go: older bytes go first. */
  get isGone(): boolean {
    return this.#isClosed || (this.#segments.length > 0 && this.#segments[0]?.bytes === undefined);
  }

  /** Copies bytes, and adds to `runs` where they are. */
  write(bytes: Uint8Array, runs: Runs): void {
    let from = 0;
    while (from < bytes.byteLength) {
      const segment = this.#open();
      if (!segment?.bytes) return;
      const count = Math.min(this.#shelf.size - segment.used, bytes.byteLength - from);
      segment.bytes.set(
        count === bytes.byteLength ? bytes : bytes.subarray(from, from + count),
        segment.used,
      );
      take(segment, count, runs);
      from += count;
    }
  }

  /** Copies a text as UTF-8. Returns the number of bytes. */
  writeText(text: string, runs: Runs): number {
    let rest = text;
    let length = 0;
    while (rest !== '') {
      const segment = this.#open();
      if (!segment?.bytes) return length + Buffer.byteLength(rest);
      const { read, written } = encoder.encodeInto(rest, segment.bytes.subarray(segment.used));
      take(segment, written, runs);
      length += written;
      // What is left of the segment is too short for the next character.
      if (read === 0) segment.used = this.#shelf.size;
      rest = read === rest.length ? '' : rest.slice(read);
    }
    return length;
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
    if (segment === this.#segments.at(-1)) return segment;
    segment.users++;
    this.#segments.push(segment);
    // To make room for a large body its own beginning may have been let go.
    return this.isGone ? undefined : segment;
  }
}

/** Takes the next bytes of a segment; what follows a run directly is added to it. */
function take(segment: Segment, count: number, runs: Runs): void {
  if (count === 0) return;
  const start = segment.used;
  segment.used += count;
  const last = runs.at(-1);
  if (last?.segment === segment && last.end === start) last.end = segment.used;
  else runs.push({ segment, start, end: segment.used });
}

/** A copy of the bytes; undefined where a part was let go. */
export function bytesIn(runs: Readonly<Runs>): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  for (const { segment, start, end } of runs) {
    if (!segment.bytes) return undefined;
    parts.push(segment.bytes.subarray(start, end));
  }
  // Buffers of Buffer.concat may be parts of a larger one.
  const length = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const bytes = length === 0 ? NOTHING : new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}
