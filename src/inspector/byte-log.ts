/** Bytes as they came or went, piece by piece, with the time of each piece. */

/** Bytes that a piece costs beside its own: its time and its end. */
const PIECE_COST = 16;

export type Piece = { ms: number; bytes: Uint8Array };

const NOTHING = new Uint8Array(0);

export class ByteLog {
  /** The pieces while more may come. To join them at the end costs less than to copy each. */
  #pieces: Uint8Array[] | undefined = [];
  #joined: Uint8Array = NOTHING;
  #times: number[] = [];
  #ends: number[] = [];
  #length = 0;

  add(ms: number, bytes: Uint8Array): void {
    if (!this.#pieces) return;
    this.#pieces.push(bytes);
    this.#length += bytes.byteLength;
    this.#times.push(ms);
    this.#ends.push(this.#length);
  }

  /** The number of bytes, also once they were let go. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of memory. */
  get cost(): number {
    return this.#pieces ? this.#length : this.#joined.byteLength + this.#times.length * PIECE_COST;
  }

  /** Empty once they were let go. */
  get bytes(): Uint8Array {
    return this.#pieces ? Buffer.concat(this.#pieces) : this.#joined;
  }

  pieces(): Piece[] {
    const { bytes } = this;
    return this.#ends.map((end, index) => ({
      ms: this.#times[index] ?? 0,
      bytes: bytes.subarray(this.#ends[index - 1] ?? 0, end),
    }));
  }

  /** To be called when nothing more will come. */
  close(): void {
    this.#joined = this.bytes;
    this.#pieces = undefined;
  }

  letGo(): void {
    this.#pieces = undefined;
    this.#joined = NOTHING;
    this.#times = [];
    this.#ends = [];
  }
}
