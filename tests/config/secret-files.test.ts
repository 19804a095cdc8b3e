import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, readConfig, secretsOf } from '../../src/config/config.ts';
import { FILE_NAMES } from '../../src/config/secret-files.ts';
import { VARIABLE_ROWS } from '../../src/config/variables.ts';

const folder = mkdtempSync(join(tmpdir(), 'secret-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function fileWith(text: string): string {
  const path = join(folder, `secret-${++count}`);
  writeFileSync(path, text);
  return path;
}

function refusal(env: Record<string, string>, argv: readonly string[] = []): string {
  try {
    readConfig(env, argv);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'accepted';
}

test('every secret can stand in a file', () => {
  const secrets = VARIABLE_ROWS.flatMap(([name, { secret }]) => (secret === true ? [`${name}_FILE`] : []));
  expect([...FILE_NAMES].map(String).sort()).toEqual(secrets.sort());
});

describe('what is read', () => {
  test.each<[string, string, string, object]>([
    ['a key', 'GEMINI_API_KEY', 'canary-1', { apiKeys: ['canary-1'], backend: 'gemini' }],
    ['with an end of line', 'GEMINI_API_KEY', 'canary-1\r\n', { apiKeys: ['canary-1'] }],
    ['with a byte-order mark', 'GEMINI_API_KEY', '\uFEFFcanary-1', { apiKeys: ['canary-1'] }],
    ['the other name', 'GOOGLE_API_KEY', 'canary-1', { apiKeys: ['canary-1'] }],
    ['keys line by line', 'API_KEYS', 'canary-1\ncanary-2\n', { apiKeys: ['canary-1', 'canary-2'] }],
    ['keys line by line of Windows', 'API_KEYS', 'a-1\r\nb-2\r\n', { apiKeys: ['a-1', 'b-2'] }],
    ['keys as JSON', 'API_KEYS', '[\n"a-1",\n"b-2"\n]\n', { apiKeys: ['a-1', 'b-2'] }],
    ["the clients' key", 'PROXY_API_KEY', 'canary-1\n', { proxyApiKey: 'canary-1' }],
    ['Redis', 'REDIS_URL', 'redis://:canary@h\n', { redisUrl: 'redis://:canary@h' }],
  ])('%s', (_name, variable, text, expected) => {
    const path = fileWith(text);
    const config = readConfig({ [`${variable}_FILE`]: path }, []);
    expect(config).toMatchObject({ ...expected, watchedFiles: [path] });
    expect(secretsOf(config).length).toBeGreaterThan(0);
  });

  test('a flag names the file', () => {
    expect(readConfig({}, ['--gemini-api-key-file', fileWith('canary-1')]).apiKeys).toEqual(['canary-1']);
  });

  test('API_KEYS_FILE goes before GEMINI_API_KEY, as API_KEYS does', () => {
    const config = readConfig({ API_KEYS_FILE: fileWith('a-1'), GEMINI_API_KEY: 'b-2' }, []);
    expect([config.apiKeys, config.spareKeys]).toEqual([['a-1'], ['b-2']]);
  });

  test('an empty variable names no file, and an empty secret beside the file is none', () => {
    expect(readConfig({ GEMINI_API_KEY_FILE: ' ', GEMINI_API_KEY: 'a-1' }, []).apiKeys).toEqual(['a-1']);
    expect(readConfig({ GEMINI_API_KEY_FILE: fileWith('a-1'), GEMINI_API_KEY: '' }, []).apiKeys).toEqual([
      'a-1',
    ]);
  });
});

describe('what is refused, in one line that names the setting and shows no secret', () => {
  const path = (name: string) => join(folder, name);
  test.each<[string, Record<string, string>, readonly string[], RegExp]>([
    [
      'no such file',
      { GEMINI_API_KEY_FILE: path('gone') },
      [],
      /^GEMINI_API_KEY_FILE: ".*gone" cannot be read: there is no such file/,
    ],
    [
      'a folder',
      { PROXY_API_KEY_FILE: folder },
      [],
      /^PROXY_API_KEY_FILE: .* cannot be read: a folder is there/,
    ],
    [
      'a path with a line end',
      { API_KEYS_FILE: `${path('a')}\nb` },
      [],
      /^API_KEYS_FILE: ".*a\\nb" cannot be read/,
    ],
    ['an empty file', { GEMINI_API_KEY_FILE: fileWith(' \n') }, [], /^GEMINI_API_KEY_FILE: ".*" is empty; /],
    [
      'no key at all',
      { GEMINI_API_KEY_FILE: fileWith('canary 1') },
      [],
      /^GEMINI_API_KEY_FILE: expected printable ASCII without spaces$/,
    ],
    [
      'the secret in place of its path',
      { GEMINI_API_KEY_FILE: 'canary-1' },
      [],
      /^GEMINI_API_KEY_FILE: the file cannot be read: there is no such file; .* not the secret itself$/,
    ],
    [
      'a URL in place of its path',
      { REDIS_URL_FILE: 'redis://:canary@h' },
      [],
      /^REDIS_URL_FILE: the file cannot be read/,
    ],
    [
      'both',
      { GEMINI_API_KEY: 'canary-1', GEMINI_API_KEY_FILE: fileWith('canary-2') },
      [],
      /^GEMINI_API_KEY_FILE: GEMINI_API_KEY is set as well; leave out one of the two$/,
    ],
    [
      'both, one as a flag',
      { PROXY_API_KEY_FILE: fileWith('canary-2') },
      ['--proxy-api-key', 'canary-1'],
      /^PROXY_API_KEY_FILE: --proxy-api-key is set as well/,
    ],
  ])('%s', (_name, env, argv, message) => {
    const said = refusal(env, argv);
    expect(said).toMatch(message);
    expect(said).not.toContain('\n');
    expect(said).not.toContain('canary');
  });
});
