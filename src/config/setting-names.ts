/** All settings by the names of their variables; and which of them two proxies have otherwise. */
import { shortHash } from '../lib/hash.ts';
import { canonicalJson } from '../lib/json.ts';
import type { Config } from './config.ts';

/** Settings that a proxy takes over while it serves. */
export const RELOADED = {
  apiKeys: 'API_KEYS, GEMINI_API_KEY, GOOGLE_API_KEY',
  spareKeys: 'API_KEYS, GEMINI_API_KEY, GOOGLE_API_KEY',
  modelMap: 'BIG_MODEL, SMALL_MODEL, MODEL_MAP',
  models: 'MODELS_FILE',
  modelFallbacks: 'MODEL_FALLBACKS',
  keyRpm: 'KEY_RPM',
  keyTpm: 'KEY_TPM',
  clients: 'CLIENT_KEYS',
  clientSecrets: 'CLIENT_KEYS',
  dailyBudget: 'DAILY_BUDGET_USD',
} as const satisfies Partial<Record<keyof Config, string>>;

/** Settings that need a restart. */
export const NEEDS_RESTART = {
  backend: 'BACKEND',
  vertex: 'GOOGLE_CLOUD_PROJECT, GOOGLE_CLOUD_LOCATION, GOOGLE_APPLICATION_CREDENTIALS',
  baseUrl: 'GOOGLE_GEMINI_BASE_URL',
  httpProxies: 'HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY',
  host: 'HOST',
  port: 'PORT',
  proxyApiKey: 'PROXY_API_KEY',
  allowedHosts: 'ALLOWED_HOSTS',
  corsOrigins: 'CORS_ORIGINS',
  responseHeaders: 'RESPONSE_HEADERS',
  log: 'LOG_LEVEL, LOG_FORMAT',
  maxTokensLimit: 'MAX_TOKENS_LIMIT',
  requestTimeoutMs: 'REQUEST_TIMEOUT',
  headTimeoutMs: 'HEAD_TIMEOUT',
  idleTimeoutMs: 'STREAM_IDLE_TIMEOUT',
  maxRetries: 'MAX_RETRIES',
  maxStreamingRetries: 'MAX_STREAMING_RETRIES',
  streamsMax: 'STREAMS_MAX',
  workers: 'WORKERS',
  urlFetch: 'URL_FETCH',
  autoModeClassifier: 'AUTO_MODE_CLASSIFIER',
  words: 'GUIDANCE, IDENTITY',
  localAnswers: 'LOCAL_ANSWERS',
  cacheControl: 'CACHE_CONTROL',
  batches: 'BATCH_CONCURRENCY, BATCHES_TOTAL_MB',
  files: 'FILE_MAX_MB, FILES_TOTAL_MB, FILES_MAX, FILES_MAX_DAYS',
  upstreamStreaming: 'FORCE_DISABLE_STREAMING, EMERGENCY_DISABLE_STREAMING',
  mock: 'MOCK_PACE, MOCK_SCENARIO, MOCK_SEED, MOCK_STRICT, SCENARIOS',
  record: 'RECORD',
  redact: 'REDACT',
  replay: 'REPLAY, REPLAY_SPEED, REPLAY_MATCH, REPLAY_ON_MISS, REPLAY_REPEAT',
  faults: 'FAULTS',
  inspector: 'INSPECTOR, INSPECTOR_MEMORY',
  redisUrl: 'REDIS_URL',
  dataDir: 'DATA_DIR',
  telemetry: 'OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME',
} as const satisfies Record<
  Exclude<keyof Config, keyof typeof RELOADED | 'watchedFiles' | 'notices'>,
  string
>;

type Setting = keyof typeof NEEDS_RESTART | keyof typeof RELOADED;

const isFixed = (name: string): name is keyof typeof NEEDS_RESTART => name in NEEDS_RESTART;

/** The variables of the settings that need a restart, and that are not as they were. */
export function changedBeyondReload(before: Config, next: Config): string[] {
  const differs = (name: keyof typeof NEEDS_RESTART) =>
    canonicalJson(before[name]) !== canonicalJson(next[name]);
  return Object.keys(NEEDS_RESTART)
    .filter(isFixed)
    .filter(differs)
    .map((name) => NEEDS_RESTART[name]);
}

/** A URL without name and password, and without its query, in which gateways take keys. It may be badly written. */
export const withoutSecrets = (url: string): string =>
  url.replace(/^(\w+:\/\/)?.*@/, '$1').replace(/\?.*$/, '');

/**
 * What two proxies are compared by. Of a secret no digest is made: a password may be short enough to be guessed from
 * its digest. Another PROXY_API_KEY shows by itself, as a 401.
 */
function comparable(config: Config) {
  const { apiKeys, clients, baseUrl, vertex, httpProxies, redisUrl, proxyApiKey, replay, telemetry } = config;
  const {
    spareKeys: _unused,
    clientSecrets: _secrets,
    watchedFiles: _files,
    notices: _notices,
    ...rest
  } = config;
  return {
    ...rest,
    // As long as the fingerprint that is told of each key anyhow.
    apiKeys: apiKeys.map((key) => shortHash(key, 6)),
    vertex: vertex && { ...vertex, secrets: undefined },
    baseUrl: baseUrl && withoutSecrets(baseUrl),
    httpProxies: Object.entries(httpProxies).map(([name, url]) => [name, withoutSecrets(url)]),
    redisUrl: redisUrl && withoutSecrets(redisUrl),
    proxyApiKey: proxyApiKey !== undefined,
    telemetry: telemetry && {
      service: telemetry.service,
      endpoint: withoutSecrets(telemetry.endpoint),
      headers: Object.keys(telemetry.headers),
    },
    clients: clients.map(({ name, limits }) => ({ name, limits })),
    replay: replay && { ...replay, pace: replay.pace(1_000) },
    // Whoever compares has found the proxy at this port.
    port: undefined,
  } satisfies Record<Exclude<Setting, 'spareKeys' | 'clientSecrets'>, unknown>;
}

/** The digest of a setting, by the names of its variables. */
export type SettingDigests = Readonly<Record<string, string>>;

const DIGEST_LENGTH = 12;

export function settingDigests(config: Config): SettingDigests {
  const names: Readonly<Record<string, string>> = { ...RELOADED, ...NEEDS_RESTART };
  const digests = Object.entries(comparable(config)).map(([field, value]) => [
    names[field],
    shortHash(canonicalJson(value), DIGEST_LENGTH),
  ]);
  return Object.fromEntries(digests);
}

/** The variables of the settings that another proxy, which told its digests, has otherwise. */
export const differing = (ours: SettingDigests, told: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(ours).filter((names) => ours[names] !== told[names]);
