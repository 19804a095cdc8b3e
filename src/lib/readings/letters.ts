/**
 * Letters and digits alone, whatever stands between them: a key that a terminal has wrapped, that a list has one letter
 * at a time, that is cut into texts which a program puts together. For keys that are known; no shape is left in this.
 */
import { afterNumber, linesOf } from './lines.ts';
import { joinSpans, ReadBytes, type Reading } from './reading.ts';
import type { Unescaped } from './unescaped.ts';

const IS_LETTER = new Uint8Array(256);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789')
  IS_LETTER[char.charCodeAt(0)] = 1;

/** Of a secret; fewer would turn up by chance. */
const FEWEST = 16;

/** What is to be looked for; undefined where that is too little. */
export function lettersOf(secret: string): string | undefined {
  const letters = secret.replace(/[^A-Za-z0-9]/g, '');
  return letters.length < FEWEST ? undefined : letters;
}

/** Without the numbers of lines. */
export function lettersReading(plain: Unescaped): Reading {
  const letters = new ReadBytes();
  for (const { start, end } of linesOf(plain)) {
    addLetters(letters, plain.text, afterNumber(plain.text, start), end);
  }
  return withMarks(letters.reading(), plain.text);
}

/** Of bytes that have no lines. */
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

/** Of a key as well, but of the frames of tables, too. */
const MARK = /[-_]/g;

/** What is found goes with the marks in between. */
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
