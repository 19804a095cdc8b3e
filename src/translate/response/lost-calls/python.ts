/** Reads the syntax in which Gemini 2.5 writes calls: Python, such as `print(default_api.Name(a=1, b='x'))`. */
import { MAX_CALLS } from '../../../gemini/limits.ts';
import type { Json } from '../../../lib/json.ts';
import type { Cursor } from './cursor.ts';
import { type Dialect, type LostCall, readMembers } from './values.ts';

const PRINT = /print\s*\(/y;
const NAME = /[A-Za-z_][\w.:-]*/y;
const STATEMENT_END = /[ \t]*(?:;|\r?\n|$)\s*/y;

const RAW_STRING = /[rR](?=['"])/y;
const QUOTES = ['"""', "'''", '"', "'"] as const;
const OCTAL = /[0-7]{1,3}/y;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\n', ''],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);

const HEX_ESCAPES: ReadonlyMap<string, RegExp> = new Map([
  ['x', /[0-9a-fA-F]{2}/y],
  ['u', /[0-9a-fA-F]{4}/y],
  ['U', /[0-9a-fA-F]{8}/y],
]);

/** Words that stand for values. Models also write JSON's words in their Python. */
const WORDS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['True', true],
  ['False', false],
  ['None', null],
  ['true', true],
  ['false', false],
  ['null', null],
]);

const PYTHON: Dialect = { readString, bareKeys: false, words: WORDS };

/** Reads statements to the end of the text. Each statement is a call, or a `print` of calls. */
export function readPythonCalls(cursor: Cursor): LostCall[] {
  const calls: LostCall[] = [];
  while (!cursor.atEnd) {
    if (calls.length > MAX_CALLS) cursor.fail();
    if (cursor.match(PRINT) !== '') cursor.list(')', () => calls.push(readCall(cursor)));
    else calls.push(readCall(cursor));
    if (!cursor.atEnd) cursor.need(STATEMENT_END);
  }
  return calls;
}

function readCall(cursor: Cursor): LostCall {
  const name = cursor.need(NAME);
  cursor.skipSpace();
  if (!cursor.take('(')) cursor.fail();
  return { name, args: readMembers(cursor, '=', ')', PYTHON) };
}

function readString(cursor: Cursor): string | undefined {
  const raw = cursor.match(RAW_STRING) !== '';
  const quote = QUOTES.find((mark) => cursor.take(mark));
  if (quote === undefined) return undefined;
  const pieces: string[] = [];
  while (!cursor.take(quote)) {
    const char = cursor.next();
    if (char === '\n' && quote.length === 1) cursor.fail();
    if (char !== '\\') pieces.push(char);
    else pieces.push(raw ? `\\${cursor.next()}` : readEscape(cursor));
  }
  return pieces.join('');
}

/** Reads what follows a backslash. If it is no escape, the backslash stays, as in Python. */
function readEscape(cursor: Cursor): string {
  const octal = cursor.match(OCTAL);
  if (octal !== '') return String.fromCharCode(Number.parseInt(octal, 8));
  const char = cursor.next();
  const hex = HEX_ESCAPES.get(char);
  if (hex) {
    const code = Number.parseInt(cursor.need(hex), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : cursor.fail();
  }
  // Two escapes are not read: a character by its name, and a line end that Python would have changed.
  if (char === 'N' || char === '\r') cursor.fail();
  return ESCAPES.get(char) ?? `\\${char}`;
}
