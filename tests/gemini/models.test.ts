import { describe, expect, test } from 'bun:test';
import { lifecycleNotice } from '../../src/gemini/lifecycle.ts';
import { type ListedModel, listedModels, rowsOfListed } from '../../src/gemini/listed-models.ts';
import { BUILT_IN, MODELS, SOURCES } from '../../src/gemini/model-rows.ts';
import { ModelTable } from '../../src/gemini/models.ts';
import { onVertex } from '../../src/gemini/vertex.ts';
import { type Price, ratesOf } from '../../src/prices/prices.ts';

const DAY = /^\d{4}-\d{2}-\d{2}$/;

describe('every row', () => {
  test.each(MODELS.map((model) => [model.id, model] as const))(
    '%s',
    (_id, { price, lifecycle, released }) => {
      expect(price.tiers.length).toBeGreaterThan(0);
      for (const { input, output, cacheRead } of price.tiers) {
        expect(cacheRead).toBeLessThan(input);
        expect(input).toBeLessThan(output);
      }
      expect([price.source.date, released].every((day) => DAY.test(day))).toBe(true);
      const { successor, routed, stage } = lifecycle;
      for (const id of [successor, routed?.to]) if (id !== undefined) expect(BUILT_IN.own(id)).toBeDefined();
      if (stage === 'retired') expect(lifecycle.retires).toMatch(DAY);
    },
  );

  test('has a source that can be looked up', () => {
    for (const { page, date } of SOURCES)
      expect([page, date].join(' ')).toMatch(/^https:\S+ \d{4}-\d\d-\d\d$/);
  });
});

describe('a price', () => {
  const price: Price = {
    tiers: [
      { input: 4, output: 20, thinking: 20, cacheRead: 0.4, from: '2026-12-01' },
      { input: 2, output: 10, thinking: 10, cacheRead: 0.2 },
      { input: 3, output: 15, thinking: 15, cacheRead: 0.3, above: 200_000 },
      { input: 6, output: 30, thinking: 30, cacheRead: 0.6, from: '2026-12-01', above: 200_000 },
    ],
    source: { page: 'x', date: '2026-11-30' },
  };
  test.each([
    ['2026-11-30', 200_000, 2],
    ['2026-11-30', 200_001, 3],
    ['2026-12-01', 200_000, 4],
    ['2027-01-01', 200_001, 6],
  ])('on %s, for a prompt of %p tokens', (at, promptTokens, input) => {
    expect(ratesOf(price, { at, promptTokens })?.input).toBe(input);
  });

  test('that nobody knows', () => {
    const unknown = { ...price, tiers: [] };
    expect(ratesOf(unknown, { at: '2026-11-30', promptTokens: 1 })).toBeUndefined();
  });

  test.each([
    ['gemini-4-argon', '2026-11-30', 2],
    ['gemini-4-argon', '2026-12-01', 4],
    ['gemini-3.8-flash', '2026-12-01', 0.75],
  ])('of %s on %s', (id, at, input) => {
    expect(ratesOf(BUILT_IN.row(id).price, { at, promptTokens: 1_000 })?.input).toBe(input);
  });
});

test.each([
  ['gemini-4-argon', undefined],
  ['gemini-3-flash-preview', undefined],
  ['gemini-2.5-pro', 'Google answers gemini-2.5-pro with gemini-3.8-flash from 2026-12-01 on'],
  ['gemini-2.5-flash-lite', undefined],
  [
    'gemini-2.0-flash',
    'Google has retired gemini-2.0-flash (2026-06-01); gemini-3.5-flash-lite takes its place',
  ],
])('what is told of %s', (id, notice) => {
  expect(lifecycleNotice(id, BUILT_IN.row(id).lifecycle)).toBe(notice);
});

describe('a table with other rows', () => {
  const row = { ...BUILT_IN.row('gemini-4-argon'), id: 'gemini-5-xenon', released: '2027-01-01' };
  const other = BUILT_IN.with([row, { ...BUILT_IN.row('gemini-4-neon'), outputTokens: 7 }]);

  test('has them in place of its own, or beside them, newest first', () => {
    expect(other.row('gemini-5-xenon')).toBe(row);
    expect(other.rows[0]).toBe(row);
    expect(other.row('gemini-4-neon').outputTokens).toBe(7);
    expect(other.rows).toHaveLength(MODELS.length + 1);
  });

  test('leaves the first table as it was', () => {
    expect([BUILT_IN.isKnown('gemini-5-xenon'), BUILT_IN.row('gemini-4-neon').outputTokens]).toEqual([
      false,
      65_536,
    ]);
  });

  test('knows an id by its beginning', () => {
    expect(other.row('gemini-5-xenon-002')).toEqual({ ...row, id: 'gemini-5-xenon-002' });
  });

  test('never throws for an id, not even where it has one row only', () => {
    expect(new ModelTable([row]).row('gemini-0').id).toBe('gemini-0');
  });
});

describe('a model that Google answers with another', () => {
  const [before, from] = ['2026-11-30', '2026-12-01'];

  test('is as it was until that day', () => {
    expect(BUILT_IN.on(before).row('gemini-2.5-flash')).toEqual(BUILT_IN.row('gemini-2.5-flash'));
  });

  test.each([
    ['gemini-2.5-flash', 'gemini-3.5-flash-lite'],
    ['gemini-2.5-pro', 'gemini-3.8-flash'],
  ])('%s has the abilities of %s from that day on, under its own name', (id, to) => {
    const { displayName, lifecycle, released } = BUILT_IN.row(id);
    expect(BUILT_IN.on(from).row(id)).toEqual({ ...BUILT_IN.row(to), id, displayName, lifecycle, released });
  });

  test('a preview of the model is like the model', () => {
    expect(BUILT_IN.on(from).row('gemini-2.5-flash-preview-09-2025').family).toBe('gemini-3');
  });

  test('others stay as they are', () => {
    expect(BUILT_IN.on(from).row('gemini-2.5-flash-lite')).toEqual(BUILT_IN.row('gemini-2.5-flash-lite'));
  });

  test('on Vertex AI all stay as they are', () => {
    const vertex = onVertex(BUILT_IN);
    expect(vertex.on(from).row('gemini-2.5-pro')).toEqual(vertex.row('gemini-2.5-pro'));
  });
});

describe("Google's list", () => {
  const entry = (name: string, more: object = {}) => ({
    name: `models/${name}`,
    displayName: name.toUpperCase(),
    inputTokenLimit: 500_000,
    outputTokenLimit: 32_000,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
    thinking: true,
    ...more,
  });
  const page = (...models: unknown[]) => JSON.stringify({ models, nextPageToken: '' });
  const idsIn = (text: string) => listedModels(text)?.models.map(({ id }) => id);

  test.each<[string, unknown, boolean]>([
    ['a model that answers', entry('gemini-5-xenon'), true],
    ['a model that does not say what it can', { name: 'models/gemini-5-xenon' }, true],
    [
      'one for embeddings',
      entry('gemini-embedding-2', { supportedGenerationMethods: ['embedContent'] }),
      false,
    ],
    ['one that speaks', entry('gemini-3.8-flash-tts'), false],
    ['one that draws', entry('gemini-3.1-flash-image'), false],
    ['one that is no Gemini', entry('gemma-4-31b-it'), false],
    ['an odd name', entry('gemini-../x'), false],
    ['no name', { displayName: 'x' }, false],
    ['no object', 7, false],
  ])('%s', (_name, model, isRead) => {
    expect(idsIn(page(model))).toHaveLength(isRead ? 1 : 0);
  });

  test.each(['', '[]', '{"models":{}}', '<html>'])('%p is no list', (text) => {
    expect(listedModels(text)).toBeUndefined();
  });

  const listed = (id: string, more: Partial<ListedModel> = {}): ListedModel => ({
    id,
    displayName: undefined,
    inputTokens: undefined,
    outputTokens: undefined,
    thinks: undefined,
    ...more,
  });
  const rowOf = (model: ListedModel) => rowsOfListed([model], BUILT_IN, '2026-11-30')[0];

  test('adds no row for a model that the table has, nor for an alias', () => {
    const ids = ['gemini-4-argon', 'gemini-flash-latest'];
    expect(
      rowsOfListed(
        ids.map((id) => listed(id)),
        BUILT_IN,
        '2026-11-30',
      ),
    ).toEqual([]);
  });

  test('a variant of a known model is like it, with the limits of the list', () => {
    const row = rowOf(listed('gemini-3.8-flash-002', { inputTokens: 500_000, outputTokens: 9_000 }));
    const known = BUILT_IN.row('gemini-3.8-flash');
    expect(row).toEqual({
      ...known,
      id: 'gemini-3.8-flash-002',
      displayName: 'gemini-3.8-flash-002',
      inputTokens: 500_000,
      outputTokens: 9_000,
    });
  });

  test.each([
    ['gemini-4-osmium', 'gemini-4', true],
    ['gemini-3.9-flash', 'gemini-3', false],
    ['gemini-7-ultra', 'gemini-4', true],
  ])(
    '%s is like the newest of its generation (%s), and its price is not known',
    (id, family, longAnswers) => {
      expect(rowOf(listed(id))).toMatchObject({
        id,
        family,
        longAnswers,
        price: { tiers: [] },
        released: '2026-11-30',
        lifecycle: { stage: 'stable' },
      });
    },
  );

  test('a preview is told as one, and a model that does not think is not asked to', () => {
    expect(rowOf(listed('gemini-4-osmium-preview-01', { thinks: false }))).toMatchObject({
      lifecycle: { stage: 'preview' },
      thinking: { kind: 'none' },
    });
  });
});
