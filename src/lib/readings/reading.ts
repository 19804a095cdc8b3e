/**
 * A reading is a text that was decoded from a source text. It knows for each of its characters where that character is
 * in the source.
 */

/** A range of characters. */
export type Span = { start: number; length: number };

export type Reading = {
  /** The decoded text. Each character stands for one byte. */
  text: string;
  /** The spans in the source, in order, of the characters from `from` (included) to `to` (excluded). */
  spans(from: number, to: number): Span[];
};

/** A reading of the source of `outer`, where `inner` was read from the text of `outer`, from `at` on. */
export const within = (outer: Reading, inner: Reading, at = 0): Reading => ({
  text: inner.text,
  spans: (from, to) =>
    inner.spans(from, to).flatMap(({ start, length }) => outer.spans(at + start, at + start + length)),
});

/** Joins spans that touch. `spans` must ascend. */
export function joinSpans(spans: Iterable<Span>): Span[] {
  const joined: Span[] = [];
  for (const { start, length } of spans) {
    const last = joined.at(-1);
    if (last && last.start + last.length === start) last.length += length;
    else joined.push({ start, length });
  }
  return joined;
}

const FIRST_ROOM = 64;

/**
 * Bytes that are read one by one, each with its place in the source. They are kept in typed arrays, because a dump of a
 * large file has very many.
 */
export class ReadBytes {
  #values = new Uint8Array(FIRST_ROOM);
  #starts = new Int32Array(FIRST_ROOM);
  #lengths = new Uint8Array(FIRST_ROOM);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Adds a byte. `length` must be below 256. */
  add(value: number, start: number, length: number): void {
    if (this.#count === this.#values.length) this.#grow();
    this.#values[this.#count] = value;
    this.#starts[this.#count] = start;
    this.#lengths[this.#count++] = length;
  }

  clear(): void {
    this.#count = 0;
  }

  #grow(): void {
    const room = 2 * this.#count;
    const [values, starts, lengths] = [this.#values, this.#starts, this.#lengths];
    this.#values = new Uint8Array(room);
    this.#values.set(values);
    this.#starts = new Int32Array(room);
    this.#starts.set(starts);
    this.#lengths = new Uint8Array(room);
    this.#lengths.set(lengths);
  }

  /** The reading of all bytes so far. Add no bytes after this call. */
  reading(): Reading {
    return {
      text: Buffer.from(this.#values.buffer, 0, this.#count).toString('latin1'),
      spans: (from, to) => joinSpans(this.#spans(from, to)),
    };
  }

  *#spans(from: number, to: number): Generator<Span> {
    for (let at = from; at < to; at++) {
      yield { start: this.#starts[at] ?? 0, length: this.#lengths[at] ?? 0 };
    }
  }
}
