/**
 * Reads the dumps of bytes in a text: dumps of `od`, `xxd`, `hexdump`, Format-Hex and debuggers, lists of numbers, and
 * plain hexadecimal. The numbers of all lines together are read in each form, and so are the columns of characters.
 */
import { FORMS, type Form } from './dump-forms.ts';
import { isLikeDump, partsOf, type Token, tokensOf } from './dump-lines.ts';
import { afterNumber, linesOf } from './lines.ts';
import { ReadBytes, type Reading } from './reading.ts';
import type { Unescaped } from './unescaped.ts';

/** The least number of bytes of a dump. */
const SHORTEST = 6;

/** The bytes that were read in one form until now. They go on over several lines. */
class Gathered {
  readonly done: Reading[] = [];
  bytes = new ReadBytes();

  /** Ends the reading of a dump that has stopped. */
  end(): void {
    if (this.bytes.count < SHORTEST) {
      this.bytes.clear();
      return;
    }
    this.done.push(this.bytes.reading());
    this.bytes = new ReadBytes();
  }
}

type FormRead = { form: Form; gathered: Gathered };

/** Characters. No line of a dump is longer; only a list of numbers may be one line of any length. */
const LONGEST_LINE = 1_000;

/** Receives the bytes of the first tokens of a line, while the form of the line is searched for. */
const scratch = new ReadBytes();

/** The forms in which all tokens of the line can be read. */
function formsOf(tokens: readonly Token[], forms: readonly FormRead[]): FormRead[] {
  scratch.clear();
  return forms.filter(({ form }) => tokens.every((token) => form(token, scratch)));
}

function readNumbers(numbers: Token, forms: readonly FormRead[]): void {
  const tokens = numbers.text.length > LONGEST_LINE ? tokensOf(numbers) : [...tokensOf(numbers)];
  const fitting = Array.isArray(tokens) ? formsOf(tokens, forms) : [];
  // `od` writes each row once in every form that it is asked for, so lines of other forms may stand between two of this
  // one.
  const reading = fitting.length > 0 ? fitting : forms;
  for (const token of tokens) {
    for (const { form, gathered } of reading) if (!form(token, gathered.bytes)) gathered.end();
  }
}

function readColumn(column: Token | undefined, gathered: Gathered): void {
  if (!column) return;
  for (let at = 0; at < column.text.length; at++)
    gathered.bytes.add(column.text.charCodeAt(at), column.start + at, 1);
}

/** Matches hexadecimal digits without gaps. A byte may begin at the first or at the second digit. */
const HEX_RUN = /[0-9a-f]{12,}/gi;

function hexRuns(text: string): Reading[] {
  return [...text.matchAll(HEX_RUN)].flatMap(({ 0: digits, index }) =>
    [0, 1].map((skipped) => ({
      text: Buffer.from(digits.slice(skipped), 'hex').toString('latin1'),
      spans: (from: number, to: number) => [{ start: index + skipped + from * 2, length: (to - from) * 2 }],
    })),
  );
}

export function dumpReadings(plain: Unescaped): Reading[] {
  const { text } = plain;
  const forms = FORMS.map((form) => ({ form, gathered: new Gathered() }));
  const columns = new Gathered();
  for (const { start: begin, end } of linesOf(plain)) {
    const start = afterNumber(text, begin);
    if (!isLikeDump(text, start, end) && forms.every(({ gathered }) => gathered.bytes.count === 0)) continue;
    const { numbers, column } = partsOf({ text: text.slice(start, end), start });
    readNumbers(numbers, forms);
    readColumn(column, columns);
  }
  const all = [...forms.map(({ gathered }) => gathered), columns];
  for (const gathered of all) gathered.end();
  return [...all.flatMap(({ done }) => done), ...hexRuns(text)];
}
