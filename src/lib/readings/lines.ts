/**
 * Lines of an unescaped text, whose line ends may be written as `
 * `.
 */
import type { Unescaped } from './unescaped.ts';

/**
 * Matches what file viewers put before each line: a number and an arrow or tab (as a character or as an escape). Eight
 * digits would be the offset of a dump.
 */
const NUMBER = /[ \t]*\d{1,7}(?:\xe2\x86\x92|\t|\\t|[:|])/y;

/** The index at which the text of the line at `at` begins, after its number. */
export function afterNumber(text: string, at: number): number {
  NUMBER.lastIndex = at;
  return at + (NUMBER.exec(text)?.[0].length ?? 0);
}

/** Matches a line end or a quotation mark. A quotation mark begins a text if an offset or a number follows it. */
const BREAK = /[\n\r"]|\\[nr]/g;
const FIRST_LINE = /[ \t]*(?:[0-9a-fA-F]{6,16}[: \t]|\d{1,7}(?:\xe2\x86\x92|\t|\\t|[:|]))/y;

function isAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

export type Line = { start: number; end: number };

/** Matches, in JSON, what follows the quotation mark that ends a string. */
const AFTER_TEXT = /[,:}\]]|$/y;

/** Yields the lines. A line may also end at a quotation mark, where a text ends or another text begins. */
export function* linesOf({ text, lengthAt }: Unescaped): Generator<Line> {
  let start = 0;
  for (const { 0: found, index } of text.matchAll(BREAK)) {
    if (found === '"' && !(lengthAt(index) === 1 && isAt(AFTER_TEXT, text, index + 1))) {
      if (!isAt(FIRST_LINE, text, index + 1)) continue;
    }
    if (index > start) yield { start, end: index };
    start = index + found.length;
  }
  if (start < text.length) yield { start, end: text.length };
}
