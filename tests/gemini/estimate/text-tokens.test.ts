import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { RATE_GROUPS } from '../../../src/gemini/estimate/text-pieces.ts';
import { TEXT_RATES } from '../../../src/gemini/estimate/text-rates.ts';
import { textTokens } from '../../../src/gemini/estimate/text-tokens.ts';

/** Texts of all kinds: words, code, blanks, scripts, halves of characters. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc
    .array(
      fc.constantFrom(
        'word',
        'aWord',
        'HTTP',
        's',
        'Ab',
        ' ',
        '  ',
        '\n',
        '\t',
        '12',
        '_',
        '"',
        '":',
        '---',
        'é',
        '語',
        'ж',
        '🙂',
        '\ud83d',
      ),
      {
        maxLength: 60,
      },
    )
    .map((parts) => parts.join('')),
);

/** The tokens that Gemma's tokenizer makes of these texts, which are Gemini's. */
const COUNTED: readonly (readonly [kind: string, text: string, tokens: number])[] = [
  [
    'prose',
    'The quick brown fox jumps over the lazy dog, and nobody in the village was surprised by it.',
    20,
  ],
  ['code', 'export function add(first: number, second: number): number {\n  return first + second;\n}\n', 24],
  ['JSON', '{"name":"Ada","born":1815,"tags":["math","engine"],"alive":false}', 22],
  ['digits', '1234567890 9876543210', 21],
  ['a table', '| a | b |\n| --- | --- |\n| 1 | 2 |\n', 20],
  [
    'Japanese',
    '今日は天気がいいので、公園まで散歩に行きました。そこで友達に会って、一緒に昼ご飯を食べました。',
    25,
  ],
  ['Chinese', '今天天气很好,所以我们去公园散步,在那里遇到了朋友,一起吃了午饭。', 20],
  ['Korean', '오늘은 날씨가 좋아서 공원에 산책하러 갔다가 친구를 만나 함께 점심을 먹었습니다.', 24],
  ['Russian', 'Сегодня хорошая погода, поэтому мы пошли гулять в парк и встретили там друзей.', 20],
];

describe('tokens of a text', () => {
  test('every rate of the layout has a figure', () => {
    expect(RATE_GROUPS.map(([name]) => [name, TEXT_RATES[name]?.length])).toEqual(
      RATE_GROUPS.map(([name, rates]) => [name, rates]),
    );
  });

  test.each(COUNTED)('%s is met within a fifth', (_kind, written, tokens) => {
    expect(Math.abs(textTokens(written) - tokens) / tokens).toBeLessThan(0.2);
  });

  test('are none for no text', () => {
    expect(textTokens('')).toBe(0);
  });

  test('grow as the text goes on', () => {
    fc.assert(
      fc.property(text, text, (start, more) => {
        expect(textTokens(start + more)).toBeGreaterThanOrEqual(textTokens(start) - 1e-9);
      }),
    );
  });

  test('are bounded by the bytes of the text', () => {
    fc.assert(
      fc.property(text, (some) => {
        expect(textTokens(some)).toBeLessThanOrEqual(2 * Buffer.byteLength(some) + 4);
      }),
    );
  });

  test('of two texts together are those of both, but for the piece where they meet', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        const apart = textTokens(`${one}\n`) + textTokens(other);
        expect(Math.abs(textTokens(`${one}\n${other}`) - apart)).toBeLessThanOrEqual(4);
      }),
    );
  });

  test('are the same for a long text each time', () => {
    const long = 'a long text, which is counted once '.repeat(100);
    expect(textTokens(`${long}`)).toBe(textTokens(long.slice(0)));
    expect(textTokens(long)).toBeGreaterThan(600);
  });
});
