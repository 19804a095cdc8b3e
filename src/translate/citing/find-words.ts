/**
 * Finds the words of a quotation in a source: to the letter, or else as they are read. No text and no quotation can make
 * the search slow: each character is looked at a bounded number of times (Knuth, Morris and Pratt).
 */
import type { Reading } from './readings.ts';

/** A range of UTF-16 units. */
export type Range = { start: number; end: number };

/** How many places are compared to the letter. Beyond that the words are searched for as they are read. */
const MOST_COMPARED = 64;
/** How many characters of the words are searched for first. */
const PROBE = 32;
const SPACE = 32;
const COMBINING = /^\p{M}/u;
/** Marks alone are no words. */
const WORDS = /[\p{L}\p{N}\p{S}]/u;

/** False where a character goes on at `end`: an accent is no word of its own. */
const isWholeAt = (text: string, end: number): boolean => !COMBINING.test(text.slice(end, end + 2));

export function findExact(text: string, quote: string): Range | undefined {
  const words = quote.trim();
  if (!WORDS.test(words)) return undefined;
  const probe = words.slice(0, PROBE);
  let start = text.indexOf(probe);
  for (let compared = 0; start >= 0 && compared < MOST_COMPARED; compared++) {
    const end = start + words.length;
    if (text.startsWith(words, start) && isWholeAt(text, end)) return { start, end };
    start = text.indexOf(probe, start + 1);
  }
  return undefined;
}

/** The units of `words` as they are read: white space as one space, and none at the ends. */
function unitsOf(words: string, reading: Reading): string {
  let units = '';
  for (const character of words) units += reading.of(character.codePointAt(0) ?? 0);
  return units.replace(/ +/g, ' ').trim();
}

/** For each beginning of `units`: the length of its longest proper ending that is a beginning as well. */
function shorterMatches(units: Uint16Array): Uint32Array {
  const shorter = new Uint32Array(units.length);
  let length = 0;
  for (let at = 1; at < units.length; at++) {
    while (length > 0 && units[length] !== units[at]) length = shorter[length - 1] ?? 0;
    if (units[length] === units[at]) length++;
    shorter[at] = length;
  }
  return shorter;
}

/** Compares one unit after the other with the units that are searched for. */
class Matcher {
  readonly #units: Uint16Array;
  readonly #shorter: Uint32Array;
  /** Where the latest units stand in the text; -1 for a unit that is not the first one of its character. */
  readonly #places: Int32Array;
  #next = 0;
  #matched = 0;
  #isAfterSpace = false;

  constructor(units: string) {
    this.#units = Uint16Array.from({ length: units.length }, (_, index) => units.charCodeAt(index));
    this.#shorter = shorterMatches(this.#units);
    this.#places = new Int32Array(units.length);
  }

  /** Takes the next unit. Returns where the match begins that ends with it; -1 where none ends. */
  take(unit: number, place: number): number {
    const units = this.#units;
    const isSpace = unit === SPACE;
    if (isSpace && this.#isAfterSpace) return -1;
    this.#isAfterSpace = isSpace;
    this.#places[this.#next++] = place;
    if (this.#next === units.length) this.#next = 0;
    let matched = this.#matched;
    while (matched > 0 && units[matched] !== unit) matched = this.#shorter[matched - 1] ?? 0;
    if (units[matched] === unit) matched++;
    this.#matched = matched;
    if (matched < units.length) return -1;
    this.#matched = this.#shorter[matched - 1] ?? 0;
    return this.#places[this.#next] ?? -1;
  }
}

/**
 * Finds the first words in `text` that read like those of `quote`. A place that begins or ends inside of a character is
 * none.
 */
export function findAlike(text: string, quote: string, reading: Reading): Range | undefined {
  const wanted = unitsOf(quote, reading);
  if (!WORDS.test(wanted)) return undefined;
  const { single } = reading;
  const matcher = new Matcher(wanted);
  for (let at = 0; at < text.length; at++) {
    const known = single[text.charCodeAt(at)] ?? 0;
    if (known > 0) {
      const start = matcher.take(known, at);
      if (start >= 0 && isWholeAt(text, at + 1)) return { start, end: at + 1 };
      continue;
    }
    const codePoint = text.codePointAt(at) ?? 0;
    const units = reading.of(codePoint);
    const end = at + (codePoint > 0xffff ? 2 : 1);
    let start = -1;
    for (let index = 0; index < units.length; index++)
      start = matcher.take(units.charCodeAt(index), index === 0 ? at : -1);
    if (start >= 0 && isWholeAt(text, end)) return { start, end };
    at = end - 1;
  }
  return undefined;
}
