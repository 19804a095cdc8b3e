/** A text read out of another one, with the way back: where in the source each of its characters stands. */

/** Of characters. */
export type Span = { start: number; length: number };

export type Reading = {
  /** Each character is a byte. */
  text: string;
  /** Where the characters from `from` up to `to` stand in the source, in order. */
  spans(from: number, to: number): Span[];
};

/** `inner` was read out of `outer`'s text, from `at` on. */
export const within = (outer: Reading, inner: Reading, at = 0): Reading => ({
  text: inner.text,
  spans: (from, to) =>
    inner.spans(from, to).flatMap(({ start, length }) => outer.spans(at + start, at + start + length)),
});

/** Spans side by side make one. `spans` ascend. */
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

/** Bytes as they are read one by one, each with what says it. In arrays of numbers: a dump of a large file has as many as that. */
export class ReadBytes {
  #values = new Uint8Array(FIRST_ROOM);
  #starts = new Int32Array(FIRST_ROOM);
  #lengths = new Uint8Array(FIRST_ROOM);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** `length` is 255 at most. */
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

  /** Of what was added; nothing is to be added after it. */
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
