import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { bytesOf, textOf } from '../../../src/sim/cassette/escape.ts';

/** Bytes that often begin a sequence of UTF-8, and seldom complete it. */
const nearlyUtf8 = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(0xc3, 0xe2, 0x82, 0xf0, 0x9f, 0xed, 0xa0, 0xbf, 0xc0),
  ),
  { maxLength: 40 },
);

describe('bytes as text', () => {
  test.each([
    ['plain text', [0x61, 0x62], 'ab'],
    ['a whole letter', [0xc3, 0xa9], 'é'],
    ['the first half of a letter', [0x61, 0xc3], 'a\udcc3'],
    ['the second half', [0xa9, 0x0d, 0x0a], '\udca9\r\n'],
    ['a byte-order mark', [0xef, 0xbb, 0xbf, 0x78], '\ufeffx'],
    ['an overlong form', [0xc0, 0x80], '\udcc0\udc80'],
    ['a surrogate in UTF-8', [0xed, 0xa0, 0x80], '\udced\udca0\udc80'],
    ['a sequence beyond Unicode', [0xf4, 0x90, 0x80, 0x80], '\udcf4\udc90\udc80\udc80'],
    ['a pair before a stray byte', [0xf0, 0x9f, 0x98, 0x80, 0x80], '😀\udc80'],
  ])('%s', (_name, bytes, text) => {
    expect(textOf(Uint8Array.from(bytes))).toBe(text);
    expect([...bytesOf(text)]).toEqual(bytes);
  });

  test('any bytes come back, through JSON too', () => {
    fc.assert(
      fc.property(nearlyUtf8, (bytes) => {
        const json = JSON.stringify(textOf(Uint8Array.from(bytes)));
        expect(json.isWellFormed()).toBe(true);
        expect([...bytesOf(JSON.parse(json))]).toEqual(bytes);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a surrogate that stands for no byte is refused', () => {
    expect(() => bytesOf('\ud800')).toThrow(RangeError);
    expect(() => bytesOf('\udc41')).toThrow(RangeError);
  });
});
