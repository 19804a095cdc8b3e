/** Texts with their escapes undone, and what is encoded in them: the work grows with the length of the text alone. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { findSecrets } from '../../src/lib/find-secrets.ts';
import { readingsOf } from '../../src/lib/readings/index.ts';
import { unescaped } from '../../src/lib/readings/unescaped.ts';

const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

describe('a text without its escapes', () => {
  test.each([
    ['nothing to do', 'plain', 'plain'],
    ['a code', '\\u0041b', 'Ab'],
    ['a code, deeper', '\\\\\\\\u0041b', 'Ab'],
    ['a byte', '\\x41b', 'Ab'],
    ['a percent sign', '%41%2541%252541', 'AAA'],
    ['an escape that an escape makes', '\\u005cu0041 %5Cx41 \\x2541', 'A A A'],
    ['quotes', '\\"\\\\\\"\\/', '""/'],
    ['a line end stays', 'a\\nb\\\\tc', 'a\\nb\\tc'],
    ['two bytes', '\\u00e9', latin1('é')],
    ['a pair', '\\ud83d\\ude00', latin1('😀')],
    ['half a pair', '\\ud83dx', '\xed\xa0\xbdx'],
    ["a terminal's colours", 'a\u001b[1;31mb\\u001b[0m\\x1b[Kc%1b[md', 'abcd'],
    ['an escape of a terminal that has no end', 'a\u001b[1"b', 'a\u001b[1"b'],
    ['what is none', '%4g \\u12 %', '%4g \\u12 %'],
  ])('%s', (_name, source, text) => {
    expect(unescaped(source).text).toBe(text);
  });

  test('every character knows where it stands', () => {
    const { text, spans } = unescaped('a\\u0041%42c');
    expect(text).toBe('aABc');
    expect([0, 1, 2, 3].map((at) => spans(at, at + 1)[0])).toEqual([
      { start: 0, length: 1 },
      { start: 1, length: 6 },
      { start: 7, length: 3 },
      { start: 10, length: 1 },
    ]);
  });
});

test('what stands before a colour ends before it', () => {
  const { spans } = unescaped('a\u001b[0mb');
  expect([spans(0, 1), spans(1, 2), spans(0, 2)]).toEqual([
    [{ start: 0, length: 1 }],
    [{ start: 5, length: 1 }],
    [{ start: 0, length: 6 }],
  ]);
});

/** Texts that made searches slow: long rows of one thing, and things nested in things. */
const unit = fc.constantFrom(
  '\\',
  '\\\\',
  '%',
  '%25',
  '%5c',
  '\\u',
  '\\u005c',
  '\\x5c',
  '%3',
  '"',
  '\\"',
  'AB',
  '00 ',
  'QUJD',
  '\n',
  '\\n',
  '     1\t',
  '00000000: ',
  '|',
  ' ',
  'a@',
  '"user_id":"',
  'AIza',
  'C:\\\\Users\\\\a b ',
);
const row = fc.tuple(unit, fc.integer({ min: 1, max: 200 })).map(([text, count]) => text.repeat(count));
const hard = fc.array(row, { maxLength: 8 }).map((rows) => rows.join(''));

describe('work', () => {
  test('of taking escapes away is a few steps a character, whatever they are', () => {
    fc.assert(
      fc.property(hard, (text) => {
        // Each character is added once; an escape of three or more characters adds those that it stands for.
        expect(unescaped(text).steps).toBeLessThanOrEqual(2 * text.length);
      }),
    );
  });

  test('of everything that is read: no more text than a few times the source', () => {
    fc.assert(
      fc.property(hard, (text) => {
        const { plain, decoded } = readingsOf(text);
        let read = plain.text.length;
        for (const { reading } of decoded) read += reading.text.length;
        // Base64 four times at three quarters, seven forms of dumps, hexadecimal from two starts; and all of it at two
        // levels.
        expect(read).toBeLessThanOrEqual(100 * (text.length + 1));
      }),
      { numRuns: 200 },
    );
  });

  test.each(['\\', '%', '%25', '\\u', '"user_id":"', 'a@', '|', '0 ', '@a.'])(
    'a million of %p is looked through, and the secret behind it found',
    (text) => {
      const noise = text.repeat(Math.floor(1_000_000 / text.length));
      const spans = findSecrets(`${noise} secret-canary-1`, ['secret-canary-1']);
      expect(spans).toEqual([{ start: noise.length + 1, length: 15 }]);
    },
  );
});
