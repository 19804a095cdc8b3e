import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { quoted, shownText, wholeOrSize } from '../../src/lib/shown-text.ts';

const KEY = 'AIzaSyD-canary_0123456789abcdefghijklmn';
const shown = (text: string, limit: number) => shownText(text, { secrets: [KEY], limit, control: () => ' ' });
/** Any eight characters of the key in a row. */
const tells = (text: string) =>
  Array.from({ length: KEY.length - 7 }, (_, at) => KEY.slice(at, at + 8)).some((part) =>
    text.includes(part),
  );

describe('a text that is shown', () => {
  test('holds no part of a secret, wherever that stands and wherever the text is cut', () => {
    fc.assert(
      fc.property(fc.nat(3_000), fc.integer({ min: 40, max: 3_000 }), fc.nat(80), (before, limit, behind) => {
        const text = `${'x '.repeat(before / 2)}${KEY}${'y'.repeat(behind)}`;
        expect(tells(shown(text, limit))).toBe(false);
      }),
    );
  });

  test('holds none at the end of what was looked at either', () => {
    for (let at = 65_536 - 45; at <= 65_536; at += 3) {
      const text = `${'x'.repeat(at)}${KEY}${'y'.repeat(100)}`;
      expect(tells(shown(text, 200_000))).toBe(false);
    }
  });

  test('is as it was where nothing is wrong with it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 50 }), (text) => {
        const controls = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u;
        fc.pre(!controls.test(text));
        expect(shown(text, 2_000)).toBe(text);
      }),
    );
  });

  test('has its limit in bytes, says how long it was, and no half of a character', () => {
    fc.assert(
      fc.property(fc.constantFrom('a', 'é', '€', '😀'), fc.integer({ min: 40, max: 400 }), (char, limit) => {
        const told = shown(char.repeat(1_000), limit);
        expect(Buffer.byteLength(told)).toBeLessThanOrEqual(limit);
        expect(told).toMatch(/… \(\d+ characters\)$/);
        expect(told.isWellFormed()).toBe(true);
        expect(told).not.toContain('\ufffd');
      }),
    );
  });

  test('looks at so many characters and no more', () => {
    const text = 'x'.repeat(40_000_000);
    expect(shown(text, 100)).toEndWith('… (40000000 characters)');
  });
});

test('a word is quoted whole, or by its size alone', () => {
  expect([quoted('a"b'), quoted('x'.repeat(101)), wholeOrSize('ab', 2), wholeOrSize('abc', 2)]).toEqual([
    '"a\\"b"',
    '(101 characters)',
    'ab',
    '(3 characters)',
  ]);
});
