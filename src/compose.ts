/** The whole system on one page: settings and ports in, a server out. */
import { join } from 'node:path';
import type { Backend } from './backend/backend.ts';
import { createGenaiBackend } from './backend/genai.ts';
import { openSignatureStore } from './backend/signature-store.ts';
import { type Config, VERSION } from './config.ts';
import type { Logger } from './lib/log.ts';
import { type Clock, createIds, type Fetch, type Random } from './lib/ports.ts';
import { type App, createApp } from './server/app.ts';
import type { ServerDeps, ServerSettings } from './server/deps.ts';
import { type Listening, listen } from './server/serve.ts';
import { Stats } from './server/stats.ts';

export type Ports = {
  clock: Clock;
  random: Random;
  logger: Logger;
  /** In place of the network; the mock backend brings its own. */
  fetch?: Fetch;
};

export type System = {
  app: App;
  backend: Backend;
  listen(): Listening;
  /** Loads what the first request would wait for. Rejects where a file that it needs cannot be read. */
  warmUp(): Promise<void>;
  /** Frees what is not the server's: the store. After the server has closed. */
  close(): void;
};

const SCENARIOS = join(import.meta.dir, '../fixtures/scenarios');
/** Of one kilobyte or so each. */
const MAX_SIGNATURES = 100_000;
/** The gate's first form makes one more try, whatever the ceiling; the retry budget will decide. */
const TRIES = 2;

const network: Fetch = (url, init) => fetch(url, init);

/** Loaded after the port is open: the scenarios and their reader take longer than all the rest. */
function lazyMock(ports: Ports): { fetch: Fetch; load(): Promise<Fetch> } {
  let loading: Promise<Fetch> | undefined;
  const load = () => {
    loading ??= loadMock(ports);
    return loading;
  };
  return { load, fetch: async (url, init, exchange) => (await load())(url, init, exchange) };
}

async function loadMock({ random, clock }: Ports): Promise<Fetch> {
  const [{ createMockFetch }, { loadScenarios }] = await Promise.all([
    import('./sim/mock/index.ts'),
    import('./sim/scenarios.ts'),
  ]);
  return createMockFetch({ scenarios: loadScenarios(SCENARIOS), random, clock });
}

function createBackend(config: Config, ports: Ports, fetch: Fetch): Backend {
  return createGenaiBackend({
    kind: config.backend,
    apiKey: config.apiKeys[0] ?? 'no-key',
    ...(config.baseUrl === undefined ? {} : { baseUrl: config.baseUrl }),
    fetch,
    headTimeoutMs: config.headTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    clock: ports.clock,
  });
}

const tries = (ceiling: number) => Math.max(1, Math.min(TRIES, ceiling));

function serverSettings(config: Config): ServerSettings {
  const { host, allowedHosts, proxyApiKey, modelMap, maxTokensLimit, requestTimeoutMs } = config;
  return {
    version: VERSION,
    host,
    allowedHosts,
    proxyApiKey,
    modelMap,
    maxTokensLimit,
    requestTimeoutMs,
    maxTries: { unary: tries(config.maxRetries), stream: tries(config.maxStreamingRetries) },
    upstreamStreaming: config.upstreamStreaming,
    streamsMax: config.streamsMax,
  };
}

/** Throws where the store's file cannot be made. */
export function compose(config: Config, ports: Ports): System {
  const { clock, random, logger } = ports;
  const mock = config.backend === 'mock' && !ports.fetch ? lazyMock(ports) : undefined;
  const backend = createBackend(config, ports, ports.fetch ?? mock?.fetch ?? network);
  const signatures = openSignatureStore({
    file: join(config.dataDir, 'signatures.sqlite'),
    maxRows: MAX_SIGNATURES,
    clock,
    onWarning: (message) => logger.warn({}, message),
  });
  const deps: ServerDeps = {
    settings: serverSettings(config),
    backend,
    signatures,
    clock,
    random,
    ids: createIds(random),
    logger,
    stats: new Stats(clock),
    openCalls: new Set(),
  };
  const app = createApp(deps);
  return {
    app,
    backend,
    listen: () => listen(app, deps, config.host, config.port),
    warmUp: async () => {
      await mock?.load();
    },
    close: () => signatures.close(),
  };
}
