/**
 * Reads the syntax in which Gemini 3 writes calls: `call:default_api:Name{key:"value"}`, with the model's own quotes
 * (`<ctrl46>`) or common ones.
 */
import { MAX_CALLS } from '../../../gemini/limits.ts';
import { type Json, tryParseJson } from '../../../lib/json.ts';
import type { Cursor } from './cursor.ts';
import { type Dialect, type LostCall, readMembers } from './values.ts';

const START = 'call:';
const NAME = /[A-Za-z_][\w.:-]*/y;
/** The model's token for a quotation mark, as Google prints it. The text between two of them has no escapes. */
const QUOTE_TOKEN = '<ctrl46>';
/** Quotation marks inside of which nobody knows what a backslash means, so a text with a backslash is not read. */
const UNESCAPED_QUOTES = ['"""', "'''", "'"] as const;

const WORDS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

const BRACES: Dialect = { readString, bareKeys: true, words: WORDS };

/** Reads calls, one after another, to the end of the text. */
export function readBraceCalls(cursor: Cursor): LostCall[] {
  const calls: LostCall[] = [];
  while (!cursor.atEnd) {
    if (calls.length > MAX_CALLS) cursor.fail();
    if (!cursor.take(START)) cursor.fail();
    const name = cursor.need(NAME);
    if (!cursor.take('{')) cursor.fail();
    calls.push({ name, args: readMembers(cursor, ':', '}', BRACES) });
    cursor.skipSpace();
  }
  return calls;
}

function readString(cursor: Cursor): string | undefined {
  if (cursor.take(QUOTE_TOKEN)) return cursor.upTo(QUOTE_TOKEN);
  for (const quote of UNESCAPED_QUOTES) {
    if (!cursor.take(quote)) continue;
    const text = cursor.upTo(quote);
    return text.includes('\\') || (quote.length === 1 && text.includes('\n')) ? cursor.fail() : text;
  }
  const start = cursor.position;
  if (!cursor.take('"')) return undefined;
  while (!cursor.take('"')) if (cursor.next() === '\\') cursor.next();
  const text = tryParseJson(cursor.text.slice(start, cursor.position));
  return typeof text === 'string' ? text : cursor.fail();
}
