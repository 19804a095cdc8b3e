/**
 * Reads only the letters and digits of a text, without anything between them. So a known key is found although a
 * terminal has wrapped it, a list has one letter on each line, or a program joins it from pieces. The form of an
 * unknown key cannot be recognised in this reading.
 */
import { afterNumber, linesOf } from './lines.ts';
import { joinSpans, ReadBytes, type Reading } from './reading.ts';
import type { Unescaped } from './unescaped.ts';

const IS_LETTER = new Uint8Array(256);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789')
  IS_LETTER[char.charCodeAt(0)] = 1;

/** The least letters of a secret that are searched for. Fewer letters would occur by chance. */
const FEWEST = 16;

/** The letters of a secret; undefined where there are too few. */
export function lettersOf(secret: string): string | undefined {
  const letters = secret.replace(/[^A-Za-z0-9]/g, '');
  return letters.length < FEWEST ? undefined : letters;
}

/** The letters of a text, without the numbers of its lines. */
export function lettersReading(plain: Unescaped): Reading {
  const letters = new ReadBytes();
  for (const { start, end } of linesOf(plain)) {
    addLetters(letters, plain.text, afterNumber(plain.text, start), end);
  }
  return withMarks(letters.reading(), plain.text);
}

/** The letters of bytes, which have no lines. */
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

/** Matches marks that keys contain, but that frames of tables contain too. */
const MARK = /[-_]/g;

/** A reading whose spans include the marks between the letters. */
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
