import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, readConfig } from '../../src/config/config.ts';
import { parseModels } from '../../src/config/models-file.ts';
import { BUILT_IN } from '../../src/gemini/model-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'models-'));
afterAll(() => rmSync(folder, { recursive: true }));

const read = (text: string) => parseModels(text, 'models.yaml', BUILT_IN);
const argon = BUILT_IN.row('gemini-4-argon');

describe('a row', () => {
  test('overrides what it names, and nothing else', () => {
    const price = { input: 4, output: 20, cacheRead: 0.2 };
    expect(read(JSON.stringify([{ id: 'gemini-4-argon', price }]))).toEqual([
      { ...argon, price: { tiers: [{ ...price, thinking: 20 }], source: { page: 'MODELS_FILE', date: '' } } },
    ]);
  });

  test('of a model that the table does not have is like another', () => {
    const [row] = read(
      'models:\n  - id: gemini-5-xenon\n    like: gemini-3.8-flash\n    outputTokens: 100000\n',
    );
    const like = BUILT_IN.row('gemini-3.8-flash');
    expect(row).toEqual({
      ...like,
      id: 'gemini-5-xenon',
      displayName: 'gemini-5-xenon',
      outputTokens: 100_000,
      lifecycle: { stage: 'stable' },
      price: { tiers: [], source: { page: 'MODELS_FILE', date: '' } },
    });
  });

  test('of such a model may build on one before it', () => {
    const [, second] = read(
      '[{id: gemini-a, like: gemini-2.5-pro, inputTokens: 7}, {id: gemini-b, like: gemini-a}]',
    );
    expect(second).toMatchObject({ id: 'gemini-b', inputTokens: 7, family: 'gemini-2.5' });
  });

  test.each<[string, string, string, object | undefined]>([
    ['the least tokens alone', 'gemini-3.8-flash', '{min_tokens: 1024}', { minTokens: 1_024, storage: 1 }],
    ['all of it', 'gemini-4-neon', '{minTokens: 9, storage: 2}', { minTokens: 9, storage: 2 }],
    ['that there is none', 'gemini-3.8-flash', 'none', undefined],
  ])('says of caching %s', (_name, id, caching, expected) => {
    expect(read(`- {id: ${id}, caching: ${caching}}`)[0]?.caching).toEqual(expected as never);
  });

  test.each<[string, string]>([
    ['a list', '[{"id": "gemini-4-neon", "outputTokens": 9}]'],
    ['a list under `models`', 'models: [{id: gemini-4-neon, outputTokens: 9}]'],
    ['an object by id', 'gemini-4-neon: {outputTokens: 9}'],
    ['an object under `models`', '{"models": {"gemini-4-neon": {"outputTokens": 9}}}'],
    ['keys in snake case', '- {id: gemini-4-neon, output_tokens: 9}'],
    ["Google's own names", '- {id: gemini-4-neon, outputTokenLimit: 9}'],
    ['the names of /v1/models', '- {id: gemini-4-neon, max_tokens: 9, display_name: Gemini 4 Neon}'],
  ])('may stand in %s', (_name, text) => {
    expect(read(text)).toEqual([{ ...BUILT_IN.row('gemini-4-neon'), outputTokens: 9 }]);
  });

  test.each<[string, string, object]>([
    ['a word', 'none', { kind: 'none' }],
    ['a list of levels, in any order', '[high, low]', { kind: 'level', levels: ['low', 'high'] }],
    ['levels', '{levels: [minimal]}', { kind: 'level', levels: ['minimal'] }],
    ['a budget', '{min: 1, max: 5, off: false}', { kind: 'budget', min: 1, max: 5, off: false }],
    ['its own form', '{kind: budget, min: 1, max: 5}', { kind: 'budget', min: 1, max: 5, off: true }],
  ])('has its thinking as %s', (_name, thinking, expected) => {
    expect(read(`- {id: gemini-4-neon, thinking: ${thinking}}`)[0]?.thinking as object).toEqual(expected);
  });

  test('has its prices by size and day', () => {
    const [row] = read(`
gemini-4-neon:
  price:
    - { input: 1, output: 2, cache_read: 0.1 }
    - { input: 3, output: 4, thinking: 9, above: 200000, from: "2027-01-01" }
  price_source: { page: "https://prices.example", date: "2026-11-30" }
  lifecycle: { stage: deprecated, retires: "2027-06-01", successor: gemini-4-argon }
`);
    expect(row).toMatchObject({
      price: {
        tiers: [
          { input: 1, output: 2, thinking: 2, cacheRead: 0.1 },
          { input: 3, output: 4, thinking: 9, cacheRead: 3, above: 200_000, from: '2027-01-01' },
        ],
        source: { page: 'https://prices.example', date: '2026-11-30' },
      },
      lifecycle: { stage: 'deprecated', retires: '2027-06-01', successor: 'gemini-4-argon' },
    });
  });
});

describe('a file that cannot be used names the field', () => {
  test.each<[string, string, RegExp]>([
    ['neither JSON nor YAML', '{"a": [', /models\.yaml: neither JSON nor YAML: /],
    ['nothing', '', /the file: needs a list of models/],
    ['a text', 'hello', /needs a list of models/],
    ['no id', '- {outputTokens: 5}', /\[0\]\.id: .*got "nothing"/],
    ['an odd id', '- {id: "a/b"}', /\[0\]\.id: expected the id of a Gemini model, got /],
    [
      'a text for a number',
      '- {id: gemini-4-neon, outputTokens: many}',
      /\[0\]\.outputTokens: expected integer, got /,
    ],
    [
      'a figure below zero',
      'gemini-4-neon: {price: {input: -1, output: 2}}',
      /gemini-4-neon\.price\.0\.input: /,
    ],
    ['a price without output', 'gemini-4-neon: {price: {input: 1}}', /gemini-4-neon\.price\.0\.output: /],
    [
      'a misspelt field',
      '- {id: gemini-4-neon, outputToken: 5}',
      /\[0\]\.outputToken: no such field; did you mean outputTokens\?/,
    ],
    [
      'a field of no kind',
      '- {id: gemini-4-neon, colour: red}',
      /\[0\]\.colour: no such field; there are id, like, /,
    ],
    [
      'a level of no kind',
      '- {id: gemini-4-neon, thinking: [low, huge]}',
      /\[0\]\.thinking\.levels\.1: expected minimal, low/,
    ],
    [
      'a family of no kind',
      '- {id: gemini-4-neon, family: gemini-9}',
      /\[0\]\.family: expected gemini-1\.5, /,
    ],
    [
      'a day of no kind',
      '- {id: gemini-4-neon, released: soon}',
      /\[0\]\.released: expected a day such as 2026-11-30/,
    ],
    [
      'levels that are missing',
      '- {id: gemini-4-neon, thinking: {kind: level}}',
      /thinking\.levels: expected a list/,
    ],
    [
      'a budget upside down',
      '- {id: gemini-4-neon, thinking: {min: 9, max: 5}}',
      /thinking\.min: 9 is more than max, 5/,
    ],
    [
      'caching without its price, where the table has none',
      '- {id: gemini-4-neon, caching: {minTokens: 9}}',
      /\[0\]\.caching\.storage: expected dollars for a million tokens and hour/,
    ],
    ['caching by a word', '- {id: gemini-4-neon, caching: all}', /caching: expected none, an object/],
    ['a model like none', '- {id: gemini-5, like: gpt-4}', /\[0\]\.like: the table has no model gpt-4/],
    ['a model that is there twice', '[{id: gemini-5}, {id: gemini-5}]', /\[1\]: gemini-5 is there twice/],
    ['a row that is no object', '[7]', /\[0\]/],
  ])('%s', (_name, text, message) => {
    expect(() => read(text)).toThrow(ConfigError);
    expect(() => read(text)).toThrow(message);
  });
});

describe('MODELS_FILE', () => {
  const settings = (text: string) => {
    const file = join(folder, 'models.yaml');
    writeFileSync(file, text);
    return { GEMINI_API_KEY: 'k', MODELS_FILE: file };
  };

  test('is read with the other settings, and watched like the files of secrets', () => {
    const env = settings('\ufeff- {id: gemini-5-xenon, like: gemini-4-argon}');
    const config = readConfig({ ...env, BIG_MODEL: 'gemini-5-xenon' }, []);
    expect(config.models.isKnown('gemini-5-xenon')).toBe(true);
    expect([config.notices, config.watchedFiles]).toEqual([[], [env.MODELS_FILE]]);
  });

  test('may say what is to be told of a model', () => {
    const env = settings('- {id: gemini-4-neon, lifecycle: {stage: retired, retires: "2027-01-01"}}');
    expect(readConfig({ ...env, BIG_MODEL: 'gemini-4-neon' }, []).notices).toEqual([
      'BIG_MODEL: Google has retired gemini-4-neon (2027-01-01)',
    ]);
  });

  test('that is not there is told by its name', () => {
    const env = { GEMINI_API_KEY: 'k', MODELS_FILE: join(folder, 'none.yaml') };
    expect(() => readConfig(env, [])).toThrow(
      /^MODELS_FILE: .*none\.yaml" cannot be read: there is no such file$/,
    );
  });
});
