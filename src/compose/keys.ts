/** The keys as the settings name them, each with its way to Gemini. */

import type { SharedState } from '../cluster/shared.ts';
import type { Config } from '../config/config.ts';
import type { Source } from '../keys/breaker.ts';
import { type KeyEvent, keyEventText, type StreamsEvent } from '../keys/key-events.ts';
import type { Keys } from '../keys/keys.ts';
import { KeyPool } from '../keys/pool.ts';
import { singleKey } from '../keys/single-key.ts';
import type { Logger } from '../lib/log.ts';
import type { Clock, Fetch } from '../lib/ports.ts';
import type { Backend } from '../upstream/backend.ts';
import { createGenaiBackend, fingerprintOf, type GenaiOptions } from '../upstream/genai.ts';
import type { Host } from '../upstream/host.ts';
import type { Ports } from './settings.ts';
import { vertexFingerprint } from './vertex.ts';

export function createBackend(
  config: Config,
  fetch: Fetch,
  clock: Clock,
  more: Partial<GenaiOptions> = {},
): Backend {
  return createGenaiBackend({
    kind: config.backend,
    apiKey: keysInUse(config)[0],
    ...(config.baseUrl === undefined ? {} : { baseUrl: config.baseUrl }),
    fetch,
    headTimeoutMs: config.headTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    clock,
    ...more,
  });
}

export type KeySet = {
  keys: Keys;
  /** Uses the keys of `config` from now on. */
  replace(config: Config): void;
};

const ratesOf = ({ keyRpm, keyTpm }: Config) => ({ requests: keyRpm, tokens: keyTpm });

/** Logs what happens to keys. What one worker has logged, the others need not log again: all write the same log. */
export const logsKeyEvents =
  (logger: Logger, shared: SharedState) => (event: KeyEvent | StreamsEvent, source: Source) => {
    if (source === 'seen' || shared.status().kind !== 'workers') logger.warn({}, keyEventText(event));
  };

/** A mock and a replay have a key, too, where none is given: faults can name it as the first. */
export const keysInUse = ({
  apiKeys: [first = 'no-key', ...others],
}: Pick<Config, 'apiKeys'>): [string, ...string[]] => [first, ...others];

/** The name of a key in the log. Vertex AI has no keys, and one name. */
export const fingerprintIn = (config: Pick<Config, 'backend' | 'vertex'>, apiKey: string): string =>
  config.vertex ? vertexFingerprint(config) : fingerprintOf(config.backend, apiKey);

export type HearsKeys = ReturnType<typeof logsKeyEvents>;

/** True where Google answers. */
export const isGoogles = ({ backend }: Pick<Config, 'backend'>): boolean =>
  backend === 'gemini' || backend === 'vertex';

/**
 * Makes the keys. The mock only plays its quotas, and a recording must not depend on earlier requests, so both use one
 * key, about which nothing is remembered.
 */
export function createKeys(
  config: Config,
  { fetch, host }: { fetch: Fetch; host: Host | undefined },
  { clock, random }: Ports,
  shared: SharedState,
  onChange: HearsKeys,
): KeySet {
  // What is set of Vertex AI does not change while the proxy serves.
  const vertex =
    host && createBackend(config, fetch, clock, { host, keyFingerprint: vertexFingerprint(config) });
  const backends = ({ apiKeys }: Config): [Backend, ...Backend[]] => {
    if (vertex) return [vertex];
    const [first, ...others] = apiKeys.map((apiKey) => createBackend(config, fetch, clock, { apiKey }));
    return [first ?? createBackend(config, fetch, clock), ...others];
  };
  if (!isGoogles(config) || config.record !== undefined)
    return { keys: singleKey(backends(config)[0]), replace() {} };
  const pool = new KeyPool({
    backends: backends(config),
    clock,
    random,
    rates: ratesOf(config),
    shared,
    onChange,
  });
  return { keys: pool, replace: (next) => pool.replace(backends(next), ratesOf(next)) };
}
