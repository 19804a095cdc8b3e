import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import {
  ConfigError,
  envExample,
  readConfig,
  requestedText,
  secretsOf,
  VERSION,
  variablesTable,
} from '../../src/config/config.ts';
import { flagOf } from '../../src/config/texts.ts';
import { VARIABLE_ROWS } from '../../src/config/variables.ts';

const KEY = { GEMINI_API_KEY: 'AIza-canary' };

function refusal(env: Record<string, string>, argv: string[] = []): string {
  try {
    readConfig(env, argv);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'accepted';
}

const VERTEX = { BACKEND: 'vertex', GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_CLOUD_LOCATION: 'global' };

describe('defaults', () => {
  test('with a key: Gemini, on loopback', () => {
    expect(readConfig(KEY, [])).toMatchObject({
      backend: 'gemini',
      apiKeys: ['AIza-canary'],
      host: '127.0.0.1',
      port: 8082,
      modelMap: { big: 'gemini-4-argon', small: 'gemini-4-hydrogen', patterns: [] },
      modelFallbacks: [
        ['gemini-4-argon', 'gemini-4-carbon', 'gemini-4-neon'],
        ['gemini-4-hydrogen'],
        ['gemini-3.8-flash'],
      ],
      keyRpm: undefined,
      keyTpm: undefined,
      redisUrl: undefined,
      maxRetries: 2,
      maxStreamingRetries: 12,
      requestTimeoutMs: 570_000,
      headTimeoutMs: 120_000,
      idleTimeoutMs: 240_000,
      upstreamStreaming: true,
      notices: [],
    });
  });

  test('without a key: the mock, said loudly', () => {
    const config = readConfig({}, []);
    expect(config.backend).toBe('mock');
    expect(config.notices).toEqual([expect.stringContaining('MOCK')]);
  });

  test('an empty variable is an absent one', () => {
    expect(readConfig({ ...KEY, PORT: '', MAX_TOKENS_LIMIT: ' ' }, [])).toMatchObject({
      port: 8082,
      maxTokensLimit: undefined,
    });
  });
});

describe('what is understood', () => {
  test.each<[string, Record<string, string>, object]>([
    ['the first key that is set wins', { API_KEYS: 'a-1,b-2', ...KEY }, { apiKeys: ['a-1', 'b-2'] }],
    ['keys as JSON', { API_KEYS: '["a-1", "b-2"]' }, { apiKeys: ['a-1', 'b-2'] }],
    [
      'GEMINI_API_KEY before GOOGLE_API_KEY',
      { ...KEY, GOOGLE_API_KEY: 'other' },
      { apiKeys: ['AIza-canary'] },
    ],
    ['GOOGLE_API_KEY alone', { GOOGLE_API_KEY: 'other' }, { apiKeys: ['other'], backend: 'gemini' }],
    ['levels in any case', { LOG_LEVEL: 'WARNING' }, { log: { level: 'warning' } }],
    ['booleans as people write them', { FORCE_DISABLE_STREAMING: 'YES' }, { upstreamStreaming: false }],
    ['the other name for it', { EMERGENCY_DISABLE_STREAMING: '1' }, { upstreamStreaming: false }],
    ['fractions of seconds', { REQUEST_TIMEOUT: '1.5' }, { requestTimeoutMs: 1500 }],
    [
      'a model map',
      { MODEL_MAP: '{"claude-x*":"gemini-y"}' },
      { modelMap: { patterns: [['claude-x*', 'gemini-y']] } },
    ],
    [
      'a model map for one kind of request, and an id with a colon',
      { MODEL_MAP: '{"subagent:claude-*":"gemini-y","llama:8b":"gemini-y"}' },
      {
        modelMap: {
          patterns: [
            ['subagent:claude-*', 'gemini-y'],
            ['llama:8b', 'gemini-y'],
          ],
        },
      },
    ],
    [
      'a prefix before a model',
      { BIG_MODEL: 'gemini/gemini-4-neon' },
      { modelMap: { big: 'gemini-4-neon' } },
    ],
    ['allowed hosts', { ALLOWED_HOSTS: 'A.local, b' }, { allowedHosts: ['a.local', 'b'] }],
    [
      'an open bind with a key for clients',
      { ...KEY, HOST: '0.0.0.0', PROXY_API_KEY: 'x' },
      { host: '0.0.0.0' },
    ],
    ['an open bind on purpose', { ...KEY, HOST: '0.0.0.0', ALLOW_OPEN: 'true' }, { host: '0.0.0.0' }],
    ['rates of a key', { KEY_RPM: '5', KEY_TPM: '250000' }, { keyRpm: 5, keyTpm: 250_000 }],
    ...[
      'redis://:secret@host:6379/2',
      'rediss://host',
      'redis+tls://host',
      'valkey://host',
      'redis+unix:///run/redis.sock',
      'redis+tls+unix:///run/redis.sock',
    ].map((url): [string, Record<string, string>, object] => [url, { REDIS_URL: url }, { redisUrl: url }]),
    ['the mock whatever keys there are', { ...KEY, BACKEND: 'Mock' }, { backend: 'mock' }],
  ])('%s', (_name, env, expected) => {
    expect(readConfig(env, [])).toMatchObject(expected);
  });
});

describe('what is refused, in one line that names it', () => {
  test.each<[string, Record<string, string>, string[], RegExp]>([
    ['a bad port', { PORT: 'abc' }, [], /^PORT: expected a whole number from 0 to 65535, got "abc"$/],
    ['a port that is too large', {}, ['--port', '70000'], /^--port: expected a whole number from 0 to 65535/],
    [
      'an unknown backend',
      { BACKEND: 'openai' },
      [],
      /^BACKEND: expected one of gemini, vertex, mock, replay, got/,
    ],
    ['a bad level', { LOG_LEVEL: 'LOUD' }, [], /^LOG_LEVEL: expected one of debug, info/],
    [
      'a boolean that is none',
      { ALLOW_OPEN: 'maybe' },
      [],
      /^ALLOW_OPEN: expected true or false, got "maybe"$/,
    ],
    ['no time at all', { REQUEST_TIMEOUT: '0' }, [], /^REQUEST_TIMEOUT: expected a number above 0/],
    [
      'a model map that is no JSON',
      { MODEL_MAP: 'a=b' },
      [],
      /^MODEL_MAP: expected a JSON object whose values are ids of Gemini models/,
    ],
    ['a model map of numbers', { MODEL_MAP: '{"a":1}' }, [], /^MODEL_MAP: /],
    [
      'a misspelt kind of request',
      { MODEL_MAP: '{"SubAgents:claude-*":"gemini-y"}' },
      [],
      /^MODEL_MAP: "SubAgents:claude-\*" begins with no kind of request; the kinds are main, title/,
    ],
    [
      'a kind of request without an id',
      { MODEL_MAP: '{"title:":"gemini-y"}' },
      [],
      /^MODEL_MAP: "title:" names no id; for all ids write title:\*$/,
    ],
    [
      'a model that is a path',
      { BIG_MODEL: '../x' },
      [],
      /^BIG_MODEL: expected the id of a Gemini model, got/,
    ],
    ['a map to a path', { MODEL_MAP: '{"a":"b/../c?d"}' }, [], /^MODEL_MAP: /],
    [
      'an upstream that is no URL',
      { GOOGLE_GEMINI_BASE_URL: 'gemini' },
      [],
      /^GOOGLE_GEMINI_BASE_URL: .*http/,
    ],
    ['a key with a line break', { GEMINI_API_KEY: 'canary\nkey' }, [], /^GEMINI_API_KEY: expected printable/],
    ['a key in quotation marks', { PROXY_API_KEY: '“canary”' }, [], /^PROXY_API_KEY: expected printable/],
    ['an open bind', { ...KEY, HOST: '0.0.0.0' }, [], /^HOST: 0\.0\.0\.0 .*PROXY_API_KEY/],
    ['no key beyond loopback', { HOST: '0.0.0.0', PROXY_API_KEY: 'x' }, [], /^GEMINI_API_KEY: not set/],
    ['gemini without a key', { BACKEND: 'gemini' }, [], /^BACKEND: gemini needs a key/],
    [
      'vertex without anything',
      { BACKEND: 'vertex' },
      [],
      /^BACKEND: vertex needs GOOGLE_CLOUD_PROJECT \(.*\) and GOOGLE_CLOUD_LOCATION \(.*\); set them$/,
    ],
    [
      'vertex without a place',
      { BACKEND: 'vertex', GOOGLE_CLOUD_PROJECT: 'p' },
      [],
      /^BACKEND: vertex needs GOOGLE_CLOUD_LOCATION \(global, or a region such as us-central1\); set it$/,
    ],
    [
      'vertex with a place that would be another host',
      { ...VERTEX, GOOGLE_CLOUD_LOCATION: 'evil.example/' },
      [],
      /^GOOGLE_CLOUD_LOCATION: expected global/,
    ],
    [
      'vertex with a project that would be another path',
      { ...VERTEX, GOOGLE_CLOUD_PROJECT: 'p/../q' },
      [],
      /^GOOGLE_CLOUD_PROJECT: expected the id/,
    ],
    [
      'vertex with credentials that are not there',
      { ...VERTEX, GOOGLE_APPLICATION_CREDENTIALS: '/nowhere.json' },
      [],
      /^GOOGLE_APPLICATION_CREDENTIALS: "\/nowhere.json" is not there; name the JSON file/,
    ],
    [
      'vertex with a file that holds no credentials',
      { ...VERTEX, GOOGLE_APPLICATION_CREDENTIALS: import.meta.path },
      [],
      /^GOOGLE_APPLICATION_CREDENTIALS: ".*" holds no credentials; name the JSON file/,
    ],
    ['a replay of nothing', { BACKEND: 'replay' }, [], /^BACKEND: replay needs a recording; set REPLAY/],
    [
      'a speed that is none',
      { BACKEND: 'replay', REPLAY: 'x', REPLAY_SPEED: 'fast' },
      [],
      /^REPLAY_SPEED: expected instant, real, x<.*got "fast"/,
    ],
    [
      'recording what is missing without a key',
      { BACKEND: 'replay', REPLAY: 'x', REPLAY_ON_MISS: 'record' },
      [],
      /^REPLAY_ON_MISS: record needs a key; set GEMINI_API_KEY$/,
    ],
    [
      'recording what is missing under CI',
      { BACKEND: 'replay', REPLAY: 'x', REPLAY_ON_MISS: 'record', GEMINI_API_KEY: 'a-key', CI: 'true' },
      [],
      /^REPLAY_ON_MISS: record: CI is set, .* unset CI$/,
    ],
    ['a fault that is none', { FAULTS: 'cutt@2' }, [], /^FAULTS: "cutt@2": .*did you mean cut\?$/],
    [
      'a fault of a key that is not there',
      { FAULTS: 'cut:key=2', API_KEYS: 'a,a' },
      [],
      /^FAULTS: "cut:key=2": there is no key number 2; API_KEYS has 1$/,
    ],
    ['a fault over two lines', { FAULTS: 'cut\nbyte=x' }, [], /^FAULTS: "cut byte=x": byte: expected bytes/],
    [
      'a fallback that is a path',
      { MODEL_FALLBACKS: 'gemini-4-argon>../x' },
      [],
      /^MODEL_FALLBACKS: "\.\.\/x" is no id of a Gemini model$/,
    ],
    [
      'a fallback that is there twice',
      { MODEL_FALLBACKS: 'gemini-4-argon>gemini/gemini-4-argon' },
      [],
      /^MODEL_FALLBACKS: gemini-4-argon is there twice$/,
    ],
    [
      'a group without a model',
      { MODEL_FALLBACKS: 'gemini-4-argon>>gemini-4-neon' },
      [],
      /^MODEL_FALLBACKS: a group without a model/,
    ],
    [
      'a fallback over two lines',
      { MODEL_FALLBACKS: 'a\nb' },
      [],
      /^MODEL_FALLBACKS: "a\\nb" is no id of a Gemini model$/,
    ],
    ['no requests at all', { KEY_RPM: '0' }, [], /^KEY_RPM: expected a whole number from 1, got "0"$/],
    ['half a token', { KEY_TPM: '0.5' }, [], /^KEY_TPM: expected a whole number from 1, got "0\.5"$/],
    [
      'a Redis that is no URL',
      { REDIS_URL: 'localhost:6379' },
      [],
      /^REDIS_URL: expected a URL such as redis:\/\/host:6379, .* of a socket$/,
    ],
    ['a Redis over HTTP', { REDIS_URL: 'http://h' }, [], /^REDIS_URL: expected a URL such as redis:/],
    ['recording under CI', { RECORD: 'x', CI: 'true' }, [], /^RECORD: CI is set, .* unset CI$/],
    ['recording under CI, as a number', { RECORD: 'x', CI: '1' }, [], /^RECORD: CI is set, .* unset CI$/],
    [
      'recording a replay over itself',
      { RECORD: 'x', BACKEND: 'replay', REPLAY: './x' },
      [],
      /^RECORD: is the recording that is played; give the new one another name$/,
    ],
    [
      'recording a replay, and what is missing in it',
      { RECORD: 'x', BACKEND: 'replay', REPLAY: 'y', REPLAY_ON_MISS: 'record', GEMINI_API_KEY: 'a-key' },
      [],
      /^REPLAY_ON_MISS: record adds to the recording that is played/,
    ],
  ])('%s', (_name, env, argv, message) => {
    const said = refusal(env, argv);
    expect(said).toMatch(message);
    expect(said).not.toContain('\n');
  });

  test('a secret is not shown, even where it is wrong', () => {
    expect(refusal({ API_KEYS: '["canary", 1]' })).toMatch(/^API_KEYS: expected keys of printable ASCII/);
    expect(refusal({ API_KEYS: '["canary", 1]' })).not.toContain('canary');
    expect(refusal({ REDIS_URL: 'redis//:canary@h' })).toMatch(/^REDIS_URL: expected (?!.*canary)/);
    for (const url of ['redis://h/canary', 'redis://me:12/canary@h', 'redis://:canary%ff@h'])
      expect(refusal({ REDIS_URL: url })).toMatch(/^REDIS_URL: cannot be read(?!.*canary)/);
  });
});

test('CI=false is no CI', () => {
  expect(readConfig({ RECORD: 'x', CI: 'false' }, []).record).toBeDefined();
});

describe('texts', () => {
  test('--help lists every flag, --version the version; neither asks for a valid configuration', () => {
    const help = requestedText(['--help', '--port', 'x']) ?? '';
    for (const [name] of VARIABLE_ROWS) expect(help).toContain(`--${flagOf(name)} `);
    expect(requestedText(['--version'])).toBe(`${VERSION}\n`);
    expect(requestedText([])).toBeUndefined();
  });

  test('.env.example is current (`bun run docs` writes it)', async () => {
    expect(await Bun.file(join(import.meta.dir, '../../.env.example')).text()).toBe(envExample());
  });

  test('.env.example as it stands changes nothing', () => {
    const set = envExample()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(set).toEqual([]);
  });

  test('the table names every variable', () => {
    for (const [name] of VARIABLE_ROWS)
      expect(variablesTable()).toMatch(new RegExp(`^\\|.* ?\`${name}\`(,| \\|)`, 'm'));
  });

  test('every secret is known to the log', () => {
    expect(secretsOf(readConfig({ API_KEYS: 'a-1,b-2', PROXY_API_KEY: 'c-3' }, []))).toEqual([
      'a-1',
      'b-2',
      'c-3',
    ]);
  });

  test('the password of Redis is a secret, in either writing; a URL without one is none', () => {
    const secrets = secretsOf(readConfig({ REDIS_URL: 'redis://u:p%40ss@h:1' }, []));
    expect(secrets).toEqual(['redis://u:p%40ss@h:1', 'p%40ss', 'p@ss']);
    expect(secretsOf(readConfig({ REDIS_URL: 'redis://h:1' }, []))).toEqual([]);
  });

  test('a key that is set and not used is a secret all the same', () => {
    const env = { API_KEYS: 'a-1', GEMINI_API_KEY: 'a-1', GOOGLE_API_KEY: 'b-2' };
    expect(secretsOf(readConfig(env, []))).toEqual(['a-1', 'b-2']);
  });
});

describe('REDACT', () => {
  const sources = (REDACT: string) =>
    readConfig({ BACKEND: 'mock', REDACT }, []).redact.map(({ source }) => source);

  test.each([
    ['one', 'ACME-\\d+', ['ACME-\\d+']],
    ['several', 'ACME-\\d+, (?i)secret ,x', ['ACME-\\d+', '(?i)secret', 'x']],
    ['with commas of their own', '[,;]a,b{2,3},(c,d),e\\,f', ['[,;]a', 'b{2,3}', '(c,d)', 'e\\,f']],
    ['a JSON array', '["a,b","c"]', ['a,b', 'c']],
    ['a class in front', '[A-Z]{3}-\\d+', ['[A-Z]{3}-\\d+']],
    ['none', '', []],
  ])('%s', (_name, text, expected) => {
    expect(sources(text)).toEqual(expected);
  });

  test.each(['(', 'a*', '(?<=a)b', '["("]'])('%s is refused at start, in one line', (text) => {
    expect(() => sources(text)).toThrow(/^REDACT: .*cannot be read: [^\n]+$/);
  });
});
