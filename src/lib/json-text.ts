/** Examines JSON as text, in one pass, before it is parsed, or where parsing would lose something. */

export type JsonShape = {
  /** The depth of objects and lists inside each other. */
  depth: number;
  /** The number of values; it may be wrong by one for each object and list. */
  values: number;
  /** True where every number comes out of `JSON.parse` and `JSON.stringify` as it is written. */
  exact: boolean;
};

export type JsonBounds = Partial<Pick<JsonShape, 'depth' | 'values'>>;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;
/** `[` and `{`, `]` and `}` differ in one bit each. */
const CASE_BIT = 0xdf;
const OPENS = 0x5b;
const CLOSES = 0x5d;

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Up to this number JavaScript can tell every integer from its neighbours. */
const SHORT_INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;

/** True where a number is printed as it was written. */
export const comesOutAs = (digits: string): boolean =>
  SHORT_INTEGER.test(digits) || String(Number(digits)) === digits;

/** Examines any text. Stops at `most` levels or values: by then the result is clear. */
export function jsonShape(text: string, most: JsonBounds = {}): JsonShape {
  const { depth = Infinity, values = Infinity } = most;
  let open = 0;
  const shape: JsonShape = { depth: 0, values: 0, exact: true };
  for (let at = 0; at < text.length && shape.depth <= depth && shape.values <= values; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COMMA) shape.values++;
    else if ((code & CASE_BIT) === OPENS) {
      shape.values++;
      if (++open > shape.depth) shape.depth = open;
    } else if ((code & CASE_BIT) === CLOSES) open--;
    else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      NUMBER.lastIndex = at;
      const digits = NUMBER.exec(text)?.[0] ?? '';
      if (digits !== '' && shape.exact) shape.exact = comesOutAs(digits);
      at += Math.max(0, digits.length - 1);
    }
  }
  return shape;
}

/**
 * The index of the quote that ends the string which begins at `from`; the length of the text where no quote ends it.
 */
export function endOfString(text: string, from: number): number {
  for (let start = from + 1; ; ) {
    const quote = text.indexOf('"', start);
    if (quote < 0) return text.length;
    let backslashes = 0;
    while (quote - backslashes > start && text.charCodeAt(quote - backslashes - 1) === BACKSLASH)
      backslashes++;
    if (backslashes % 2 === 0) return quote;
    start = quote + 1;
  }
}

/** `text` without surplus commas: commas with no value before or after them inside their brackets. */
export function withoutStrayCommas(text: string): string {
  const stray: number[] = [];
  /** The last character that was no space; and the last comma. */
  let last = OPENS;
  let comma = -1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isSpace(code)) continue;
    if (code === COMMA && (last === COMMA || (last & CASE_BIT) === OPENS)) {
      stray.push(at);
      continue;
    }
    if (code === COMMA) comma = at;
    else if ((code & CASE_BIT) === CLOSES && last === COMMA) stray.push(comma);
    else if (code === QUOTE) at = endOfString(text, at);
    last = code;
  }
  return without(text, stray);
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

function without(text: string, places: number[]): string {
  if (places.length === 0) return text;
  places.sort((a, b) => a - b);
  const pieces = places.map((place, index) => text.slice((places[index - 1] ?? -1) + 1, place));
  return pieces.join('') + text.slice((places.at(-1) ?? -1) + 1);
}
