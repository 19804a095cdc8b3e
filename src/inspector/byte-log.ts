/** Bytes as they came or went, piece by piece, with the time of each piece. */
import type { Arena, Kept } from './arena.ts';
import { bytesIn, type Room, type Runs } from './shelf.ts';

/** Bytes of a number, and those that a run of bytes on the shelf costs beside itself. */
const NUMBER_COST = 8;
const RUN_COST = 64;

export type Piece = { ms: number; bytes: Uint8Array };

const NOTHING = new Uint8Array(0);

export class ByteLog {
  readonly #room: Room;
  /** Where the bytes are on the shelf. */
  #runs: Runs | undefined = [];
  #moved: { arena: Arena; kept: Kept } | undefined;
  /** The time and the end of each piece, in turns. */
  #marks: number[] = [];
  #length = 0;

  constructor(room: Room) {
    this.#room = room;
  }

  /** Copies the bytes. */
  add(ms: number, bytes: Uint8Array): void {
    if (!this.#runs) return;
    this.#room.write(bytes, this.#runs);
    this.#note(ms, bytes.byteLength);
  }

  addText(ms: number, text: string): void {
    if (this.#runs) this.#note(ms, this.#room.writeText(text, this.#runs));
  }

  /** The number of bytes, also once they were let go. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of memory beside those on the shelf and in the arena. */
  get cost(): number {
    return this.#marks.length * NUMBER_COST + (this.#runs?.length ?? 0) * RUN_COST;
  }

  /** A copy. Empty once they were let go. */
  get bytes(): Uint8Array {
    if (this.#moved) return this.#moved.arena.bytes(this.#moved.kept) ?? NOTHING;
    return (this.#runs && bytesIn(this.#runs)) ?? NOTHING;
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

  /** Moves the bytes from the shelf to the arena. To be called when nothing more will come. */
  move(arena: Arena): void {
    if (!this.#runs) return;
    this.#moved = { arena, kept: arena.keep(this.bytes) };
    this.#runs = undefined;
  }

  letGo(): void {
    if (this.#moved) this.#moved.arena.letGo(this.#moved.kept);
    this.#runs = undefined;
    this.#marks = [];
  }

  #note(ms: number, more: number): void {
    this.#length += more;
    if (!this.#room.isGone) this.#marks.push(ms, this.#length);
  }
}
