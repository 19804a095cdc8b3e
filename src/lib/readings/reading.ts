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

/** Places side by side make one span. `places` ascend. */
export function joinPlaces(places: Iterable<number>): Span[] {
  const spans: Span[] = [];
  for (const place of places) {
    const last = spans.at(-1);
    if (last && last.start + last.length === place) last.length++;
    else spans.push({ start: place, length: 1 });
  }
  return spans;
}
