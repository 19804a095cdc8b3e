/** Which words of an answer rest on which pages. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { GroundingMetadata } from '../../../src/gemini/wire.ts';
import { citedPieces } from '../../../src/translate/response/hosted/citations.ts';

type Supports = NonNullable<GroundingMetadata['groundingSupports']>;

const left = (count: number) =>
  `${count} citations left out: their words are not in the answer, or there are too many`;

/** A support as Google writes it: offsets in bytes, and no `startIndex` of 0. */
function support(text: string, start: number, end: number, ...indices: number[]) {
  const startIndex = Buffer.byteLength(text.slice(0, start));
  const segment = {
    ...(startIndex > 0 ? { startIndex } : {}),
    endIndex: Buffer.byteLength(text.slice(0, end)),
    text: text.slice(start, end),
  };
  return { segment, groundingChunkIndices: indices };
}

function pieces(text: string, supports: Supports) {
  const warnings: string[] = [];
  const sources = ['a.com', 'b.org'].map((title) => ({ url: `https://${title}/`, title }));
  const cut = citedPieces(text, { queries: [], sources, supports }, (_code, _path, detail) =>
    warnings.push(detail),
  );
  return {
    shown: cut.map((piece) => [piece.text, ...piece.sources.map(({ title }) => title)]),
    warnings,
  };
}

describe('cited pieces', () => {
  const TEXT = 'It is 21°C today — fine. Rain comes. ';

  test('offsets are bytes, not characters', () => {
    const start = TEXT.indexOf('Rain');
    expect(pieces(TEXT, [support(TEXT, start, start + 11, 1)]).shown).toEqual([
      ['It is 21°C today — fine. '],
      ['Rain comes. ', 'b.org'],
    ]);
  });

  test('offsets that are off give way to the words', () => {
    const segment = { startIndex: 1, endIndex: 27, text: 'It is 21°C today — fine.' };
    expect(pieces(TEXT, [{ segment, groundingChunkIndices: [0] }]).shown).toEqual([
      ['It is 21°C today — fine.', 'a.com'],
      [' Rain comes. '],
    ]);
  });

  test('of words that come twice the nearer ones are meant', () => {
    const text = 'Yes. No. Yes. No.';
    const segment = { startIndex: 10, endIndex: 14, text: 'Yes.' };
    expect(pieces(text, [{ segment, groundingChunkIndices: [0] }]).shown).toEqual([
      ['Yes. No. '],
      ['Yes.', 'a.com'],
      [' No.'],
    ]);
  });

  test.each<[string, NonNullable<GroundingMetadata['groundingSupports']>[number]]>([
    ['words that are not there', { segment: { endIndex: 4, text: 'Snow' }, groundingChunkIndices: [0] }],
    ['no segment', { groundingChunkIndices: [0] }],
    [
      'nothing but an end before its start',
      { segment: { startIndex: 9, endIndex: 3 }, groundingChunkIndices: [0] },
    ],
  ])('%s: not cited, and told', (_, one) => {
    expect(pieces(TEXT, [one])).toEqual({
      shown: [[TEXT]],
      warnings: [left(1)],
    });
  });

  test('a source that is not there is left out', () => {
    expect(pieces(TEXT, [support(TEXT, 0, 5, 7)]).shown).toEqual([[TEXT]]);
  });

  test('words cited twice have both sources, each once', () => {
    expect(pieces(TEXT, [support(TEXT, 0, 25, 0), support(TEXT, 6, 10, 1, 0)]).shown[0]).toEqual([
      'It is 21°C today — fine. ',
      'a.com',
      'b.org',
    ]);
  });

  test('no piece is white space alone', () => {
    const text = '\n\nOne.\n\nTwo.\n';
    expect(pieces(text, [support(text, 2, 6, 0), support(text, 8, 12, 1)]).shown).toEqual([
      ['\n\nOne.\n\n', 'a.com'],
      ['Two.\n', 'b.org'],
    ]);
  });

  test('whatever Google says of it, the text is whole', () => {
    const one = fc.record({
      segment: fc.option(
        fc.record(
          {
            startIndex: fc.integer(),
            endIndex: fc.integer(),
            text: fc.string({ unit: 'grapheme', maxLength: 3 }),
          },
          { requiredKeys: [] },
        ),
        { nil: undefined },
      ),
      groundingChunkIndices: fc.array(fc.integer({ min: -1, max: 3 })),
    });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(one), (text, supports) => {
        const { shown } = pieces(text, supports as NonNullable<GroundingMetadata['groundingSupports']>);
        expect(shown.map(([piece]) => piece).join('')).toBe(text);
        expect(shown.every(([piece]) => piece?.trim() !== '' || shown.length === 1)).toBe(true);
      }),
    );
  });

  test.each<[string, unknown]>([
    ['before the text', { startIndex: -3, endIndex: -1 }],
    ['behind it', { startIndex: 1e9, endIndex: 2e9 }],
    ['half a character', { startIndex: 0, endIndex: 4, text: '\ud83d' }],
    ['no numbers', { startIndex: {}, endIndex: [] }],
  ])('a place that is none is not cited: %s', (_, segment) => {
    const supports = [{ segment, groundingChunkIndices: [0] }] as Supports;
    expect(pieces('a😀 b', supports)).toEqual({ shown: [['a😀 b']], warnings: [left(1)] });
  });

  test('no character is cut in two', () => {
    const segment = { startIndex: 2, endIndex: 7 };
    expect(pieces('a😀 b', [{ segment, groundingChunkIndices: [0] }]).shown).toEqual([
      ['a'],
      ['😀 b', 'a.com'],
    ]);
  });

  test('numbers may come as text, and what is no number is no source', () => {
    const groundingChunkIndices = ['1', 'length', 'map', 'constructor', null, 0.5, -1, {}] as never;
    const segment = { endIndex: '4', text: 'Yes.' } as never;
    expect(pieces('Yes.', [{ segment, groundingChunkIndices }]).shown).toEqual([['Yes.', 'b.org']]);
  });
});

describe('work is bounded, whatever Google says', () => {
  const TEXT = 'word '.repeat(20_000);
  const many = (segment: (index: number) => object, sources: (index: number) => number[]): Supports =>
    Array.from({ length: 20_000 }, (_, index) => ({
      segment: segment(index),
      groundingChunkIndices: sources(index),
    }));

  test('by words that are nowhere', () => {
    const supports = many(
      () => ({ startIndex: 50_000, endIndex: 50_004, text: 'nowhere' }),
      () => [0],
    );
    expect(pieces(TEXT, supports)).toEqual({ shown: [[TEXT]], warnings: [left(20_000)] });
  });

  test('but words near to their place are always found', () => {
    const lost = many(
      () => ({ text: 'nowhere' }),
      () => [0],
    );
    const off = {
      segment: { startIndex: 90_001, endIndex: 90_005, text: 'word' },
      groundingChunkIndices: [1],
    };
    expect(pieces(TEXT, [...lost, off]).shown).toEqual([
      [TEXT.slice(0, 90_000)],
      ['word', 'b.org'],
      [TEXT.slice(90_004)],
    ]);
  });

  test('by the number of citations', () => {
    const supports = many(
      (index) => ({ startIndex: index * 5, endIndex: index * 5 + 4 }),
      () => [0],
    );
    const { shown, warnings } = pieces(TEXT, supports);
    expect(shown.filter(([, source]) => source !== undefined)).toHaveLength(2_000);
    expect(warnings).toEqual([left(18_000)]);
  });
});
