import { describe, expect, test } from 'bun:test';
import { readConfig } from '../../src/config/config.ts';

const KEY = { GEMINI_API_KEY: 'AIza-canary' };

describe('what is said at start', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      'explicit caching with the usual models, which keep nothing',
      { CACHE_CONTROL: 'explicit' },
      /^CACHE_CONTROL: explicit has no effect on gemini-4-argon, gemini-4-hydrogen: only Gemini 3 and older/,
    ],
    [
      'explicit caching with one model that keeps prompts',
      { CACHE_CONTROL: 'explicit', BIG_MODEL: 'gemini-3.8-flash' },
      /^CACHE_CONTROL: explicit has no effect on gemini-4-hydrogen: /,
    ],
    [
      'explicit caching on Vertex AI',
      {
        CACHE_CONTROL: 'explicit',
        BACKEND: 'vertex',
        GOOGLE_CLOUD_PROJECT: 'p',
        GOOGLE_CLOUD_LOCATION: 'global',
      },
      /^CACHE_CONTROL: explicit has no effect on Vertex AI, /,
    ],
    [
      'explicit caching while recording',
      { CACHE_CONTROL: 'explicit', RECORD: 'x' },
      /^CACHE_CONTROL: explicit has no effect while recording or replaying: /,
    ],
    [
      'a retired model, as big',
      { BIG_MODEL: 'gemini-1.5-pro-latest' },
      /^BIG_MODEL: Google has retired gemini-1\.5-pro-latest; gemini-4-argon is used instead$/,
    ],
    ['a recording that nothing plays', { REPLAY: 'x' }, /^REPLAY: not used without BACKEND=replay$/],
    [
      'a scenario beside the real Gemini',
      { MOCK_SCENARIO: 'tour' },
      /^MOCK_SCENARIO: not used, because BACKEND is gemini, and not mock$/,
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
    [
      'a big model that nobody knows',
      { BIG_MODEL: 'gemini-4-argn' },
      /^BIG_MODEL: gemini-4-argn is not in this version's table; .*; did you mean gemini-4-argon\?$/,
    ],
    [
      'a small one like no other',
      { SMALL_MODEL: 'gpt-4o' },
      /^SMALL_MODEL: gpt-4o is not in this version's table; taken for one like the newest$/,
    ],
    [
      'a model that Google answers with another',
      { BIG_MODEL: 'gemini-2.5-pro' },
      /^BIG_MODEL: Google answers gemini-2\.5-pro with gemini-3\.8-flash from 2026-12-01 on$/,
    ],
    [
      'and as small',
      { SMALL_MODEL: 'google/gemini-2.5-flash' },
      /^SMALL_MODEL: Google answers gemini-2\.5-flash with gemini-3\.5-flash-lite from 2026-12-01 on$/,
    ],
    [
      'and in the map, by an id of a day',
      { MODEL_MAP: '{"x":"gemini-2.5-flash-preview-09-2025"}' },
      /^MODEL_MAP: Google answers gemini-2\.5-flash-preview-09-2025 with .* \(x\)$/,
    ],
    [
      'a model of the table that is retired',
      { MODEL_FALLBACKS: 'gemini-4-argon,gemini-4-hydrogen>gemini-2.0-flash' },
      /^MODEL_FALLBACKS: Google has retired gemini-2\.0-flash \(2026-06-01\); gemini-3\.5-flash-lite takes its place$/,
    ],
    ['and one in the map', { MODEL_MAP: '{"x*":"gemini-9"}' }, /^MODEL_MAP: gemini-9 is not in .* \(x\*\)$/],
    ['faults', { FAULTS: 'cut@2' }, /^FAULTS: upstream is made to fail: cut@2$/],
    ['a key given twice', { API_KEYS: 'a-1,b-2,a-1' }, /^API_KEYS: a key that is there twice is used once$/],
    [
      'a recording with keys',
      { API_KEYS: 'a-1,b-2', RECORD: 'x' },
      /^RECORD: of API_KEYS only the first is used while recording$/,
    ],
  ])('%s', (_name, env, notice) => {
    expect(readConfig({ ...KEY, ...env }, []).notices).toEqual([expect.stringMatching(notice)]);
  });

  test.each([
    ['GEMINI_APIKEY', 'GEMINI_API_KEY'],
    ['gemini_api_key', 'GEMINI_API_KEY'],
    ['GEMNII_API_KEY', 'GEMINI_API_KEY'],
    ['GEMINI_KEY', 'GEMINI_API_KEY'],
    ['APIKEYS', 'API_KEYS'],
    ['BIGMODEL', 'BIG_MODEL'],
    ['BIG_MODELS', 'BIG_MODEL'],
    ['HAIKU_MODEL', 'SMALL_MODEL'],
    ['MODEL_FALLBACK', 'MODEL_FALLBACKS'],
    ['PORTS', 'PORT'],
    ['PROXY_KEY', 'PROXY_API_KEY'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['ALLOWED_HOST', 'ALLOWED_HOSTS'],
    ['STREAM_IDLE_TIMOUT', 'STREAM_IDLE_TIMEOUT'],
    ['GOOGLE_CLOUD_PROJEKT', 'GOOGLE_CLOUD_PROJECT'],
  ])('%s looks like %s, and its value is not told', (name, right) => {
    const { notices } = readConfig({ BACKEND: 'mock', [name]: 'canary-value' }, []);
    expect(notices).toEqual([`${name} is not read by this proxy: did you mean ${right}?`]);
  });

  test('names of the rest of the world are left alone, and so is a slip beside the right name', () => {
    const world = [
      'PATH',
      'HOME',
      'HOSTNAME',
      'TERM',
      'LANG',
      'PWD',
      'SHELL',
      'USER',
      'EDITOR',
      'NODE_ENV',
      'TMPDIR',
      'POST',
      'HTTP_PROXY',
    ];
    const others = [
      'ANTHROPIC_API_KEY',
      'ANTHROPIC_BASE_URL',
      'OPENAI_API_KEY',
      'AWS_REGION',
      'DISPLAY',
      'SSH_AUTH_SOCK',
      'CI',
    ];
    const env = Object.fromEntries([...world, ...others].map((name) => [name, 'x']));
    expect(readConfig({ ...KEY, ...env, GEMINI_APIKEY: 'x' }, []).notices).toEqual([]);
  });

  test('a model that is not retired is left alone', () => {
    expect(readConfig({ ...KEY, BIG_MODEL: 'gemini-3.1-pro-preview' }, [])).toMatchObject({
      modelMap: { big: 'gemini-3.1-pro-preview' },
      notices: [],
    });
  });
});
