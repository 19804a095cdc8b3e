/**
 * How large the value of a JSON text would be, and where its members stand, told by one pass over its bytes: parsing a bomb to find out
 * is too late.
 */

/** Values and keys that may be parsed at once. A dense request of Claude Code has one for every 30 bytes. */
export const MOST_ELEMENTS = 1_000_000;
/** Bytes of memory that one value takes at most, however short its text. */
export const ELEMENT_BYTES = 90;

/** The largest double has so many digits. */
const MOST_DIGITS = 308;

/** Every integer with so many digits can be told from its neighbours as a double. */
const SAFE_DIGITS = 15;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
/** `[` and `{`, `]` and `}` differ in one bit each. */
const CASE_BIT = 0xdf;
const LIST = 0x5b;
const OPENS = 0x5b;
const CLOSES = 0x5d;
const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;
const isExponent = (byte: number) => byte === 0x65 || byte === 0x45;

/** Members of the outermost object whose places are noted. Requests have a dozen. */
export const MOST_MEMBERS = 64;

/** A list by offsets: `start` is behind its bracket, and each item ends at its comma, or at the bracket behind the last. */
export type ListPlace = { readonly start: number; readonly ends: readonly number[] };

/** A member of the outermost object. */
export type MemberPlace = {
  /** Between its quotes. */
  readonly keyStart: number;
  readonly keyEnd: number;
  /** Where its value is a list. */
  list?: ListPlace;
};

/** Counts over any bytes, JSON or not, however they are sliced. */
export class JsonFigures {
  /** The number of values and keys, at most two off. */
  elements = 1;
  /** There may be a number that is too large for a double. */
  mayOverflow = false;
  /**
   * There may be a number that would be printed in another way than it is written. Most bodies have none, and then need
   * not be parsed exactly.
   */
  mayLoseDigits = false;
  /** How deep objects and lists are nested. */
  depth = 0;
  /** Of the outermost object: all of them, unless there are very many. What is no JSON may have any. */
  members: MemberPlace[] | undefined = [];
  #open = 0;
  /** The list whose items are being noted. */
  #list: { start: number; ends: number[] } | undefined;
  /** Where the last string at the first level began, and where the last of all ended. */
  #stringStart = 0;
  #stringEnd = 0;
  /** Bytes fed before. */
  #before = 0;
  #inString = false;
  /** The last byte was a backslash inside a string. */
  #escaped = false;
  /** About the number that the bytes so far end in. */
  #digits = 0;

  feed(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) at = this.#inString ? this.#string(bytes, at) : this.#between(bytes, at);
    this.#before += bytes.length;
  }

  /**
   * Returns where the string ends, or the bytes do. Most bytes of a large body are inside strings, so these are
   * searched natively.
   */
  #string(bytes: Uint8Array, start: number): number {
    let from = this.#escaped ? start + 1 : start;
    this.#escaped = false;
    for (;;) {
      const found = bytes.indexOf(QUOTE, from);
      const end = found < 0 ? bytes.length : found;
      let slashes = 0;
      while (end - 1 - slashes >= from && bytes[end - 1 - slashes] === BACKSLASH) slashes++;
      const isEscaped = slashes % 2 === 1;
      if (found < 0) {
        this.#escaped = isEscaped;
        return end;
      }
      from = end + 1;
      if (isEscaped) continue;
      this.#inString = false;
      this.#stringEnd = this.#before + end;
      return from;
    }
  }

  /** Returns where the next string begins, or the bytes end. */
  #between(bytes: Uint8Array, start: number): number {
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (isDigit(byte)) {
        this.#digits++;
        this.mayOverflow ||= this.#digits > MOST_DIGITS;
        this.mayLoseDigits ||= this.#digits > SAFE_DIGITS;
        continue;
      }
      // An `e` within a number (`1e400`). Literals such as `true` have one too, but after a letter.
      if (this.#digits > 0 && isExponent(byte)) this.mayOverflow = true;
      // A fraction, an exponent (which overflows more often), or `-0`.
      this.mayLoseDigits ||= this.mayOverflow || byte === 0x2e || byte === 0x2d;
      this.#digits = 0;
      if (byte === QUOTE) {
        this.#inString = true;
        if (this.#open === 1) this.#stringStart = this.#before + at + 1;
        return at + 1;
      }
      const isOpening = (byte & CASE_BIT) === OPENS;
      // Each begins a value or a key.
      if (isOpening || byte === COMMA || byte === COLON) this.elements++;
      if (isOpening) this.#opens(byte === LIST, this.#before + at);
      else if ((byte & CASE_BIT) === CLOSES) this.#closes(this.#before + at);
      else if (byte === COMMA && this.#open === 2) this.#list?.ends.push(this.#before + at);
      else if (byte === COLON && this.#open === 1) this.#names();
    }
    return bytes.length;
  }

  #opens(isList: boolean, at: number): void {
    this.#open++;
    if (this.#open > this.depth) this.depth = this.#open;
    const member = this.#open === 2 && isList ? this.members?.at(-1) : undefined;
    if (!member) return;
    this.#list = { start: at + 1, ends: [] };
    member.list = this.#list;
  }

  #closes(at: number): void {
    if (this.#open === 2) {
      this.#list?.ends.push(at);
      this.#list = undefined;
    }
    this.#open--;
  }

  #names(): void {
    if (this.members?.length === MOST_MEMBERS) this.members = undefined;
    this.members?.push({ keyStart: this.#stringStart, keyEnd: this.#stringEnd });
  }
}

/** Whether `text` holds more values than are ever parsed. */
export function holdsTooMuch(text: string): boolean {
  // A text has at most as many values as characters.
  if (text.length <= MOST_ELEMENTS) return false;
  const figures = new JsonFigures();
  figures.feed(Buffer.from(text));
  return figures.elements > MOST_ELEMENTS;
}

/** A value and its parent. The path is linked: an array for each value would take quadratic space in the depth. */
type Place = { value: unknown; key: string; parent: Place | undefined };

/** The first number in `value` that no double can hold, as the steps that lead to it. */
export function infinityIn(value: unknown): string[] | undefined {
  const open: Place[] = [{ value, key: '', parent: undefined }];
  for (let place = open.pop(); place; place = open.pop()) {
    const { value } = place;
    if (value === Infinity || value === -Infinity) return stepsTo(place);
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, member] of Object.entries(value)) open.push({ value: member, key, parent: place });
  }
  return undefined;
}

function stepsTo(place: Place): string[] {
  const steps: string[] = [];
  for (let at = place; at.parent; at = at.parent) steps.push(at.key);
  return steps.reverse();
}
