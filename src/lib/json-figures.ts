/**
 * Counts how large the value of a JSON text would be, and finds the places of its members, in one pass over the bytes
 * before they are parsed. After the parsing of a bomb it would be too late.
 */

/**
 * The most values and keys that may be parsed at once. A request of Claude Code with little text has one for every 30
 * bytes.
 */
export const MOST_ELEMENTS = 1_000_000;
/** The most bytes of memory that one value needs, however short its text is. */
export const ELEMENT_BYTES = 90;

/** The number of digits of the largest double. */
const MOST_DIGITS = 308;

/** Every integer with up to this number of digits is exact as a double. */
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

/** The most members of the outermost object whose places are noted. Requests have about a dozen. */
export const MOST_MEMBERS = 64;

/**
 * The place of a list, in offsets. `start` is after the list's opening bracket. `ends` has the end of each item: its
 * comma, or the closing bracket for the last item.
 */
export type ListPlace = { readonly start: number; readonly ends: readonly number[] };

/** A member of the outermost object. */
export type MemberPlace = {
  /** The offsets of the key, without its quotes. */
  readonly keyStart: number;
  readonly keyEnd: number;
  /** The place of the member's value, if that value is a list. */
  list?: ListPlace;
};

/** Counts over any bytes, JSON or not. The counts are the same however the bytes are sliced. */
export class JsonFigures {
  /** The number of values and keys; it may be wrong by up to two. */
  elements = 1;
  /** True where the bytes may contain a number that is too large for a double. */
  mayOverflow = false;
  /**
   * True where the bytes may contain a number that would be printed in another way than it is written. Most bodies have
   * no such number, and need not be parsed exactly.
   */
  mayLoseDigits = false;
  /** The depth of objects and lists inside each other. */
  depth = 0;
  /**
   * The members of the outermost object; undefined where there are very many. Bytes that are not JSON may give any
   * members.
   */
  members: MemberPlace[] | undefined = [];
  #open = 0;
  /** The list whose items are being noted. */
  #list: { start: number; ends: number[] } | undefined;
  /** Where the last string at the first level began, and where the last of all strings ended. */
  #stringStart = 0;
  #stringEnd = 0;
  /** The number of bytes that were fed before the present ones. */
  #before = 0;
  #inString = false;
  /** True where the last byte was a backslash inside a string. */
  #escaped = false;
  /** The number of digits at the end of the bytes so far. */
  #digits = 0;

  feed(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) at = this.#inString ? this.#string(bytes, at) : this.#between(bytes, at);
    this.#before += bytes.length;
  }

  /**
   * Returns where the string ends, or where the bytes end. Most bytes of a large body are inside strings, so these are
   * searched by native code.
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

  /** Returns where the next string begins, or where the bytes end. */
  #between(bytes: Uint8Array, start: number): number {
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (isDigit(byte)) {
        this.#digits++;
        this.mayOverflow ||= this.#digits > MOST_DIGITS;
        this.mayLoseDigits ||= this.#digits > SAFE_DIGITS;
        continue;
      }
      // Here an `e` follows a digit (`1e400`). Literals such as `true` also have an `e`, but after a letter.
      if (this.#digits > 0 && isExponent(byte)) this.mayOverflow = true;
      // The number has a fraction, an exponent (which may also overflow), or is `-0`.
      this.mayLoseDigits ||= this.mayOverflow || byte === 0x2e || byte === 0x2d;
      this.#digits = 0;
      if (byte === QUOTE) {
        this.#inString = true;
        if (this.#open === 1) this.#stringStart = this.#before + at + 1;
        return at + 1;
      }
      const isOpening = (byte & CASE_BIT) === OPENS;
      // Each of these characters begins a value or a key.
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

/** True where `text` holds more values than are ever parsed. */
export function holdsTooMuch(text: string): boolean {
  // A text has at most as many values as characters.
  if (text.length <= MOST_ELEMENTS) return false;
  const figures = new JsonFigures();
  figures.feed(Buffer.from(text));
  return figures.elements > MOST_ELEMENTS;
}

/**
 * A value and its parent. Paths are linked in this way, because an array for each value would need memory that grows
 * with the square of the depth.
 */
type Place = { value: unknown; key: string; parent: Place | undefined };

/** The steps that lead to the first number in `value` that is infinite; undefined where there is none. */
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
