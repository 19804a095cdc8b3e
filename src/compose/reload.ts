/** Applies settings while the proxy serves: keys, models and rates. Why these: docs/decisions/0025-reload.md */
import { type Config, secretsOf } from '../config/config.ts';
import { changedBeyondReload, type RELOADED } from '../config/setting-names.ts';
import type { ServerDeps, ServerSettings } from '../http/deps.ts';
import { allSecrets } from '../lib/secrets.ts';
import { serverSettings } from './settings.ts';

type Reloaded = Pick<Config, keyof typeof RELOADED>;

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
  let current = config;
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
      serveWith(
        { ...serverSettings(current), secrets, awaitRestart: [`BACKEND (${next.backend})`] },
        current,
      );
      return;
    }
    const { apiKeys, spareKeys, modelMap, models, modelFallbacks, keyRpm, keyTpm } = next;
    const { clients, clientSecrets, dailyBudget } = next;
    const upstream = { apiKeys, spareKeys, modelMap, models, modelFallbacks, keyRpm, keyTpm };
    const reloaded: Reloaded = { ...upstream, clients, clientSecrets, dailyBudget };
    current = { ...config, ...reloaded };
    const settings = serverSettings(current);
    // An old secret stays a secret: answers under way may still quote an old key.
    secrets = allSecrets(secrets, settings.secrets);
    replaceKeys(current);
    const awaitRestart = changedBeyondReload(config, next);
    serveWith({ ...settings, secrets, awaitRestart }, current);
    for (const notice of next.notices.filter((line) => !told.has(line))) {
      told.add(notice);
      logger.warn({}, notice);
    }
    if (awaitRestart.length > 0) logger.warn({}, `${awaitRestart.join(', ')}: changed; that needs a restart`);
    const keys = deps.keys.states().map(({ fingerprint }) => fingerprint);
    const rates = { key_rpm: keyRpm, key_tpm: keyTpm };
    logger.info({ keys, models: modelMap, fallbacks: modelFallbacks, ...rates }, 'settings read anew');
  };
}
