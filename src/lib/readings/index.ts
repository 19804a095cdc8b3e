/** All ways to read a text that may hide something from whoever searches it. */
import { base64Readings } from './base64.ts';
import { dumpReadings } from './dumps.ts';
import { toldInEvents } from './events.ts';
import { ReadBytes, type Reading, within } from './reading.ts';
import { type Unescaped, unescaped } from './unescaped.ts';

/** How many encodings on top of each other are undone. */
const DEEPEST = 2;
/**
 * What was decoded is searched again where it is text, perhaps with two bytes a character. Bytes of a picture are not.
 */
const TEXT = /(?:[\t\n\r\x20-\x7e]\0?){16,}/g;

/** Bytes as they are, or the text in them with its escapes undone. */
export type Decoded = { reading: Reading; isText: boolean };

/** The text in bytes from `at` on; bytes that are no text are left out. */
function textIn(bytes: Reading, text: string, at: number): Reading {
  if (!text.includes('\0')) return within(bytes, unescaped(text), at);
  const letters = new ReadBytes();
  for (let i = 0; i < text.length; i++) if (text[i] !== '\0') letters.add(text.charCodeAt(i), at + i, 1);
  const reading = within(bytes, letters.reading());
  return within(reading, unescaped(reading.text));
}

/**
 * Everything that is encoded in `plain`. Each level is shorter than the one before: a group of base64 is longer than
 * what it says.
 */
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
 * First the text itself with its escapes undone, then what is encoded in it. Each character of `source` stands for one
 * byte.
 */
export function readingsOf(source: string): { plain: Unescaped; decoded: Iterable<Decoded> } {
  const plain = unescaped(source);
  const decoded = allDecoded(plain);
  return {
    plain,
    decoded: decoded.map(({ reading, isText }) => ({ reading: within(plain, reading), isText })),
  };
}
