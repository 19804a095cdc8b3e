/** A row of the table of variables that nobody reads would compile, and be in the docs. */
import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, readConfig } from '../../src/config/config.ts';
import { changedBeyondReload, differing, settingDigests } from '../../src/config/setting-names.ts';
import { VARIABLE_ROWS, type VariableName } from '../../src/config/variables.ts';
import { canonicalJson } from '../../src/lib/json.ts';

const folder = mkdtempSync(join(tmpdir(), 'every-setting-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

type Sample = {
  value: string /** What must be set for the variable to matter. */;
  beside?: Record<string, string>;
};

/** A value other than the default. */
const VERTEX = { BACKEND: 'vertex', GOOGLE_CLOUD_PROJECT: 'one', GOOGLE_CLOUD_LOCATION: 'us-central1' };

const COLLECTOR = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

const SAMPLES = {
  API_KEYS: { value: 'AIza-a,AIza-b' },
  API_KEYS_FILE: { value: fileOf('keys', 'AIza-a\nAIza-b\n') },
  GEMINI_API_KEY: { value: 'AIza-a' },
  GEMINI_API_KEY_FILE: { value: fileOf('gemini', 'AIza-a') },
  GOOGLE_API_KEY: { value: 'AIza-a' },
  GOOGLE_API_KEY_FILE: { value: fileOf('google', 'AIza-a') },
  BACKEND: { value: 'mock', beside: { GEMINI_API_KEY: 'AIza-a' } },
  GOOGLE_GEMINI_BASE_URL: { value: 'http://127.0.0.1:1' },
  KEY_RPM: { value: '7' },
  KEY_TPM: { value: '7' },
  BIG_MODEL: { value: 'gemini-3.8-flash' },
  SMALL_MODEL: { value: 'gemini-3.8-flash' },
  MODEL_MAP: { value: '{"x":"gemini-3.8-flash"}' },
  MODEL_FALLBACKS: { value: 'none' },
  MODELS_FILE: { value: fileOf('models.yaml', '- { id: gemini-4-neon, outputTokens: 7 }') },
  MAX_TOKENS_LIMIT: { value: '7' },
  AUTO_MODE_CLASSIFIER: { value: 'true' },
  URL_FETCH: { value: 'off' },
  GUIDANCE: { value: 'auto' },
  IDENTITY: { value: 'true' },
  LOCAL_ANSWERS: { value: 'true' },
  CACHE_CONTROL: { value: 'explicit' },
  HOST: { value: 'localhost' },
  PORT: { value: '7' },
  PROXY_API_KEY: { value: 'between-us' },
  PROXY_API_KEY_FILE: { value: fileOf('proxy', 'between-us') },
  CLIENT_KEYS: { value: '{"alice":"alices-own-key-0123"}' },
  CLIENT_KEYS_FILE: { value: fileOf('clients', '{"alice":"alices-own-key-0123"}') },
  // Without it this address is refused.
  ALLOW_OPEN: { value: 'true', beside: { HOST: '0.0.0.0', BACKEND: 'mock' } },
  ALLOWED_HOSTS: { value: 'proxy.example' },
  CORS_ORIGINS: { value: 'https://app.example' },
  DAILY_BUDGET_USD: { value: '7' },
  RESPONSE_HEADERS: { value: 'false' },
  REQUEST_TIMEOUT: { value: '7' },
  HEAD_TIMEOUT: { value: '7' },
  STREAM_IDLE_TIMEOUT: { value: '7' },
  MAX_RETRIES: { value: '7' },
  MAX_STREAMING_RETRIES: { value: '7' },
  STREAMS_MAX: { value: '7' },
  BATCH_CONCURRENCY: { value: '7' },
  BATCHES_TOTAL_MB: { value: '7' },
  FILE_MAX_MB: { value: '7' },
  FILES_TOTAL_MB: { value: '7' },
  FILES_MAX: { value: '7' },
  FILES_MAX_DAYS: { value: '7' },
  WORKERS: { value: '7' },
  FORCE_DISABLE_STREAMING: { value: 'true' },
  EMERGENCY_DISABLE_STREAMING: { value: 'true' },
  INSPECTOR: { value: 'false' },
  INSPECTOR_MEMORY: { value: '7' },
  MOCK_PACE: { value: 'human' },
  MOCK_SCENARIO: { value: 'tour' },
  MOCK_SEED: { value: '7' },
  MOCK_STRICT: { value: 'true' },
  SCENARIOS: { value: join(import.meta.dir, '../../fixtures/scenarios') },
  RECORD: { value: join(folder, 'record') },
  REDACT: { value: 'ACME-\\d+' },
  REPLAY: { value: join(folder, 'a'), beside: { BACKEND: 'replay', REPLAY: join(folder, 'b') } },
  REPLAY_MATCH: { value: 'loose', beside: { BACKEND: 'replay', REPLAY: folder } },
  REPLAY_ON_MISS: { value: 'mock', beside: { BACKEND: 'replay', REPLAY: folder } },
  REPLAY_REPEAT: { value: 'true', beside: { BACKEND: 'replay', REPLAY: folder } },
  REPLAY_SPEED: { value: 'x2', beside: { BACKEND: 'replay', REPLAY: folder } },
  FAULTS: { value: 'cut@2:frame=3' },
  LOG_LEVEL: { value: 'debug' },
  LOG_FORMAT: { value: 'json' },
  REDIS_URL: { value: 'redis://127.0.0.1:1' },
  REDIS_URL_FILE: { value: fileOf('redis', 'redis://127.0.0.1:1') },
  OTEL_EXPORTER_OTLP_ENDPOINT: { value: 'http://127.0.0.1:1' },
  OTEL_EXPORTER_OTLP_HEADERS: { value: 'authorization=Bearer%20x', beside: COLLECTOR },
  OTEL_EXPORTER_OTLP_HEADERS_FILE: {
    value: fileOf('headers', 'authorization=Bearer%20x'),
    beside: COLLECTOR,
  },
  OTEL_SERVICE_NAME: { value: 'other', beside: COLLECTOR },
  DATA_DIR: { value: folder },
  GOOGLE_CLOUD_PROJECT: { value: 'other', beside: VERTEX },
  GOOGLE_CLOUD_LOCATION: { value: 'global', beside: VERTEX },
  GOOGLE_APPLICATION_CREDENTIALS: {
    value: fileOf('credentials.json', '{"type":"authorized_user"}'),
    beside: VERTEX,
  },
} satisfies Record<VariableName, Sample>;

/** The settings without the names of files; or why they are refused. */
function read(env: Record<string, string>): string {
  try {
    const { watchedFiles: _, notices: __, replay, ...config } = readConfig(env, []);
    return canonicalJson({ ...config, replay: replay && { ...replay, pace: replay.pace(1_000) } });
  } catch (error) {
    return String(error);
  }
}

test.each(VARIABLE_ROWS.map(([name]) => name))('%s changes what is read', (name) => {
  const { value, beside = {} }: Sample = SAMPLES[name];
  const after = read({ ...beside, [name]: value });
  expect(after).toStartWith('{');
  expect(after).not.toBe(read(beside));
});

/** The doctor finds the proxy by its port; ALLOW_OPEN only lets other settings be. */
const NOT_COMPARED: readonly string[] = ['PORT', 'ALLOW_OPEN'];

test.each(VARIABLE_ROWS.map(([name]) => name).filter((name) => !NOT_COMPARED.includes(name)))(
  'that a proxy has another %s is seen by its digest',
  (name) => {
    const { value, beside = {} }: Sample = SAMPLES[name];
    const digests = (env: Record<string, string>) => settingDigests(readConfig(env, []));
    const found = differing(digests(beside), digests({ ...beside, [name]: value }));
    expect(found.join()).toContain(name.replace(/_FILE$/, ''));
  },
);

test('no digest changes with a password alone', () => {
  const digests = (secret: string) =>
    settingDigests(
      readConfig(
        {
          PROXY_API_KEY: secret,
          REDIS_URL: `redis://me:${secret}@127.0.0.1:1/2`,
          GOOGLE_GEMINI_BASE_URL: `http://me:${secret}@127.0.0.1:1`,
          HTTPS_PROXY: `http://me:${secret}@127.0.0.1:1`,
          http_proxy: `me:${secret}@127.0.0.1:1`,
        },
        ['--backend', 'mock'],
      ),
    );
  expect(differing(digests('hush-hush'), digests('other-one'))).toEqual([]);
});

test.each([
  ['HTTPS_PROXY', 'http://a.example:1', 'http://b.example:1'],
  ['https_proxy', 'a.example:1', 'a.example:2'],
  ['NO_PROXY', 'localhost', 'localhost,.example'],
])('another %s needs a restart, and is seen', (name, one, other) => {
  const [before, next] = [readConfig({ [name]: one }, []), readConfig({ [name]: other }, [])];
  const names = ['HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY'];
  expect(changedBeyondReload(before, next)).toEqual(names);
  expect(differing(settingDigests(before), settingDigests(next))).toEqual(names);
});

const SRC = join(import.meta.dir, '../../src');
/** Where settings are used. */
const USERS = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts') && !path.startsWith('config/'))
  .map((path) => readFileSync(join(SRC, path), 'utf8'));

/** `config.field`, or the field in a pattern for a Config. */
const useOf = (field: string): RegExp =>
  new RegExp(
    `\\b[cC]onfig\\??\\.${field}\\b|\\{[^{};]*\\b${field}\\b[^{};]*\\}(?:: (?:Config|Pick<Config)\\b| = (?:\\w+\\.|this\\.#)*config\\b)|config: \\{[^{}]*\\b${field}\\b`,
  );

/** `secretsOf` of the same file hides these. */
const OF_CONFIG: readonly string[] = ['spareKeys'];

test.each(
  (Object.keys(readConfig({}, [])) as (keyof Config)[]).filter((field) => !OF_CONFIG.includes(field)),
)('%s is used by somebody', (field) => {
  expect(USERS.some((text) => useOf(field).test(text))).toBe(true);
});
