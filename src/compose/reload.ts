/** Applies settings while the proxy serves: keys, models and rates. Why these: docs/decisions/0025-reload.md */
import { type Config, secretsOf } from '../config/config.ts';
import type { ServerDeps, ServerSettings } from '../http/deps.ts';
import { canonicalJson } from '../lib/json.ts';
import { allSecrets } from '../lib/secrets.ts';
import { serverSettings } from './settings.ts';

type Reloaded = Pick<
  Config,
  'apiKeys' | 'spareKeys' | 'modelMap' | 'models' | 'modelFallbacks' | 'keyRpm' | 'keyTpm'
>;

/** All settings that need a restart, with the names of their variables. */
const NEEDS_RESTART = {
  backend: 'BACKEND',
  baseUrl: 'GOOGLE_GEMINI_BASE_URL',
  viaHttpProxy: 'HTTPS_PROXY, HTTP_PROXY, ALL_PROXY',
  host: 'HOST',
  port: 'PORT',
  proxyApiKey: 'PROXY_API_KEY',
  allowedHosts: 'ALLOWED_HOSTS',
  corsOrigins: 'CORS_ORIGINS',
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
  files: 'FILE_MAX_MB, FILES_TOTAL_MB, FILES_MAX, FILES_MAX_DAYS',
  upstreamStreaming: 'FORCE_DISABLE_STREAMING, EMERGENCY_DISABLE_STREAMING',
  mock: 'MOCK_PACE, MOCK_SCENARIO',
  record: 'RECORD',
  redact: 'REDACT',
  replay: 'REPLAY, REPLAY_SPEED',
  faults: 'FAULTS',
  redisUrl: 'REDIS_URL',
  dataDir: 'DATA_DIR',
} satisfies Record<Exclude<keyof Config, keyof Reloaded | 'watchedFiles' | 'notices'>, string>;

const isSetting = (name: string): name is keyof typeof NEEDS_RESTART => name in NEEDS_RESTART;

function changedOtherwise(before: Config, next: Config): string[] {
  const differs = (name: keyof typeof NEEDS_RESTART) =>
    canonicalJson(before[name]) !== canonicalJson(next[name]);
  return Object.keys(NEEDS_RESTART)
    .filter(isSetting)
    .filter(differs)
    .map((name) => NEEDS_RESTART[name]);
}

export type ReloadParts = {
  /** The settings at the start of the process. */
  config: Config;
  deps: Pick<ServerDeps, 'logger' | 'keys' | 'settings'>;
  /** Uses the keys of `config` from now on. */
  replaceKeys(config: Config): void;
  /** Uses other settings for the requests that come from now on. */
  serveWith(settings: ServerSettings, config: Config): void;
};

/**
 * Makes the function that applies changed settings. Requests under way go on with the settings that they have. The log
 * says what was changed.
 */
export function createReload({ config, deps, replaceKeys, serveWith }: ReloadParts): (next: Config) => void {
  const { logger } = deps;
  const told = new Set(config.notices);
  let { secrets } = deps.settings;
  return (next) => {
    logger.hide(secretsOf(next));
    if (config.record !== undefined || config.replay) {
      const doing = config.replay ? 'replaying' : 'recording';
      logger.info({}, `settings are not read anew while ${doing}`);
      return;
    }
    if (next.backend !== config.backend) {
      logger.warn(
        {},
        `BACKEND: from ${config.backend} to ${next.backend} needs a restart; nothing was changed`,
      );
      return;
    }
    const { apiKeys, spareKeys, modelMap, models, modelFallbacks, keyRpm, keyTpm } = next;
    const reloaded: Reloaded = { apiKeys, spareKeys, modelMap, models, modelFallbacks, keyRpm, keyTpm };
    const current = { ...config, ...reloaded };
    const settings = serverSettings(current);
    // An old secret stays a secret: answers under way may still quote an old key.
    secrets = allSecrets(secrets, settings.secrets);
    replaceKeys(current);
    serveWith({ ...settings, secrets }, current);
    for (const notice of next.notices.filter((line) => !told.has(line))) {
      told.add(notice);
      logger.warn({}, notice);
    }
    const others = changedOtherwise(config, next);
    if (others.length > 0) logger.warn({}, `${others.join(', ')}: changed; that needs a restart`);
    const keys = deps.keys.states().map(({ fingerprint }) => fingerprint);
    const rates = { key_rpm: keyRpm, key_tpm: keyTpm };
    logger.info({ keys, models: modelMap, fallbacks: modelFallbacks, ...rates }, 'settings read anew');
  };
}
