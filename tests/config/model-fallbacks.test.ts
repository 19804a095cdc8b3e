import { expect, test } from 'bun:test';
import { readConfig } from '../../src/config/config.ts';

const KEY = { GEMINI_API_KEY: 'AIza-canary' };
const BIG = 'gemini-4-argon';
const SMALL = 'gemini-4-hydrogen';

test.each<[string, Record<string, string>, string[][]]>([
  [
    'groups, in their order',
    { MODEL_FALLBACKS: `${BIG},gemini-4-neon>${SMALL}` },
    [[BIG, 'gemini-4-neon'], [SMALL]],
  ],
  [
    'blanks, prefixes and commas at the end do not matter',
    { MODEL_FALLBACKS: ` gemini/${BIG} , models/${SMALL}, > google/gemini-4-neon ` },
    [[BIG, SMALL], ['gemini-4-neon']],
  ],
  ['none, when empty', { MODEL_FALLBACKS: '' }, []],
  ['none, when blank', { MODEL_FALLBACKS: '  ' }, []],
  ['none, by name', { MODEL_FALLBACKS: 'None' }, []],
  [
    'mapped models that are not named stand first',
    { BIG_MODEL: 'gemini-3.7-flash', MODEL_FALLBACKS: SMALL },
    [['gemini-3.7-flash'], [SMALL]],
  ],
  [
    'those of the map, too, each once',
    {
      MODEL_MAP: `{"a":"gemini/gemini-4-neon","b":"gemini-4-neon","c":"${SMALL}"}`,
      MODEL_FALLBACKS: 'gemini-3.8-flash',
    },
    [[BIG, SMALL, 'gemini-4-neon'], ['gemini-3.8-flash']],
  ],
  ['nor where there are none', { BIG_MODEL: 'gemini-3.7-flash', MODEL_FALLBACKS: 'none' }, []],
])('%s', (_name, env, groups) => {
  expect(readConfig({ ...KEY, ...env }, []).modelFallbacks).toEqual(groups);
});

test('the usual ones take no model in that they do not name', () => {
  const config = readConfig({ ...KEY, BIG_MODEL: 'gemini-3.7-flash' }, []);
  expect(config.modelFallbacks.flat()).not.toContain('gemini-3.7-flash');
});

test('but written out they do', () => {
  const MODEL_FALLBACKS = readConfig(KEY, [])
    .modelFallbacks.map((group) => group.join(','))
    .join('>');
  const config = readConfig({ ...KEY, BIG_MODEL: 'gemini-3.7-flash', MODEL_FALLBACKS }, []);
  expect(config.modelFallbacks[0]).toEqual(['gemini-3.7-flash']);
});

test('an empty flag is none as well', () => {
  expect(readConfig(KEY, ['--model-fallbacks=']).modelFallbacks).toEqual([]);
});
