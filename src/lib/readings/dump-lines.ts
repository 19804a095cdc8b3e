/** Reads one line of a dump of bytes: an offset, numbers, and sometimes the same bytes as characters. */

export type Token = { text: string; start: number };

const cut = ({ text, start }: Token, from: number, to = text.length): Token => ({
  text: text.slice(from, to),
  start: start + from,
});

/** Matches the offset in dumps of debuggers: `0x` comes before it, and sometimes the name of a place follows it. */
const OFFSET = /^[ \t]*(?:0x)?[0-9a-f]{4,16}(?: <[^>]{1,80}>)?(?::|(?=[ \t]|$))/i;
const NUMBERS = /^[\s0-9a-f]+$/i;
/** The marks around the column of characters in hexdump and od. */
const FRAMES = [
  ['|', '|'],
  ['>', '<'],
] as const;
/** Matches a line of xxd up to its column of characters. The groups of numbers may have any size. */
const XXD = /^(?: [0-9a-f]+)+ {2,}/i;
/**
 * Matches a line of Format-Hex or certutil up to its column of characters, which has sixteen characters after one or
 * more blanks. A shorter last line has blanks in place of the missing numbers.
 */
const SIXTEEN = /^(?:(?: {1,3}[0-9a-f]{2}){16} {1,3}(?=.{1,64}$)|(?: {1,3}[0-9a-f]{2}){1,15} {4,})/i;

/** The characters that end the text in which a line stands. */
const ENDS = new Set(' \t"]},');

function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ENDS.has(text[end - 1] ?? '')) end--;
  return text.slice(0, end);
}

/** The beginning and the end of the column of characters after the numbers. */
function columnOf(line: Token, isXxd: boolean): { from: number; to: number; numbersTo: number } | undefined {
  const text = withoutEnd(line.text);
  for (const [open, close] of FRAMES) {
    const at = text.indexOf(open);
    const isColumn = at > 0 && at < text.length - 1 && text.endsWith(close);
    if (isColumn && NUMBERS.test(text.slice(0, at)))
      return { from: at + 1, to: text.length - 1, numbersTo: at };
  }
  const length = (SIXTEEN.exec(line.text) ?? (isXxd ? XXD.exec(line.text) : null))?.[0].length;
  return length === undefined ? undefined : { from: length, to: line.text.length, numbersTo: length };
}

export function partsOf(line: Token): { numbers: Token; column?: Token } {
  const offset = OFFSET.exec(line.text)?.[0];
  if (offset === undefined) return { numbers: line };
  const rest = cut(line, offset.length);
  const hasColon = offset.endsWith(':');
  const column = columnOf(rest, hasColon);
  if (column) {
    return { numbers: cut(rest, 0, column.numbersTo), column: cut(rest, column.from, column.to) };
  }
  const [next] = tokensOf(rest);
  // The numbers all have the same length; the offset has another length.
  const isOffset = hasColon || !next || next.text.length !== offset.trim().length;
  return { numbers: isOffset ? rest : line };
}

const BLANKS = /(?:\s|\\[tnr])+/g;
/** Matches what may be between numbers, and around escapes that stand for a number. */
const MARKS = /(?:\\[ux]\{?|&#x?|[\\,;:{}[\]()<>|="'])+/gi;

function* piecesOf(token: Token, between: RegExp): Generator<Token> {
  let from = 0;
  const piece = (to: number): Token => ({ text: token.text.slice(from, to), start: token.start + from });
  for (const { 0: found, index } of token.text.matchAll(between)) {
    if (index > from) yield piece(index);
    from = index + found.length;
  }
  if (from < token.text.length) yield piece(token.text.length);
}

/**
 * Yields the tokens of a line. A mark that stands alone is a character of `od -c`; a mark beside digits separates
 * numbers.
 */
export function* tokensOf(line: Token): Generator<Token> {
  for (const word of piecesOf(line, BLANKS)) {
    if (word.text.length === 1) yield word;
    else for (const piece of piecesOf(word, MARKS)) yield withoutBase(piece);
  }
}

/** The token without the base that source code writes before a number. */
const withoutBase = (token: Token): Token => (/^0x./i.test(token.text) ? cut(token, 2) : token);

const OTHER = 0;
const DIGIT = 1;
const BETWEEN = 2;
const KINDS = new Uint8Array(256).fill(OTHER);
for (const char of '0123456789abcdefABCDEF') KINDS[char.charCodeAt(0)] = DIGIT;
for (const char of ' \t\r\n,;:|\\{}[]()<>="\'&#xXuU') KINDS[char.charCodeAt(0)] = BETWEEN;

/** The most digits that a number of a dump has. */
const LONGEST_NUMBER = 20;
const LONG_NUMBER = 12;
/** The least number of tokens: numbers, or single characters, one after another. */
const FEWEST = 4;
/** How many characters after a line are looked at too: some lists have only one number on each line. */
const AHEAD = 100;

/** True where the line may be a part of a dump. Most lines are not, and are skipped. */
export function isLikeDump(text: string, start: number, lineEnd: number): boolean {
  const end = Math.min(text.length, lineEnd + AHEAD);
  let row = 0;
  let length = 0;
  let isNumber = true;
  for (let at = start; at <= end; at++) {
    const kind = at === end ? BETWEEN : (KINDS[text.charCodeAt(at)] ?? OTHER);
    if (kind !== BETWEEN) {
      length++;
      isNumber &&= kind === DIGIT;
      if (isNumber && length >= LONG_NUMBER) return true;
      continue;
    }
    if (length > 0) row = length === 1 || (isNumber && length <= LONGEST_NUMBER) ? row + 1 : 0;
    if (row >= FEWEST) return true;
    length = 0;
    isNumber = true;
  }
  return false;
}
