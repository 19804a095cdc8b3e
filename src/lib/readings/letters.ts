/**
 * A text's letters and digits alone, without whatever stands between them. This finds a known key that a terminal has
 * wrapped, that a list has one letter at a time, or that a program puts together from pieces. The shape of a key does
 * not survive it.
 */
import { afterNumber, linesOf } from './lines.ts';
import { joinSpans, ReadBytes, type Reading } from './reading.ts';
import type { Unescaped } from './unescaped.ts';

const IS_LETTER = new Uint8Array(256);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789')
  IS_LETTER[char.charCodeAt(0)] = 1;

/** A shorter beginning of a secret would turn up by chance. */
const FEWEST = 16;

/** The letters to look for; undefined where there are too few. */
export function lettersOf(secret: string): string | undefined {
  const letters = secret.replace(/[^A-Za-z0-9]/g, '');
  return letters.length < FEWEST ? undefined : letters;
}

/** Reads the letters of a text, without the numbers of its lines. */
export function lettersReading(plain: Unescaped): Reading {
  const letters = new ReadBytes();
  for (const { start, end } of linesOf(plain)) {
    addLetters(letters, plain.text, afterNumber(plain.text, start), end);
  }
  return withMarks(letters.reading(), plain.text);
}

/** The letters of bytes that have no lines. */
export function lettersInBytes({ text }: Reading): Reading {
  const letters = new ReadBytes();
  addLetters(letters, text, 0, text.length);
  return withMarks(letters.reading(), text);
}

function addLetters(letters: ReadBytes, text: string, from: number, to: number): void {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (IS_LETTER[code]) letters.add(code, at, 1);
  }
}

/** Marks that keys have, but that frames of tables have too. */
const MARK = /[-_]/g;

/** The span that was found includes the marks in between. */
const withMarks = (letters: Reading, text: string): Reading => ({
  text: letters.text,
  spans: (from, to) =>
    joinSpans(
      letters.spans(from, to).flatMap((span, index, all) => {
        const before = all[index - 1];
        if (!before) return [span];
        const end = before.start + before.length;
        const marks = text.slice(end, span.start).matchAll(MARK);
        return [...Array.from(marks, (mark) => ({ start: end + mark.index, length: 1 })), span];
      }),
    ),
});
