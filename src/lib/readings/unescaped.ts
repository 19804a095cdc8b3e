/**
 * Text with its escapes undone: those of JSON, once or many times over, percent signs, and colours of terminals. The
 * number of backslashes in a row says how often a text was quoted, which nobody knows here, so any number of them is
 * read as one. `
 * ` and its like stay as two characters, since they may also be a folder's separator before a name. One pass with a
 * stack: every step adds a character, or takes an escape off the top and adds the shorter text that it stands for. So
 * the work grows with the length, whatever the text is.
 */
import type { Reading } from './reading.ts';

export type Unescaped = Reading & {
  /**
   * The number of source characters from this character to the next: one character may stand for several backslashes.
   */
  lengthAt(index: number): number;
  /** The number of characters that were added; for tests. */
  steps: number;
};

const BACKSLASH = 0x5c;
const PERCENT = 0x25;
const LOWER_U = 0x75;
const LOWER_X = 0x78;
/** Characters that stand for themselves after a backslash. */
const QUOTED = new Set(Array.from('"\'/', (char) => char.charCodeAt(0)));
const ESCAPE = 0x1b;
const OPEN_BRACKET = 0x5b;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
const ESCAPES = /[\\%\x1b]/;
/** True for a character of a terminal's escape after `ESC [`: digits and marks come before its last letter. */
const isParameter = (code: number) => code >= 0x30 && code < 0x40;
const isFinal = (code: number) => /[@A-Za-z~]/.test(String.fromCharCode(code));

const HEX = new Int8Array(256).fill(-1);
for (const [value, digit] of Array.from('0123456789abcdef').entries()) {
  HEX[digit.charCodeAt(0)] = value;
  HEX[digit.toUpperCase().charCodeAt(0)] = value;
}

/** Undoes the escapes of a text. Each character of `source` stands for one byte. */
export function unescaped(source: string): Unescaped {
  if (!ESCAPES.test(source)) {
    return {
      text: source,
      spans: (from, to) => [{ start: from, length: to - from }],
      lengthAt: () => 1,
      steps: source.length,
    };
  }
  const stack = new Stack(source.length);
  for (let at = 0; at < source.length; at++) stack.take(source.charCodeAt(at), at);
  return stack.reading(source.length);
}

class Stack {
  readonly #codes: Uint8Array;
  /** The place in the source at which each character begins. */
  readonly #starts: Int32Array;
  /** The place at which a character ends, if the next character does not begin there. */
  readonly #ends = new Map<number, number>();
  #length = 0;
  #steps = 0;
  /** The place at which a terminal's escape began that has not ended; -1 where there is none. */
  #colour = -1;

  constructor(capacity: number) {
    this.#codes = new Uint8Array(capacity);
    this.#starts = new Int32Array(capacity + 1);
  }

  take(code: number, at: number): void {
    this.#add(code, at);
    // The character for which an escape stands may complete another escape.
    while (HEX[this.#codes[this.#length - 1] ?? 0] !== -1 && this.#decode());
  }

  reading(sourceLength: number): Unescaped {
    const starts = this.#starts;
    starts[this.#length] = sourceLength;
    const at = (index: number) => starts[index] ?? sourceLength;
    const endOf = (index: number) => this.#ends.get(index) ?? at(index + 1);
    return {
      text: Buffer.from(this.#codes.buffer, 0, this.#length).toString('latin1'),
      spans: (from, to) => (from < to ? [{ start: at(from), length: endOf(to - 1) - at(from) }] : []),
      lengthAt: (index) => endOf(index) - at(index),
      steps: this.#steps,
    };
  }

  #add(code: number, start: number): void {
    this.#steps++;
    if (this.#codes[this.#length - 1] === BACKSLASH && (code === BACKSLASH || QUOTED.has(code))) {
      this.#forgetEnd(this.#length - 1);
      this.#codes[this.#length - 1] = code;
      return;
    }
    if (this.#colour >= 0 && this.#endsColour(code)) return;
    if (code === ESCAPE) this.#colour = this.#length;
    this.#forgetEnd(this.#length);
    this.#codes[this.#length] = code;
    this.#starts[this.#length++] = start;
  }

  #forgetEnd(index: number): void {
    if (this.#ends.size > 0) this.#ends.delete(index);
  }

  /** True where `code` ends a terminal's escape. The escape is then removed. */
  #endsColour(code: number): boolean {
    const begin = this.#colour;
    const behind = this.#length - begin;
    // The text before the escape may now be a part of another escape.
    if (behind === 1 ? code === OPEN_BRACKET : behind > 1 && isParameter(code)) return false;
    this.#colour = -1;
    if (behind < 2 || !isFinal(code)) return false;
    this.#length = begin;
    // Where two backslashes follow each other, the place of the first one counts.
    if (!this.#ends.has(begin - 1)) this.#ends.set(begin - 1, this.#starts[begin] ?? 0);
    return true;
  }

  /** Undoes the escape at the end of the stack. Returns true where there was one. */
  #decode(): boolean {
    return this.#decodeAs(1, PERCENT, 2) || this.#decodeAs(2, LOWER_X, 2) || this.#decodeAs(2, LOWER_U, 4);
  }

  /** Undoes an escape of `lead` characters that end in `mark`, and of the digits after `mark`. */
  #decodeAs(lead: number, mark: number, digits: number): boolean {
    const codes = this.#codes;
    const from = this.#length - lead - digits;
    if (from < 0 || codes[from + lead - 1] !== mark) return false;
    if (lead === 2 && codes[from] !== BACKSLASH) return false;
    let value = 0;
    for (let at = from + lead; at < this.#length; at++) {
      const digit = HEX[codes[at] ?? 0] ?? -1;
      if (digit < 0) return false;
      value = value * 16 + digit;
    }
    this.#length = from;
    this.#addUnit(value, this.#starts[from] ?? 0, digits === 4);
    return true;
  }

  #addUnit(value: number, start: number, isUnit: boolean): void {
    const isLow = isUnit && value >= 0xdc00 && value < 0xe000;
    const high = isLow ? this.#highSurrogate() : undefined;
    if (high !== undefined) {
      this.#length -= 3;
      const first = this.#starts[this.#length] ?? start;
      this.#addBytes(utf8(0x10000 + ((high - 0xd800) << 10) + (value - 0xdc00)), first);
    } else if (isUnit && value >= 0x80) this.#addBytes(utf8(value), start);
    else this.#add(value, start);
  }

  /** The first half of a surrogate pair at the end of the stack, where it is three bytes. */
  #highSurrogate(): number | undefined {
    const [a = 0, b = 0, c = 0] = this.#codes.subarray(Math.max(0, this.#length - 3), this.#length);
    return a === 0xed && b >= 0xa0 && b < 0xb0 ? 0xd000 | ((b & 0x3f) << 6) | (c & 0x3f) : undefined;
  }

  #addBytes(bytes: readonly number[], start: number): void {
    for (const byte of bytes) this.#add(byte, start);
  }
}

/** The bytes of a character. Half a surrogate pair is allowed. */
function utf8(code: number): number[] {
  const tail = (shift: number) => 0x80 | ((code >> shift) & 0x3f);
  if (code < 0x800) return [0xc0 | (code >> 6), tail(0)];
  if (code < 0x10000) return [0xe0 | (code >> 12), tail(6), tail(0)];
  return [0xf0 | (code >> 18), tail(12), tail(6), tail(0)];
}
