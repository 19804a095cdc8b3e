/** All ways to read a text in which something may be hidden by an encoding. */
import { base64Readings } from './base64.ts';
import { dumpReadings } from './dumps.ts';
import { toldInEvents } from './events.ts';
import { ReadBytes, type Reading, within } from './reading.ts';
import { type Unescaped, unescaped } from './unescaped.ts';

/** The most encodings inside of each other that are decoded. */
const DEEPEST = 2;
/**
 * Matches text in decoded bytes, perhaps with two bytes for each character. Decoded text is searched again; the bytes
 * of a picture are not.
 */
const TEXT = /(?:[\t\n\r\x20-\x7e]\0?){16,}/g;

/** Decoded bytes, or the text in them with its escapes undone. */
export type Decoded = { reading: Reading; isText: boolean };

/** The text in bytes from `at` on. Bytes that are not text are left out. */
function textIn(bytes: Reading, text: string, at: number): Reading {
  if (!text.includes('\0')) return within(bytes, unescaped(text), at);
  const letters = new ReadBytes();
  for (let i = 0; i < text.length; i++) if (text[i] !== '\0') letters.add(text.charCodeAt(i), at + i, 1);
  const reading = within(bytes, letters.reading());
  return within(reading, unescaped(reading.text));
}

/** Everything that is encoded in `plain`. The decoding ends, because each decoded text is shorter than its encoding. */
export function* decodedIn(plain: Unescaped, depth = 1): Generator<Decoded> {
  for (const read of [base64Readings, dumpReadings]) {
    for (const found of read(plain)) {
      yield { reading: found, isText: false };
      for (const { 0: text, index } of found.text.matchAll(TEXT)) {
        const inner = textIn(found, text, index);
        yield { reading: inner, isText: true };
        if (depth === DEEPEST) continue;
        const asPlain = unescaped(inner.text);
        for (const { reading, isText } of decodedIn(asPlain, depth + 1))
          yield { reading: within(inner, within(asPlain, reading)), isText };
      }
    }
  }
}

function* allDecoded(plain: Unescaped): Generator<Decoded> {
  const told = toldInEvents(plain);
  if (told) {
    yield { reading: told, isText: true };
    for (const { reading, isText } of decodedIn(told)) yield { reading: within(told, reading), isText };
  }
  yield* decodedIn(plain);
}

/**
 * The text itself with its escapes undone, and everything that is encoded in it. Each character of `source` stands for
 * one byte.
 */
export function readingsOf(source: string): { plain: Unescaped; decoded: Iterable<Decoded> } {
  const plain = unescaped(source);
  const decoded = allDecoded(plain);
  return {
    plain,
    decoded: decoded.map(({ reading, isText }) => ({ reading: within(plain, reading), isText })),
  };
}
