/** Which pages may be told, and which words of the answer rest on them. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { GroundingMetadata } from '../../../src/gemini/wire.ts';
import type { SearchPlan } from '../../../src/translate/context.ts';
import { citedPieces, mergeGrounding, readGrounding } from '../../../src/translate/response/grounding.ts';

const REDIRECT = 'https://vertexaisearch.cloud.google.com/grounding-api-redirect/';
const plan = (change: Partial<SearchPlan> = {}): SearchPlan => ({
  question: 'q',
  allowedDomains: [],
  blockedDomains: [],
  cites: true,
  ...change,
});
const page = (title: string) => ({ web: { uri: `${REDIRECT}${title}`, title } });

function read(metadata: GroundingMetadata, change: Partial<SearchPlan> = {}) {
  const warnings: string[] = [];
  const grounding = readGrounding(metadata, plan(change), (_code, _path, detail) => warnings.push(detail));
  return { grounding, warnings, titles: grounding.sources.map((source) => source?.title) };
}

/** Google's form of a support: offsets in bytes, a beginning at 0 left out. */
function support(text: string, start: number, end: number, ...indices: number[]) {
  const startIndex = Buffer.byteLength(text.slice(0, start));
  const segment = {
    ...(startIndex > 0 ? { startIndex } : {}),
    endIndex: Buffer.byteLength(text.slice(0, end)),
    text: text.slice(start, end),
  };
  return { segment, groundingChunkIndices: indices };
}

function pieces(text: string, supports: NonNullable<GroundingMetadata['groundingSupports']>) {
  const warnings: string[] = [];
  const grounding = readGrounding(
    { groundingChunks: [page('a.com'), page('b.org')], groundingSupports: supports },
    plan(),
    () => {},
  );
  const cut = citedPieces(text, grounding, (_code, _path, detail) => warnings.push(detail));
  return {
    shown: cut.map((piece) => [piece.text, ...piece.sources.map(({ title }) => title)]),
    warnings,
  };
}

describe('sources', () => {
  test.each<[string, NonNullable<GroundingMetadata['groundingChunks']>, (string | undefined)[]]>([
    ['a page behind a link of Google’s', [page('a.com')], ['a.com']],
    [
      'one without a title is named by its host',
      [{ web: { uri: 'https://www.google.com/search?q=time' } }],
      ['www.google.com'],
    ],
    ['a link that is none', [{ web: { uri: 'javascript:alert(1)', title: 'a.com' } }], [undefined]],
    ['no page at all', [{}, page('b.org')], [undefined, 'b.org']],
  ])('%s', (_, groundingChunks, titles) => {
    expect(read({ groundingChunks }).titles).toEqual(titles);
  });

  test('a link with spaces is written as one', () => {
    const uri = 'https://www.google.com/search?q=weather+in+San Francisco, CA,+US';
    const { grounding } = read({ groundingChunks: [{ web: { uri, title: 'Weather' } }] });
    expect(grounding.sources[0]?.url).toBe(
      'https://www.google.com/search?q=weather+in+San%20Francisco,%20CA,+US',
    );
  });

  const found = {
    groundingChunks: [
      page('a.com'),
      page('docs.b.org'),
      page('Some page'),
      { web: { uri: 'https://c.net/x' } },
    ],
  };
  test.each<[string, Partial<SearchPlan>, (string | undefined)[]]>([
    ['no rule', {}, ['a.com', 'docs.b.org', 'Some page', 'c.net']],
    ['allowed', { allowedDomains: ['a.com', 'c.net'] }, ['a.com', undefined, undefined, 'c.net']],
    [
      'allowed with its subdomains',
      { allowedDomains: ['b.org'] },
      [undefined, 'docs.b.org', undefined, undefined],
    ],
    [
      'an allowed subdomain, of which Google names the domain',
      { allowedDomains: ['www.a.com'] },
      ['a.com', undefined, undefined, undefined],
    ],
    [
      'blocked, and one that could be',
      { blockedDomains: ['a.com'] },
      [undefined, 'docs.b.org', undefined, 'c.net'],
    ],
    ['blocked with its subdomains', { blockedDomains: ['b.org'] }, ['a.com', undefined, undefined, 'c.net']],
    [
      'a name that only ends like a blocked one',
      { blockedDomains: ['om'] },
      ['a.com', 'docs.b.org', undefined, 'c.net'],
    ],
  ])('of domains: %s', (_, rule, titles) => {
    const { titles: told, warnings } = read(found, rule);
    expect(told).toEqual(titles);
    expect(warnings).toHaveLength(titles.filter((title) => title === undefined).length);
  });

  test('empty queries are none', () => {
    expect(read({ webSearchQueries: ['', 'mexico'] }).grounding.queries).toEqual(['mexico']);
  });
});

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
      warnings: ['a citation of no words is left out'],
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
});

test('what an event leaves open, an earlier one says', () => {
  const first = { webSearchQueries: ['q'], groundingChunks: [page('a.com')] };
  expect(mergeGrounding(mergeGrounding({}, first), {})).toEqual(first);
  expect(
    mergeGrounding(first, { webSearchQueries: [], groundingSupports: [support('ab', 0, 1, 0)] }),
  ).toEqual({
    ...first,
    groundingSupports: [support('ab', 0, 1, 0)],
  });
});
