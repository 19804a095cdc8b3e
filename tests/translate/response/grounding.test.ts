/** Which pages may be shown. */
import { describe, expect, test } from 'bun:test';
import type { GroundingMetadata } from '../../../src/gemini/wire.ts';
import type { SearchPlan } from '../../../src/translate/context.ts';
import { mergeGrounding, readGrounding } from '../../../src/translate/response/hosted/grounding.ts';

const REDIRECT = 'https://vertexaisearch.cloud.google.com/grounding-api-redirect/';
const plan = (change: Partial<SearchPlan> = {}): SearchPlan => ({
  isAlone: true,
  mostUses: undefined,
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

const SUPPORT = { segment: { endIndex: 1, text: 'a' }, groundingChunkIndices: [0] };

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
    ['a link that is longer than any', [{ web: { uri: `${REDIRECT}${'a'.repeat(9_000)}` } }], [undefined]],
    [
      'lists of other things',
      [null, 5, { web: 5 }, { maps: {} }] as never,
      [undefined, undefined, undefined, undefined],
    ],
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

describe('lists of several events', () => {
  const [a, b] = [page('a.com'), page('b.com')];
  test.each<[string, object[], object[], object[]]>([
    ['are joined: an event has only what is new', [a], [b], [a, b]],
    ['are joined, also where a page comes twice', [a, b], [b], [a, b, b]],
    ['are not doubled where an event has all of them again', [a], [a, b], [a, b]],
    ['stay where an event has none', [a], [], [a]],
  ])('%s', (_, first, next, wanted) => {
    const merged = mergeGrounding({ groundingChunks: first }, { groundingChunks: next });
    expect(merged.groundingChunks).toEqual(wanted);
  });
});

test('what an event leaves open, an earlier one says', () => {
  const first = { webSearchQueries: ['q'], groundingChunks: [page('a.com')] };
  expect(mergeGrounding(mergeGrounding({}, first), {})).toEqual(first);
  expect(mergeGrounding(first, { webSearchQueries: [], groundingSupports: [SUPPORT] })).toEqual({
    ...first,
    groundingSupports: [SUPPORT],
  });
});
