/** What the two syntaxes for calls share: numbers, words, lists and members. */
import { exactNumber } from '../../../lib/exact-json.ts';
import type { Json, JsonObject } from '../../../lib/json.ts';
import type { Cursor } from './cursor.ts';

/** `name` as the model wrote it, with its namespace. */
export type LostCall = { name: string; args: JsonObject };

export type Dialect = {
  /** Reads the string that begins here; undefined where no string begins here. */
  readString(cursor: Cursor): string | undefined;
  /** True where keys may be written without quotes. */
  bareKeys: boolean;
  words: ReadonlyMap<string, Json>;
};

const NUMBER = /[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const WORD = /[A-Za-z_]\w*/y;
const BARE_KEY = /[A-Za-z_$][\w$-]*/y;

export function readValue(cursor: Cursor, dialect: Dialect): Json {
  const text = dialect.readString(cursor);
  if (text !== undefined) return text;
  if (cursor.take('[')) {
    const items: Json[] = [];
    cursor.list(']', () => items.push(readValue(cursor, dialect)));
    return items;
  }
  if (cursor.take('{')) return readMembers(cursor, ':', '}', dialect);
  const digits = cursor.match(NUMBER);
  if (digits !== '') return numberOf(digits, cursor);
  const word = dialect.words.get(cursor.need(WORD));
  return word === undefined ? cursor.fail() : word;
}

/**
 * Reads a number and keeps the digits that the model wrote. Python also has `+1`, `.5` and `1.`. A number that JSON
 * cannot write is not read.
 */
function numberOf(written: string, cursor: Cursor): number {
  if (!Number.isFinite(Number(written))) cursor.fail();
  const digits = written
    .replace(/^\+/, '')
    .replace(/^(-?)\./, '$10.')
    .replace(/\.(?!\d)/, '.0');
  return exactNumber(digits);
}

/** Reads members up to `close`. If a key comes twice, nobody knows which value was meant, so nothing is read. */
export function readMembers(
  cursor: Cursor,
  separator: ':' | '=',
  close: '}' | ')',
  dialect: Dialect,
): JsonObject {
  const members = new Map<string, Json>();
  cursor.list(close, () => {
    const key = readKey(cursor, separator, dialect);
    cursor.skipSpace();
    if (members.has(key) || !cursor.take(separator)) cursor.fail();
    cursor.skipSpace();
    members.set(key, readValue(cursor, dialect));
  });
  // A member may have any name, even `__proto__`, so it is set as an own property.
  return Object.fromEntries(members);
}

function readKey(cursor: Cursor, separator: ':' | '=', dialect: Dialect): string {
  if (separator === '=') return cursor.need(WORD);
  const text = dialect.readString(cursor);
  if (text !== undefined) return text;
  return dialect.bareKeys ? cursor.need(BARE_KEY) : cursor.fail();
}
