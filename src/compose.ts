/** The whole system on one page: settings and ports in, a server out. */
import { join } from 'node:path';
import type { Backend } from './backend/backend.ts';
import { createGenaiBackend, type GenaiOptions } from './backend/genai.ts';
import { type Keys, singleKey } from './backend/keys.ts';
import { KeyPool } from './backend/pool.ts';
import { openSignatureStore, type SignatureStore } from './backend/signature-store.ts';
import { type Config, SDK_VERSION, secretsOf, VERSION } from './config.ts';
import type { Logger } from './lib/log.ts';
import { type Clock, createIds, type Fetch, type Random } from './lib/ports.ts';
import { type App, createApp } from './server/app.ts';
import { ClientGone } from './server/call.ts';
import { CLIENT_NOISE, CLIENT_WIRE } from './server/client-wire.ts';
import type { ServerDeps, ServerSettings } from './server/deps.ts';
import { recordCalls } from './server/record-call.ts';
import { replayCalls } from './server/replay-call.ts';
import { type Listening, listen } from './server/serve.ts';
import { Stats } from './server/stats.ts';
import { openManifest, type RecordedSettings } from './sim/cassette/manifest.ts';
import { createFaultFetch } from './sim/faults/index.ts';
import { Recorder } from './sim/record/recorder.ts';
import { summaryText } from './sim/record/summary.ts';
import { createRedactor } from './sim/redact.ts';
import { type Play, Player } from './sim/replay/player.ts';

export type Ports = {
  clock: Clock;
  random: Random;
  logger: Logger;
  /** In place of the network; the mock backend brings its own. */
  fetch?: Fetch;
};

export type System = {
  app: App;
  listen(): Listening;
  /** Loads what the first request would wait for. Rejects where a file that it needs cannot be read. */
  warmUp(): Promise<void>;
  /** Writes and frees what is not the server's: recordings, the store. After the server has closed. */
  close(): Promise<void>;
};

export const SCENARIOS = join(import.meta.dir, '../fixtures/scenarios');
/** Of one kilobyte or so each. */
const MAX_SIGNATURES = 100_000;
/** The gate's first form makes one more try, whatever the ceiling; the retry budget will decide. */
const TRIES = 2;

/** The same rules give the same faults on every run, unless a rule brings a seed of its own. */
const FAULT_SEED = 1;

const network: Fetch = (url, init) => fetch(url, init);

/** Loaded after the port is open: the scenarios and their reader take longer than all the rest. */
function lazyMock(config: Config, ports: Ports): { fetch: Fetch; load(): Promise<Fetch> } {
  let loading: Promise<Fetch> | undefined;
  const load = () => {
    loading ??= loadMock(config, ports);
    return loading;
  };
  return { load, fetch: async (url, init, exchange) => (await load())(url, init, exchange) };
}

/** Rejects where a scenario cannot be used. Those that break while the mock is serving are told in the log. */
async function loadMock({ mock }: Config, { random, clock, logger }: Ports): Promise<Fetch> {
  const [{ createMockFetch }, { findScenario }, { ScenarioFolder }] = await Promise.all([
    import('./sim/mock/index.ts'),
    import('./sim/scenarios.ts'),
    import('./sim/scenario/folder.ts'),
  ]);
  const folder = new ScenarioFolder(SCENARIOS, {
    clock,
    onChange: (file) => logger.info({ file }, 'scenario read anew'),
    onProblem: (message) => logger.warn({}, message),
  });
  const { scenario, pace } = mock;
  if (scenario !== undefined) findScenario(folder.current(), scenario);
  const chosen = scenario === undefined ? {} : { chosen: scenario };
  return createMockFetch({ scenarios: () => folder.current(), ...chosen, random, clock, pace });
}

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

const tries = (ceiling: number) => Math.max(1, Math.min(TRIES, ceiling));

export function serverSettings(config: Config): ServerSettings {
  const { host, allowedHosts, proxyApiKey, modelMap, maxTokensLimit, requestTimeoutMs } = config;
  return {
    version: VERSION,
    host,
    allowedHosts,
    proxyApiKey,
    secrets: secretsOf(config),
    modelMap,
    maxTokensLimit,
    requestTimeoutMs,
    maxTries: { unary: tries(config.maxRetries), stream: tries(config.maxStreamingRetries) },
    upstreamStreaming: config.upstreamStreaming,
    streamsMax: config.streamsMax,
  };
}

/** What answers depend on, besides the request and what upstream says. */
function recordedSettings(config: Config): RecordedSettings {
  const { modelMap, maxTries, maxTokensLimit, upstreamStreaming, requestTimeoutMs } = serverSettings(config);
  const { headTimeoutMs, idleTimeoutMs } = config;
  return {
    modelMap: { ...modelMap, patterns: modelMap.patterns.map(([pattern, target]) => [pattern, target]) },
    maxTokensLimit: maxTokensLimit ?? null,
    upstreamStreaming,
    maxTries,
    requestTimeoutMs,
    headTimeoutMs,
    idleTimeoutMs,
  };
}

/** Throws where the folder holds something else. */
function openRecorder(folder: string, config: Config, { clock, random, logger }: Ports): Recorder {
  const { backend } = config;
  const createdAt = new Date(clock.now()).toISOString();
  openManifest(folder, { createdAt, backend, settings: recordedSettings(config) });
  return new Recorder({
    folder,
    redactor: createRedactor(secretsOf(config)),
    wire: CLIENT_WIRE,
    origin: backend === 'gemini' ? 'live' : 'synthetic',
    versions: { proxy: VERSION, sdk: SDK_VERSION, bun: Bun.version },
    clock,
    random,
    isClientGone: (reason) => reason instanceof ClientGone,
    onProblem: (message) => logger.error({}, message),
  });
}

/** The way a recording was made goes before the settings of now: the answers depend on it. */
function withRecordedSettings(config: Config, { settings }: Player['library']): Config {
  const { maxTries, maxTokensLimit, ...same } = settings;
  const tries = { maxRetries: maxTries.unary, maxStreamingRetries: maxTries.stream };
  return { ...config, ...same, ...tries, maxTokensLimit: maxTokensLimit ?? undefined };
}

/** Throws where the folder is no recording, or one that cannot be read. */
function openPlayer({ replay }: Config, { clock }: Ports): Player | undefined {
  return replay && new Player({ ...replay, noise: CLIENT_NOISE, clock });
}

async function reportEnd(
  recorder: Recorder | undefined,
  player: Player | undefined,
  config: Config,
  logger: Logger,
) {
  if (recorder) {
    const summary = await recorder.close();
    logger.info({ ...summary }, summaryText(summary, config.record ?? ''));
  }
  if (player) {
    const report = player.report();
    const { played, requests, misses, leftovers } = report;
    const left = leftovers.length > 0 ? `; nobody asked for ${leftovers.join(', ')}` : '';
    const level = misses > 0 || leftovers.length > 0 ? 'warn' : 'info';
    logger[level](
      { ...report },
      `played ${played} of ${requests} recorded requests, ${misses} misses${left}`,
    );
  }
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
