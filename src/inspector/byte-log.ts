/** Bytes as they came or went, piece by piece, with the time of each piece. */
import type { Arena, Kept } from './arena.ts';

const FIRST_ROOM = 1_024;
const GROWTH = 4;

export type Piece = { ms: number; bytes: Uint8Array };

const NOTHING = new Uint8Array(0);

type Closed = { arena: Arena; bytes: Kept; marks: Kept };

export class ByteLog {
  #bytes: Uint8Array = NOTHING;
  /** The time and the end of each piece, in turns. */
  #marks: number[] | undefined = [];
  #closed: Closed | undefined;
  #length = 0;

  /** Copies the bytes. */
  add(ms: number, bytes: Uint8Array): void {
    if (!this.#marks) return;
    const end = this.#length + bytes.byteLength;
    if (end > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(end, FIRST_ROOM, this.#bytes.byteLength * GROWTH));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = end;
    this.#marks.push(ms, end);
  }

  /** The number of bytes, also once they were let go. */
  get length(): number {
    return this.#length;
  }

  /** Empty once they were let go. */
  get bytes(): Uint8Array {
    if (!this.#closed) return this.#bytes.subarray(0, this.#length);
    return this.#closed.arena.bytes(this.#closed.bytes) ?? NOTHING;
  }

  pieces(): Piece[] {
    const { bytes } = this;
    const marks = this.#marks ?? this.#keptMarks();
    const pieces: Piece[] = [];
    for (let at = 0; at < marks.length; at += 2) {
      pieces.push({ ms: marks[at] ?? 0, bytes: bytes.subarray(marks[at - 1] ?? 0, marks[at + 1]) });
    }
    return pieces;
  }

  /** To be called when nothing more will come: what came moves to the arena. */
  close(arena: Arena): void {
    if (!this.#marks) return;
    const marks = Float64Array.from(this.#marks);
    this.#closed = { arena, bytes: arena.keep(this.bytes), marks: arena.keep(new Uint8Array(marks.buffer)) };
    this.#marks = undefined;
    this.#bytes = NOTHING;
  }

  letGo(): void {
    if (!this.#closed) return;
    const { arena, bytes, marks } = this.#closed;
    arena.letGo(bytes);
    arena.letGo(marks);
  }

  #keptMarks(): readonly number[] {
    const marks = this.#closed?.arena.bytes(this.#closed.marks);
    return marks ? [...new Float64Array(marks.buffer, marks.byteOffset, marks.byteLength / 8)] : [];
  }
}
