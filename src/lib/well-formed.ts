/**
 * Makes strings without halves of surrogate pairs. JSON can write a half alone, and JavaScript can keep it. But Google
 * refuses a body with a half, and clients in other languages fail on it, even if the other half comes in the next
 * piece.
 */
import { isRawNumber } from './exact-json.ts';
import type { Json, JsonObject } from './json.ts';

const REPLACEMENT = '\ufffd';

export const wellFormed = (text: string): string => (text.isWellFormed() ? text : text.toWellFormed());

function isWellFormedJson(value: Json): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return true;
  if (Array.isArray(value)) return value.every(isWellFormedJson);
  for (const key of Object.keys(value)) {
    if (!key.isWellFormed() || !isWellFormedJson(value[key] ?? null)) return false;
  }
  return true;
}

function mended(value: Json): Json {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return value;
  return Array.isArray(value) ? value.map(mended) : mendedObject(value);
}

/** An object with well-formed members. It is built from entries, because a member may be named `__proto__`. */
const mendedObject = (value: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(value).map(([key, member]) => [wellFormed(key), mended(member)]));

/**
 * `value` with every string well-formed. It is the same object where all strings are well-formed already, as nearly
 * always.
 */
export const wellFormedObject = (value: JsonObject): JsonObject =>
  isWellFormedJson(value) ? value : mendedObject(value);

const isFirstHalf = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;

/** For text that comes in pieces: half a character at the end of a piece waits for the next piece. */
export class WholeCharacters {
  #half = '';

  push(piece: string): string {
    if (piece === '') return '';
    const text = this.#half + piece;
    this.#half = isFirstHalf(text.charCodeAt(text.length - 1)) ? text.slice(-1) : '';
    return wellFormed(this.#half === '' ? text : text.slice(0, -1));
  }

  /** Returns the replacement for a half after which nothing followed. */
  flush(): string {
    if (this.#half === '') return '';
    this.#half = '';
    return REPLACEMENT;
  }
}
