import { describe, expect, test } from 'bun:test';
import { NOT_SERVED } from '../../src/config/variables.ts';
import { readConfig } from '../../src/config.ts';

const KEY = { GEMINI_API_KEY: 'AIza-canary' };

describe('what is said at start', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      'a retired model, as big',
      { BIG_MODEL: 'gemini-1.5-pro-latest' },
      /^BIG_MODEL: Google has retired gemini-1\.5-pro-latest; gemini-4-argon is used instead$/,
    ],
    ['and as small', { SMALL_MODEL: 'gemini/gemini-1.5-flash-latest' }, /gemini-4-hydrogen is used instead$/],
    [
      'and in the map',
      { MODEL_MAP: '{"x":"models/gemini-pro"}' },
      /^MODEL_MAP: .* models\/gemini-pro \(x\)$/,
    ],
    [
      'a fallback that is retired',
      { MODEL_FALLBACKS: 'gemini-4-argon,gemini-4-hydrogen>gemini-1.5-pro' },
      /^MODEL_FALLBACKS: Google has retired gemini-1\.5-pro$/,
    ],
    [
      'a fallback of tomorrow',
      { MODEL_FALLBACKS: 'gemini-9-xenon' },
      /^MODEL_FALLBACKS: gemini-9-xenon is not in this version's table; taken for one like the newest$/,
    ],
    ['faults', { FAULTS: 'cut@2' }, /^FAULTS: upstream is made to fail: cut@2$/],
    ['a key given twice', { API_KEYS: 'a-1,b-2,a-1' }, /^API_KEYS: a key that is there twice is used once$/],
    [
      'a recording with keys',
      { API_KEYS: 'a-1,b-2', RECORD: 'x' },
      /^RECORD: the first of API_KEYS is used$/,
    ],
    ...NOT_SERVED.map((name): [string, Record<string, string>, RegExp] => [
      `${name}, which is not served yet`,
      { [name]: '1' },
      new RegExp(`^${name} is not available in this version$`),
    ]),
  ])('%s', (_name, env, notice) => {
    expect(readConfig({ ...KEY, ...env }, []).notices).toEqual([expect.stringMatching(notice)]);
  });

  test('a model that is not retired is left alone', () => {
    expect(readConfig({ ...KEY, BIG_MODEL: 'gemini-2.5-pro' }, [])).toMatchObject({
      modelMap: { big: 'gemini-2.5-pro' },
      notices: [],
    });
  });
});
