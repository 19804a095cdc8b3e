/**
 * Makes one typed and checked configuration from the environment and the flags. Every error is one line that names the
 * setting.
 */

import packageJson from '../../package.json' with { type: 'json' };
import { redisAddress } from '../cluster/redis-address.ts';
import type { FileLimits } from '../files/file-record.ts';
import type { ModelTable } from '../gemini/models.ts';
import { onVertex } from '../gemini/vertex.ts';
import { isLoopback } from '../http/access.ts';
import { ANY_ORIGIN } from '../http/cors.ts';
import type { LinearPattern } from '../lib/linear-pattern.ts';
import type { LogFormat, LogLevel } from '../lib/log.ts';
import { allSecrets, passwordsIn } from '../lib/secrets.ts';
import type { ClientKey } from '../limits/client-key.ts';
import { checkKeys, FaultError, type FaultRule, parseFaults } from '../sim/faults/index.ts';
import type { ModelMap } from '../translate/model-map.ts';
import type { OwnWords } from '../translate/own-words.ts';
import { readClientKeys } from './access/client-keys.ts';
import { readBaseUrl } from './base-url.ts';
import { cachingNotices } from './caching.ts';
import { parseFlags } from './command-line/flags.ts';
import type { Environment } from './env-files.ts';
import { type ModelFallbacks, readModelFallbacks, readModelMap, readModels } from './model-settings.ts';
import { nearMisses } from './near-misses.ts';
import { type MockSettings, readMock } from './practice/mock.ts';
import { usualDataDir } from './program.ts';
import { ConfigError, readValue, unquoted } from './read-value.ts';
import { FILE_NAMES, type GivenText, secretInFile } from './secret-files.ts';
import { readRecord } from './taping/record.ts';
import { readRedactPatterns } from './taping/redact-patterns.ts';
import { type ReplaySettings, readReplay } from './taping/replay.ts';
import { readTelemetry, type Telemetry, telemetrySecrets } from './telemetry.ts';
import { flagOf, helpText } from './texts.ts';
import { VARIABLE_ROWS, type Values, type VariableName } from './variables.ts';
import { readVertex, type VertexSettings } from './vertex.ts';
import { readWorkers } from './workers.ts';

export { ConfigError } from './read-value.ts';
export { envExample, variablesTable } from './texts.ts';

export const VERSION: string = packageJson.version;
/** `isPublished`: whether what npm's registry has under this name is ours. */
export const PACKAGE = { name: packageJson.name, version: VERSION, isPublished: !packageJson.private };
export const SDK_VERSION: string = packageJson.dependencies['@google/genai'];

/** Times are milliseconds. */
export type Config = {
  backend: 'gemini' | 'vertex' | 'mock' | 'replay';
  /** Undefined unless `backend` is `vertex`. */
  vertex: VertexSettings | undefined;
  /** The keys of Gemini; empty for the mock. */
  apiKeys: readonly string[];
  /** Keys that are set but not used. They are secrets, too. */
  spareKeys: readonly string[];
  baseUrl: string | undefined;
  /** The HTTP proxies for requests to upstream, and the hosts that need none, by the variables that name them. */
  httpProxies: Readonly<Record<string, string>>;
  modelMap: ModelMap;
  /** What is known of models, with the rows of `MODELS_FILE`. */
  models: ModelTable;
  /** The groups of fallback models; empty where there are none. */
  modelFallbacks: ModelFallbacks;
  /** The most requests and tokens a minute, for each key. */
  keyRpm: number | undefined;
  keyTpm: number | undefined;
  host: string;
  port: number;
  proxyApiKey: string | undefined;
  /** The clients that have keys of their own. */
  clients: readonly ClientKey[];
  /** Those of their keys that are written out. */
  clientSecrets: readonly string[];
  /** The dollars that may be spent in a day (UTC). */
  dailyBudget: number | undefined;
  /** True where answers tell in headers which model has answered, and what was changed. */
  responseHeaders: boolean;
  allowedHosts: readonly string[];
  corsOrigins: readonly string[];
  log: { level: LogLevel; format: LogFormat | undefined };
  maxTokensLimit: number | undefined;
  requestTimeoutMs: number;
  headTimeoutMs: number;
  idleTimeoutMs: number;
  /** The most retries after the first attempt. */
  maxRetries: number;
  maxStreamingRetries: number;
  streamsMax: number;
  /** How many processes serve. */
  workers: number;
  upstreamStreaming: boolean;
  /** Who may read media that a request names by URL. */
  urlFetch: { google: boolean; proxy: boolean };
  /** Batches: how many of their requests run at once, and what all of them may take. */
  batches: { atOnce: number; totalBytes: number };
  /** Bounds on the files that clients upload. */
  files: FileLimits;
  /** True where a model judges the actions of Claude Code's auto mode. */
  autoModeClassifier: boolean;
  /** What is added to Claude Code's system prompt. */
  words: OwnWords;
  /** True where small requests of Claude Code that need no model are answered here. */
  localAnswers: boolean;
  /** `explicit`: Google is asked to keep the beginnings of prompts that the client marks. */
  cacheControl: 'implicit' | 'explicit';
  mock: MockSettings;
  /** The folder in which requests are recorded. */
  record: string | undefined;
  /** Patterns of texts that recordings must not contain, in addition to secrets. */
  redact: readonly LinearPattern[];
  /** Which recording to play, and how; undefined unless `backend` is `replay`. */
  replay: ReplaySettings | undefined;
  /** The faults that upstream is given on purpose; usually none. */
  faults: readonly FaultRule[];
  /** What the inspector may keep; undefined where it is off. */
  inspector: { bytes: number } | undefined;
  /** The address of Redis. It may contain a password. */
  redisUrl: string | undefined;
  dataDir: string;
  /** Where traces of requests go; undefined where nobody wants them. */
  telemetry: Telemetry | undefined;
  /** The files that settings were read from, besides `.env`: of secrets, and `MODELS_FILE`. */
  watchedFiles: readonly string[];
  /** Remarks for the operator on how the settings were understood. They are logged at the start. */
  notices: readonly string[];
};

/** What `fetch` goes by, also where the name is written in lower case. */
export const HTTP_PROXIES = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'];

const readHttpProxies = (env: Environment): Record<string, string> =>
  Object.fromEntries(
    HTTP_PROXIES.flatMap((name) => {
      const value = env[name.toLowerCase()] || env[name];
      return value ? [[name, value]] : [];
    }),
  );

/** The text for `--help` or `--version`; undefined where neither flag is given. */
export function requestedText(argv: readonly string[]): string | undefined {
  const flags = parseFlags(argv);
  if (flags['help']) return helpText(VERSION);
  return flags['version'] ? `${VERSION}\n` : undefined;
}

type Given = { values: Values; isFlag(name: string): boolean; isGiven(name: VariableName): boolean };

function readValues(env: Environment, argv: readonly string[]): Given {
  const flags = parseFlags(argv);
  const isFlag = (name: string) => flags[flagOf(name)] !== undefined;
  const isGiven = (name: VariableName) => isFlag(name) || env[name] !== undefined;
  const givenAs = (name: VariableName): GivenText | undefined => {
    const given = isFlag(name) ? String(flags[flagOf(name)]) : env[name];
    if (given === undefined) return undefined;
    return { source: isFlag(name) ? `--${flagOf(name)}` : name, text: unquoted(given) };
  };
  const read = ([name, row]: (typeof VARIABLE_ROWS)[number]) => {
    const given = secretInFile(name, givenAs) ?? givenAs(name);
    if (given === undefined) return [name, row.default];
    const isEmpty = given.text.trim() === '';
    if (isEmpty && row.whenEmpty !== undefined) return [name, row.whenEmpty];
    if (isEmpty && !isFlag(name)) return [name, row.default];
    return [name, readValue(given.source, given.text, row.schema, row.secret === true)];
  };
  return { values: Object.fromEntries(VARIABLE_ROWS.map(read)) as Values, isFlag, isGiven };
}

function chooseBackend(values: Values, keys: readonly string[], notices: string[]): Config['backend'] {
  const { BACKEND, HOST } = values;
  switch (BACKEND) {
    case 'replay':
      return 'replay';
    case 'vertex':
      return 'vertex';
    case 'gemini':
      if (keys.length === 0) throw new ConfigError('BACKEND: gemini needs a key; set GEMINI_API_KEY');
      return 'gemini';
    case 'mock':
      return 'mock';
    case undefined:
      if (keys.length > 0) return 'gemini';
      if (!isLoopback(HOST)) {
        throw new ConfigError(
          `GEMINI_API_KEY: not set, and HOST ${HOST} is not loopback; set it, or BACKEND=mock`,
        );
      }
      notices.push(
        'No Gemini key is set: answers come from the built-in MOCK. Set GEMINI_API_KEY for the real thing',
      );
      return 'mock';
  }
}

const isLocked = ({ PROXY_API_KEY, CLIENT_KEYS }: Values): boolean =>
  PROXY_API_KEY !== undefined || Object.keys(CLIENT_KEYS ?? {}).length > 0;

function checkExposure(values: Values): void {
  const { HOST, ALLOW_OPEN } = values;
  if (isLoopback(HOST) || isLocked(values) || ALLOW_OPEN) return;
  throw new ConfigError(
    `HOST: ${HOST} is reachable by others; set PROXY_API_KEY, or ALLOW_OPEN=true to let everyone in`,
  );
}

/** The origins of `CORS_ORIGINS` in the form in which browsers send them. */
function readOrigins(values: Values): readonly string[] {
  const { CORS_ORIGINS = [] } = values;
  if (CORS_ORIGINS.includes(ANY_ORIGIN) && !isLocked(values)) {
    throw new ConfigError(
      `CORS_ORIGINS: with ${ANY_ORIGIN} any page could use the API; set PROXY_API_KEY, or name the origins`,
    );
  }
  return CORS_ORIGINS.map((text) => {
    const origin = URL.parse(text)?.origin ?? 'null';
    // The URL standard gives no origin to a scheme that it does not know.
    return origin === 'null' ? text.toLowerCase().replace(/\/$/, '') : origin;
  });
}

const keysOf = ({ API_KEYS = [], GEMINI_API_KEY, GOOGLE_API_KEY }: Values): string[] =>
  [...API_KEYS, GEMINI_API_KEY, GOOGLE_API_KEY].filter((key) => key !== undefined);

function chooseKeys(values: Values, notices: string[]): readonly string[] {
  const { API_KEYS, GEMINI_API_KEY, GOOGLE_API_KEY, RECORD } = values;
  const given = API_KEYS ?? [GEMINI_API_KEY, GOOGLE_API_KEY].filter((key) => key !== undefined).slice(0, 1);
  const keys = [...new Set(given)];
  if (keys.length < given.length) notices.push('API_KEYS: a key that is there twice is used once');
  if (keys.length > 1 && RECORD !== undefined)
    notices.push('RECORD: of API_KEYS only the first is used while recording');
  return keys;
}

function readFaults(
  { FAULTS = '' }: Values,
  keys: readonly string[],
  notices: string[],
): readonly FaultRule[] {
  try {
    const faults = parseFaults(FAULTS);
    checkKeys(faults, keys);
    if (faults.length > 0) notices.push(`FAULTS: upstream is made to fail: ${FAULTS}`);
    return faults;
  } catch (error) {
    if (error instanceof FaultError) throw new ConfigError(`FAULTS: ${error.message}`);
    throw error;
  }
}

const MB = 1024 * 1024;
const DAY_MS = 86_400_000;

const readFileLimits = ({ FILE_MAX_MB, FILES_TOTAL_MB, FILES_MAX, FILES_MAX_DAYS }: Values): FileLimits => ({
  fileBytes: FILE_MAX_MB * MB,
  totalBytes: FILES_TOTAL_MB * MB,
  count: FILES_MAX,
  keepMs: FILES_MAX_DAYS === undefined ? undefined : FILES_MAX_DAYS * DAY_MS,
});

/** The URL of Redis. An error does not quote the URL, because it may contain a password. */
function readRedisUrl({ REDIS_URL }: Values): string | undefined {
  if (REDIS_URL === undefined || redisAddress(REDIS_URL)) return REDIS_URL;
  throw new ConfigError(
    'REDIS_URL: cannot be read; look at its port and at the number of its database, and escape odd characters',
  );
}

/** Names a setting as it was typed, where it was given as a flag. */
function asTyped(error: unknown, { isFlag }: Given): unknown {
  if (!(error instanceof ConfigError)) return error;
  const [, name = '', rest = ''] = /^([A-Z_]+)(: .*)$/s.exec(error.message) ?? [];
  return name !== '' && isFlag(name) ? new ConfigError(`--${flagOf(name)}${rest}`) : error;
}

/**
 * Reads all settings. Throws a ConfigError for settings that make no sense. Flags take precedence over the environment.
 */
export function readConfig(env: Environment, argv: readonly string[]): Config {
  const given = readValues(env, argv);
  try {
    return configOf(given, env);
  } catch (error) {
    throw asTyped(error, given);
  }
}

function configOf({ values, isGiven }: Given, env: Environment): Config {
  const notices: string[] = [...nearMisses(env)];
  checkExposure(values);
  const keys = chooseKeys(values, notices);
  const clientKeys = readClientKeys(values.CLIENT_KEYS, values.PROXY_API_KEY);
  const backend = chooseBackend(values, keys, notices);
  const table = readModels(values);
  const models = backend === 'vertex' ? onVertex(table) : table;
  const modelMap = readModelMap(values, models, notices);
  notices.push(...cachingNotices({ values, backend, models, modelMap }));
  return {
    backend,
    vertex: backend === 'vertex' ? readVertex(values) : undefined,
    apiKeys: keys,
    spareKeys: keysOf(values).filter((key) => !keys.includes(key)),
    httpProxies: readHttpProxies(env),
    baseUrl: readBaseUrl(values.GOOGLE_GEMINI_BASE_URL, notices),
    modelMap,
    models,
    modelFallbacks: readModelFallbacks(values, { modelMap, models }, isGiven('MODEL_FALLBACKS'), notices),
    keyRpm: values.KEY_RPM,
    keyTpm: values.KEY_TPM,
    host: values.HOST,
    port: values.PORT,
    proxyApiKey: values.PROXY_API_KEY,
    clients: clientKeys.clients,
    clientSecrets: clientKeys.secrets,
    dailyBudget: values.DAILY_BUDGET_USD,
    responseHeaders: values.RESPONSE_HEADERS,
    allowedHosts: (values.ALLOWED_HOSTS ?? []).map((name) => name.toLowerCase()),
    corsOrigins: readOrigins(values),
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
    maxTokensLimit: values.MAX_TOKENS_LIMIT,
    requestTimeoutMs: values.REQUEST_TIMEOUT * 1000,
    headTimeoutMs: values.HEAD_TIMEOUT * 1000,
    idleTimeoutMs: values.STREAM_IDLE_TIMEOUT * 1000,
    maxRetries: values.MAX_RETRIES,
    maxStreamingRetries: values.MAX_STREAMING_RETRIES,
    streamsMax: values.STREAMS_MAX,
    workers: readWorkers(values, notices),
    urlFetch: { google: values.URL_FETCH.includes('google'), proxy: values.URL_FETCH.includes('proxy') },
    upstreamStreaming: !(values.FORCE_DISABLE_STREAMING || values.EMERGENCY_DISABLE_STREAMING),
    batches: { atOnce: values.BATCH_CONCURRENCY, totalBytes: values.BATCHES_TOTAL_MB * MB },
    files: readFileLimits(values),
    autoModeClassifier: values.AUTO_MODE_CLASSIFIER,
    words: { guidance: values.GUIDANCE === 'auto', identity: values.IDENTITY },
    localAnswers: values.LOCAL_ANSWERS,
    cacheControl: values.CACHE_CONTROL,
    mock: readMock(values, backend, notices),
    record: readRecord(values, env),
    redact: readRedactPatterns(values.REDACT),
    replay: readReplay(values, keys, env, notices),
    faults: readFaults(values, keys, notices),
    inspector: values.INSPECTOR ? { bytes: values.INSPECTOR_MEMORY * MB } : undefined,
    redisUrl: readRedisUrl(values),
    telemetry: readTelemetry(values),
    dataDir: values.DATA_DIR ?? usualDataDir(env),
    watchedFiles: [...FILE_NAMES, 'MODELS_FILE' as const].flatMap((name) => values[name]?.trim() ?? []),
    notices,
  };
}

/** All values that must not appear in a log. */
export function secretsOf(config: Config): string[] {
  const {
    apiKeys,
    spareKeys,
    clientSecrets,
    proxyApiKey,
    redisUrl,
    baseUrl,
    httpProxies,
    vertex,
    telemetry,
  } = config;
  const own = proxyApiKey === undefined ? [] : [proxyApiKey];
  const known = [...apiKeys, ...spareKeys, ...clientSecrets, ...own];
  const urls = [redisUrl, baseUrl, telemetry?.endpoint, ...Object.values(httpProxies)].filter(
    (url) => url !== undefined,
  );
  return allSecrets(
    known,
    [...urls.flatMap(passwordsIn), ...telemetrySecrets(telemetry)],
    vertex?.secrets ?? [],
  );
}
