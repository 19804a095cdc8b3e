/** Bytes as they came or went, piece by piece, with the time of each piece. */
import type { Room } from './shelf.ts';

/** Bytes of a number. */
const NUMBER_COST = 8;

export type Piece = { ms: number; bytes: Uint8Array };

const NOTHING = new Uint8Array(0);

/** Where the bytes of a log are. `marks`: the time and the end of each piece, in turns. */
export type Logged = { length: number; runs: number[]; marks: number[] };

export class ByteLog {
  readonly #room: Room;
  /** Where the bytes are on the shelf. */
  #runs: number[];
  #marks: number[];
  #length: number;

  constructor(room: Room, { length, runs, marks }: Logged = { length: 0, runs: [], marks: [] }) {
    this.#room = room;
    this.#runs = runs;
    this.#marks = marks;
    this.#length = length;
  }

  /** Copies the bytes. */
  add(ms: number, bytes: Uint8Array): void {
    this.#room.write(bytes, this.#runs);
    this.#length += bytes.byteLength;
    if (!this.#room.isGone) this.#marks.push(ms, this.#length);
  }

  /** The number of bytes, also once they were let go. */
  get length(): number {
    return this.#length;
  }

  get runs(): readonly number[] {
    return this.#runs;
  }

  get marks(): readonly number[] {
    return this.#marks;
  }

  /** Bytes of memory beside those on the shelf. */
  get cost(): number {
    return (this.#marks.length + this.#runs.length) * NUMBER_COST;
  }

  /** A copy. Empty once they were let go. */
  get bytes(): Uint8Array {
    return this.#room.bytes(this.#runs) ?? NOTHING;
  }

  pieces(): Piece[] {
    const { bytes } = this;
    const pieces: Piece[] = [];
    if (bytes.byteLength < this.#length) return pieces;
    const marks = this.#marks;
    for (let at = 0; at < marks.length; at += 2)
      pieces.push({ ms: marks[at] ?? 0, bytes: bytes.subarray(marks[at - 1] ?? 0, marks[at + 1]) });
    return pieces;
  }

  letGo(): void {
    this.#runs = [];
    this.#marks = [];
  }
}
