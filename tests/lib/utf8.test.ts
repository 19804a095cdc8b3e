import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { readUtf8 } from '../../src/lib/utf8.ts';

/** Undefined for what is no UTF-8. */
function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** First bytes, following bytes and the edges between them: random bytes would nearly all be wrong at once. */
const byte = fc.oneof(
  fc.integer({ min: 0, max: 255 }),
  fc.constantFrom(
    0x41,
    0x7f,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
    0xc0,
    0xc2,
    0xdf,
    0xe0,
    0xed,
    0xef,
    0xf0,
    0xf4,
    0xf5,
  ),
);
const mixed = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => [...new TextEncoder().encode(text)]),
      fc.array(byte, { maxLength: 4 }),
    ),
    {
      maxLength: 8,
    },
  )
  .map((pieces) => new Uint8Array(pieces.flat()));

test('reads what is UTF-8, and names the first byte that is not', () => {
  fc.assert(
    fc.property(mixed, (bytes) => {
      const read = readUtf8(bytes);
      const text = decoded(bytes);
      if (typeof read === 'string') {
        expect(read).toBe(text ?? 'refused');
        return;
      }
      expect(text).toBeUndefined();
      expect(decoded(bytes.subarray(0, read))).toBeDefined();
      const characters = [1, 2, 3, 4].map((length) => bytes.subarray(read, read + length));
      expect(characters.every((character) => decoded(character) === undefined)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('passes over a byte order mark', () => {
  expect(readUtf8(new Uint8Array([0xef, 0xbb, 0xbf, 0x41]))).toBe('A');
});
