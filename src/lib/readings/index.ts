/** Every way in which a text can be read that may hide something from whoever looks for it. */
import { base64Readings } from './base64.ts';
import { dumpReadings } from './dumps.ts';
import { type Reading, within } from './reading.ts';
import { type Unescaped, unescaped } from './unescaped.ts';

/** How often something was encoded on top of something encoded. */
const DEEPEST = 2;
/** What was decoded is looked into again where it is text; bytes of a picture are not. */
const TEXT = /[\t\n\r\x20-\x7e]{16,}/g;

/** Bytes as they are, or a text in them without its escapes. */
export type Decoded = { reading: Reading; isText: boolean };

/** What is encoded in `plain`. With each level there is less of it: a group of base64 is longer than what it says. */
export function* decodedIn(plain: Unescaped, depth = 1): Generator<Decoded> {
  for (const read of [base64Readings, dumpReadings]) {
    for (const found of read(plain)) {
      yield { reading: found, isText: false };
      for (const { 0: text, index } of found.text.matchAll(TEXT)) {
        const inner = unescaped(text);
        yield { reading: within(found, inner, index), isText: true };
        if (depth === DEEPEST) continue;
        for (const { reading, isText } of decodedIn(inner, depth + 1))
          yield { reading: within(found, within(inner, reading), index), isText };
      }
    }
  }
}

/** First the text itself without its escapes, then what is encoded in it. Each character of `source` is a byte. */
export function readingsOf(source: string): { plain: Unescaped; decoded: Iterable<Decoded> } {
  const plain = unescaped(source);
  const decoded = decodedIn(plain);
  return {
    plain,
    decoded: decoded.map(({ reading, isText }) => ({ reading: within(plain, reading), isText })),
  };
}
