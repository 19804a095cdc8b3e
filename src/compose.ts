/** The whole system on one page: settings and ports in, a server out. */
import { join } from 'node:path';
import type { Backend } from './backend/backend.ts';
import { createGenaiBackend, type GenaiOptions } from './backend/genai.ts';
import { type Keys, singleKey } from './backend/keys.ts';
import { KeyPool } from './backend/pool.ts';
import { openSignatureStore, type SignatureStore } from './backend/signature-store.ts';
import { lazyMock } from './compose/mock-upstream.ts';
import { openPlayer, openRecorder, reportEnd, withRecordedSettings } from './compose/recording.ts';
import { type Ports, serverSettings } from './compose/settings.ts';
import { type Config, secretsOf } from './config.ts';
import { type Clock, createIds, type Fetch } from './lib/ports.ts';
import { type App, createApp } from './server/app.ts';
import type { ServerDeps } from './server/deps.ts';
import { recordCalls } from './server/record-call.ts';
import { replayCalls } from './server/replay-call.ts';
import { type Listening, listen } from './server/serve.ts';
import { Stats } from './server/stats.ts';
import { createFaultFetch } from './sim/faults/index.ts';
import { createRedactor } from './sim/redact.ts';
import type { Play } from './sim/replay/player.ts';

export type System = {
  app: App;
  listen(): Listening;
  /** Loads what the first request would wait for. Rejects where a file that it needs cannot be read. */
  warmUp(): Promise<void>;
  /** Writes and frees what is not the server's: recordings, the store. After the server has closed. */
  close(): Promise<void>;
};

/** Of one kilobyte or so each. */
const MAX_SIGNATURES = 100_000;
/** The same rules give the same faults on every run, unless a rule brings a seed of its own. */
const FAULT_SEED = 1;

const network: Fetch = (url, init) => fetch(url, init);

function createBackend(
  config: Config,
  fetch: Fetch,
  clock: Clock,
  more: Partial<GenaiOptions> = {},
): Backend {
  return createGenaiBackend({
    kind: config.backend,
    apiKey: config.apiKeys[0] ?? 'no-key',
    ...(config.baseUrl === undefined ? {} : { baseUrl: config.baseUrl }),
    fetch,
    headTimeoutMs: config.headTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    clock,
    ...more,
  });
}

/**
 * The mock's quotas are played, not real, and what is recorded must not depend on earlier requests: there one key, which
 * remembers nothing.
 */
function createKeys(config: Config, fetch: Fetch, { clock, logger }: Ports): Keys {
  const first = createBackend(config, fetch, clock);
  if (config.backend !== 'gemini' || config.record !== undefined) return singleKey(first);
  const others = config.apiKeys.slice(1).map((apiKey) => createBackend(config, fetch, clock, { apiKey }));
  return new KeyPool({
    backends: [first, ...others],
    clock,
    onChange: (message) => logger.warn({}, message),
  });
}

/** Beneath the recorder: what it writes down is what the proxy was made to meet. */
function withFaults({ faults }: Config, upstream: Fetch, clock: Clock): Fetch {
  return faults.length === 0 ? upstream : createFaultFetch(upstream, faults, { clock, seed: FAULT_SEED });
}

/** In memory without a folder. Throws an error that names the setting where the folder cannot be used. */
function openStore(folder: string | undefined, { clock, logger }: Ports): SignatureStore {
  const file = folder === undefined ? ':memory:' : join(folder, 'signatures.sqlite');
  const onWarning = (message: string) => logger.warn({}, message);
  try {
    return openSignatureStore({ file, maxRows: MAX_SIGNATURES, clock, onWarning });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`DATA_DIR: ${folder} cannot be used: ${why}`, { cause: error });
  }
}

/** Throws where the store's file cannot be made, or a recording cannot be opened. */
export function compose(given: Config, ports: Ports): System {
  const { clock, random, logger } = ports;
  const player = openPlayer(given, ports);
  const config = player ? withRecordedSettings(given, player.library) : given;
  const mock = config.backend === 'mock' && !ports.fetch ? lazyMock(config, ports) : undefined;
  const recorder = config.record === undefined ? undefined : openRecorder(config.record, config, ports);
  const upstream = withFaults(config, player?.fetch ?? ports.fetch ?? mock?.fetch ?? network, clock);
  const fetch = recorder ? recorder.fetch(upstream) : upstream;
  const keys = createKeys(config, fetch, ports);
  // A replay has the look-ups of then, and must not leave its own behind.
  const signatures = openStore(player ? undefined : config.dataDir, ports);
  const openBackend = (play: Play) =>
    createBackend(config, fetch, play.clock, { keyFingerprint: play.recorded.keyFingerprint });
  const deps: ServerDeps = {
    settings: serverSettings(config),
    keys,
    signatures,
    clock,
    random,
    ids: createIds(random),
    logger,
    stats: new Stats(clock),
    openCalls: new Set(),
    ...(recorder ? { openScope: recordCalls(recorder) } : {}),
    ...(player
      ? { openScope: replayCalls({ player, redactor: createRedactor(secretsOf(config)), openBackend }) }
      : {}),
  };
  const app = createApp(deps);
  return {
    app,
    listen: () => listen(app, deps, config.host, config.port),
    warmUp: async () => {
      await mock?.load();
    },
    close: async () => {
      await reportEnd(recorder, player, config, logger);
      signatures.close();
    },
  };
}
