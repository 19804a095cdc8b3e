/** Quotations in a source: to the letter, as they are read, not at all, and at what cost. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { findAlike, findExact } from '../../../src/translate/citing/find-words.ts';
import { READINGS, type Reading } from '../../../src/translate/citing/readings.ts';

const found = (text: string, quote: string, reading: keyof typeof READINGS = 'text') => {
  const range = findExact(text, quote) ?? findAlike(text, quote, READINGS[reading]);
  return range && text.slice(range.start, range.end);
};

describe('words of a text', () => {
  test.each<[string, string, string, string | undefined]>([
    ['to the letter', 'The grass is green. The sky is blue.', 'The sky is blue.', 'The sky is blue.'],
    ['with white space around', 'One. Two.', '\n Two. ', 'Two.'],
    [
      'over another line break',
      'speed,\nand concurrency',
      'speed, and concurrency',
      'speed,\nand concurrency',
    ],
    ['in one line', 'speed, and', 'speed,\r\n\t and', 'speed, and'],
    [
      'with straight quotation marks',
      'He said “it’s done”.',
      'He said "it\'s done".',
      'He said “it’s done”.',
    ],
    ['with another dash', 'from 1990–1999', 'from 1990-1999', 'from 1990–1999'],
    ['with points for an ellipsis', 'And so on…', 'And so on...', 'And so on…'],
    ['with a hard space', 'ten\u00a0kilometres', 'ten kilometres', 'ten\u00a0kilometres'],
    ['with a ligature taken apart', 'the oﬃce', 'the office', 'the oﬃce'],
    ['with a soft hyphen', 'con\u00adcurrency', 'concurrency', 'con\u00adcurrency'],
    ['with accents put together', 'cafe\u0301 au lait', 'café au lait', 'cafe\u0301 au lait'],
    ['with accents taken apart', 'café au lait', 'cafe\u0301 au lait', 'café au lait'],
    ['of Chinese', '天空是蓝色的。草是绿色的。', '草是绿色的。', '草是绿色的。'],
    ['with emoji', 'a 🎉 b 👩‍👩‍👧 c', '👩‍👩‍👧 c', '👩‍👩‍👧 c'],
    ['to the letter, before one that reads the same', 'a–b and a-b', 'a-b', 'a-b'],
    ['with other words', 'The grass is green.', 'The grass is blue.', undefined],
    ['with another case', 'The grass', 'the grass', undefined],
    ['that leave something out', 'one two three', 'one three', undefined],
    ['up to the middle of a character', 'cafe\u0301', 'cafe', undefined],
    ['up to the middle of a composed character', 'café', 'cafe', undefined],
    ['from the middle of a ligature', 'oﬃce', 'ice', undefined],
    ['from an accent that stands alone', 'a “¨o”', '¨o"', '¨o”'],
    ['of nothing', 'abc', '  ', undefined],
    ['of invisible characters', 'a\u200bc', '\u200b', undefined],
    ['in an empty text', '', 'a', undefined],
  ])('%s', (_, text, quote, expected) => {
    expect(found(text, quote)).toBe(expected);
  });

  test.each<[string, string, string, string | undefined]>([
    [
      'broken at the end of a line',
      'con-\ncurrency is hard',
      'concurrency is hard.',
      'con-\ncurrency is hard',
    ],
    ['without its spaces', 'T h e  G r a s s', 'The grass', 'T h e  G r a s s'],
    ['that are others', 'The grass', 'The glass', undefined],
    ['of nothing but marks', 'a - b', '-', undefined],
  ])('of a page: %s', (_, text, quote, expected) => {
    expect(found(text, quote, 'pages')).toBe(expected);
  });

  test('any character can begin the words, or end them', () => {
    const missed = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(
      (character) =>
        !findAlike(`a. ${character}0${character}. b`, `${character}0${character}`, READINGS.text),
    );
    expect(missed).toEqual([]);
  });

  test('are read as before after half a character', () => {
    expect(found('\ud835', '\ud835!')).toBe(undefined);
    expect(found('𝐀𝐁', 'AB')).toBe('𝐀𝐁');
  });

  test('any words of any text are found', () => {
    const texts = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 5 }), fc.nat(), (pieces, pick) => {
        const words = pieces[pick % pieces.length] ?? '';
        const found = findAlike(pieces.join('. '), words, READINGS.text);
        const isReadable = /[\p{L}\p{N}\p{S}]/u.test(
          [...words].map((c) => READINGS.text.of(c.codePointAt(0) ?? 0)).join(''),
        );
        expect(found !== undefined).toBe(isReadable);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the cost', () => {
  test.each<[string, string, string]>([
    ['one character again and again', 'a'.repeat(400_000), `${'a'.repeat(10_000)}b`],
    ['a period with a break late in it', 'ab'.repeat(200_000), `${'ab'.repeat(5_000)}c`],
    ['places that all read the same', '“'.repeat(400_000), '"'.repeat(10_000)],
    ['white space alone', ' \n'.repeat(200_000), 'a b'],
  ])('looks at each character once: %s', (_, text, quote) => {
    let reads = 0;
    const counted: Reading = {
      single: new Uint16Array(0x10000),
      of: (codePoint) => {
        reads++;
        return READINGS.text.of(codePoint);
      },
    };
    findAlike(text, quote, counted);
    expect(reads).toBeLessThanOrEqual(text.length + quote.length);
  });
});
