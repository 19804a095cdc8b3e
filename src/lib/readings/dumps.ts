/**
 * What dumps of bytes in a text say: of `od`, `xxd` and `hexdump` in their forms, lists of numbers, plain hexadecimal. A line
 * is offset, numbers, and perhaps the same as characters; the numbers of all lines together are read in each base.
 */
import { afterNumber, linesOf } from './lines.ts';
import { joinPlaces, type Reading } from './reading.ts';
import type { Unescaped } from './unescaped.ts';

type Token = { text: string; start: number };
/** One byte, and the characters that say it. */
type Byte = { value: number; start: number; length: number };
/** The bytes of a token; undefined where it is none of this form. */
type Form = (token: Token) => Byte[] | undefined;

const HEX_BYTES = /^(?:[0-9a-f]{2})+$/i;

const hexBytes: Form = ({ text, start }) =>
  HEX_BYTES.test(text)
    ? Array.from(Buffer.from(text, 'hex'), (value, at) => ({ value, start: start + 2 * at, length: 2 }))
    : undefined;

/** Digits of a word of a machine on which the low byte comes first. */
const WORDS = new Set([4, 8, 16]);

/** All of the token says the byte. */
const whole = ({ text, start }: Token, value: number): Byte => ({ value, start, length: text.length });

const byteIn =
  (pattern: RegExp, base: number): Form =>
  (token) => {
    const value = pattern.test(token.text) ? Number.parseInt(token.text, base) : 0x100;
    return value > 0xff ? undefined : [whole(token, value)];
  };

const octalByte = byteIn(/^[0-3][0-7]{2}$/, 8);

const FORMS: readonly Form[] = [
  hexBytes,
  (token) => (WORDS.has(token.text.length) ? hexBytes(token)?.reverse() : undefined),
  octalByte,
  (token) => {
    if (!/^[01][0-7]{5}$/.test(token.text)) return undefined;
    const word = Number.parseInt(token.text, 8);
    return [whole(token, word & 0xff), whole(token, word >> 8)];
  },
  byteIn(/^\d{1,3}$/, 10),
  byteIn(/^[01]{8}$/, 2),
  // `od -c`: a byte that is no character stands there as a number.
  (token) => (token.text.length === 1 ? [whole(token, token.text.charCodeAt(0))] : octalByte(token)),
];

/** Bytes; less is no dump. */
const SHORTEST = 6;

class Gathered {
  readonly done: Reading[] = [];
  #bytes: Byte[] = [];

  add(bytes: readonly Byte[]): void {
    for (const byte of bytes) this.#bytes.push(byte);
  }

  get isEmpty(): boolean {
    return this.#bytes.length === 0;
  }

  /** What was gathered is over: something else has come. */
  end(): void {
    if (this.#bytes.length === 0) return;
    const bytes = this.#bytes;
    this.#bytes = [];
    if (bytes.length < SHORTEST) return;
    this.done.push({
      text: Buffer.from(bytes.map(({ value }) => value)).toString('latin1'),
      spans: (from, to) => joinPlaces(placesOf(bytes.slice(from, to))),
    });
  }
}

function* placesOf(bytes: readonly Byte[]): Generator<number> {
  for (const { start, length } of bytes) for (let at = start; at < start + length; at++) yield at;
}

const BLANKS = /(?:\s|\\[tnr])+/g;
const MARKS = /[,;:{}[\]()<>|="']+/g;
/** Of every form that has more than one character. */
const DIGITS = /^[0-9a-f]+$/i;

function* piecesOf(token: Token, between: RegExp): Generator<Token> {
  let from = 0;
  const piece = (to: number): Token => ({ text: token.text.slice(from, to), start: token.start + from });
  for (const { 0: found, index } of token.text.matchAll(between)) {
    if (index > from) yield piece(index);
    from = index + found.length;
  }
  if (from < token.text.length) yield piece(token.text.length);
}

/** A mark that stands alone is a character of `od -c`; beside digits it parts them. */
function* tokensOf(line: Token): Generator<Token> {
  for (const word of piecesOf(line, BLANKS)) {
    if (word.text.length === 1) yield word;
    else yield* piecesOf(word, MARKS);
  }
}

/** So a byte is written in the source of a program. */
const withoutBase = ({ text, start }: Token): Token =>
  text.startsWith('0x') ? { text: text.slice(2), start: start + 2 } : { text, start };

const cut = ({ text, start }: Token, from: number, to = text.length): Token => ({
  text: text.slice(from, to),
  start: start + from,
});

const OFFSET = /^[ \t]*[0-9a-f]{4,16}(?::|(?=[ \t]|$))/i;
const XXD_NUMBERS = /^(?: [0-9a-f]+)+ {2,}/i;
const NUMBERS = /^[\s0-9a-f]+$/i;
/** What stands around the characters: of hexdump, and of od. */
const COLUMNS = [
  ['|', '|'],
  ['>', '<'],
] as const;

/** What ends the text that a line stands in. */
const ENDS = new Set(' \t"]},');

function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ENDS.has(text[end - 1] ?? '')) end--;
  return text.slice(0, end);
}

/** Where the characters begin and end that follow the numbers; of xxd only two blanks part them. */
function columnOf(line: Token, isXxd: boolean): { from: number; to: number; numbersTo: number } | undefined {
  const text = withoutEnd(line.text);
  for (const [open, close] of COLUMNS) {
    const at = text.indexOf(open);
    const isColumn = at > 0 && at < text.length - 1 && text.endsWith(close);
    if (isColumn && NUMBERS.test(text.slice(0, at)))
      return { from: at + 1, to: text.length - 1, numbersTo: at };
  }
  const length = isXxd ? XXD_NUMBERS.exec(line.text)?.[0].length : undefined;
  return length === undefined ? undefined : { from: length, to: line.text.length, numbersTo: length };
}

function partsOf(line: Token): { numbers: Token; column?: Token } {
  const offset = OFFSET.exec(line.text)?.[0];
  if (offset === undefined) return { numbers: line };
  const rest = cut(line, offset.length);
  const hasColon = offset.endsWith(':');
  const column = columnOf(rest, hasColon);
  if (column) {
    return { numbers: cut(rest, 0, column.numbersTo), column: cut(rest, column.from, column.to) };
  }
  const [next] = tokensOf(rest);
  // Numbers are all of one length, and the offset is of another.
  const isOffset = hasColon || !next || next.text.length !== offset.trim().length;
  return { numbers: isOffset ? rest : line };
}

/** One after the other without a break between them, at either half of a byte. */
const HEX_RUN = /[0-9a-f]{12,}/gi;

function hexRuns(text: string): Reading[] {
  return [...text.matchAll(HEX_RUN)].flatMap(({ 0: digits, index }) =>
    [0, 1].map((skipped) => ({
      text: Buffer.from(digits.slice(skipped), 'hex').toString('latin1'),
      spans: (from: number, to: number) => [{ start: index + skipped + from * 2, length: (to - from) * 2 }],
    })),
  );
}

/** Four numbers or characters in a row, or a long number: most texts have none, and need not be read line by line. */
const LIKE_A_DUMP =
  /(?<!\w)(?:(?:0x)?(?:[0-9a-f]{2,16}|[^\s,;:|\\])(?:[\s,;:|]|\\[nrt])+){4}|[0-9a-f]{12,}/gi;

export function dumpReadings(plain: Unescaped): Reading[] {
  const { text } = plain;
  const forms = FORMS.map((form) => ({ form, gathered: new Gathered() }));
  const columns = new Gathered();
  const likely = text.matchAll(LIKE_A_DUMP);
  let dump = likely.next();
  for (const { start: begin, end } of linesOf(plain)) {
    while (!dump.done && dump.value.index + dump.value[0].length <= begin) dump = likely.next();
    const isDump = !dump.done && dump.value.index < end;
    if (!isDump && forms.every(({ gathered }) => gathered.isEmpty)) continue;
    const start = afterNumber(text, begin);
    const { numbers, column } = partsOf({ text: text.slice(start, end), start });
    for (const raw of tokensOf(numbers)) {
      const token = withoutBase(raw);
      const isDigits = token.text.length === 1 || DIGITS.test(token.text);
      for (const { form, gathered } of forms) {
        const bytes = isDigits ? form(token) : undefined;
        if (bytes) gathered.add(bytes);
        else gathered.end();
      }
    }
    const characters = column?.text ?? '';
    for (let at = 0; at < characters.length; at++) {
      columns.add([{ value: characters.charCodeAt(at), start: (column?.start ?? 0) + at, length: 1 }]);
    }
  }
  const all = [...forms.map(({ gathered }) => gathered), columns];
  for (const gathered of all) gathered.end();
  return [...all.flatMap(({ done }) => done), ...hexRuns(text)];
}
