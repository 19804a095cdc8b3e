/** Shows the whole system on one page: makes a server from settings and ports. */
import { join } from 'node:path';
import {
  type CachingOptions,
  type CachingPort,
  NO_CACHING,
  PromptCaching,
} from '../answer/caching/prompt-caching.ts';
import { KeptBodies } from '../answer/kept-bodies.ts';
import { Lessons } from '../answer/lessons.ts';
import { systemPorts } from '../answer/media/guarded-fetch.ts';
import { createPdfReader } from '../answer/media/pdf-reader.ts';
import { createPictureConverter } from '../answer/media/picture-converter.ts';
import { createUploads } from '../answer/media/uploads.ts';
import { createUrlFetcher } from '../answer/media/url-fetcher.ts';
import { createPageReader } from '../answer/pages/page-reader.ts';
import { QuarantineMemory } from '../answer/quarantine-memory.ts';
import { PromptSizes } from '../answer/sizes/prompt-sizes.ts';
import { TokenCounts } from '../answer/sizes/token-counts.ts';
import { VerdictMemory } from '../answer/verdicts/verdict-memory.ts';
import type { SharedState } from '../cluster/shared.ts';
import type { Config } from '../config/config.ts';
import { type App, createApp } from '../http/app.ts';
import { BodyBudget } from '../http/body-budget.ts';
import type { ClientRequest } from '../http/client-request.ts';
import type { Admission, ServerDeps, ServerSettings } from '../http/deps.ts';
import { type Listening, listen } from '../http/listen.ts';
import { Journal } from '../http/mocking/journal.ts';
import { recordRequests } from '../http/taping/record.ts';
import { replayRequests } from '../http/taping/replay.ts';
import { StreamingBreakers } from '../keys/stream-breakers.ts';
import { type Clock, createIds, type Fetch } from '../lib/ports.ts';
import { openSignatureStore, type SignatureStore } from '../signatures/store.ts';
import { createFaultFetch } from '../sim/faults/index.ts';
import type { Play } from '../sim/replay/player.ts';
import { replayedVertexHost } from '../upstream/vertex.ts';
import { openCounting } from './counting.ts';
import { inspectorDeps, openInspecting } from './inspecting.ts';
import { createBackend, createKeys, type HearsKeys } from './keys.ts';
import { lessonsFile } from './lessons-file.ts';
import { openModels } from './live-models.ts';
import { openOnMiss, playedOr } from './missed.ts';
import { lazyMock } from './mock-upstream.ts';
import { openReaching } from './reaching.ts';
import { openTapes, type Tapes } from './recording.ts';
import { createReload } from './reload.ts';
import { commonLogger, type Ports, requestBytesOf, serverSettings } from './settings.ts';
import { openSharing } from './sharing.ts';
import { openStores } from './stores.ts';
import { Unstruck } from './unstruck.ts';

export type System = {
  app: App;
  /** Answers a request in the same way as `listen`, but without a socket and a web server. */
  handle(request: Request): Promise<Response>;
  listen(): Listening;
  /** The number of answers under way. */
  answering(): number;
  /** Applies the keys, models and rates of `config`. A log line names other settings that have changed. */
  reload(config: Config): void;
  /** Writes a log line if there is no way to upstream. The first request need not wait for this. */
  warnOfNoUpstream(): Promise<void>;
  /** Reads Google's own list of models in the background, where a setting names a model that the table does not have. */
  refreshModels(): void;
  /** Loads what the first request would otherwise wait for. Rejects where a file that it needs cannot be read. */
  warmUp(): Promise<void>;
  /**
   * Writes and closes everything except for the server: recordings, the store. To be called after the server has
   * closed.
   */
  close(): Promise<void>;
};

/** How many signatures are kept in memory, of about one kilobyte each. */
const MAX_SIGNATURES = 100_000;

/** Adds the faults beneath the recorder, so that a recording holds what the proxy really received. */
function withFaults(
  current: () => Config,
  upstream: Fetch,
  clock: Clock,
  { onStrike }: Pick<Unstruck, 'onStrike'>,
): Fetch {
  const { faults, mock } = current();
  const ports = { clock, seed: mock.seed, keys: () => current().apiKeys, onStrike };
  return faults.length === 0 ? upstream : createFaultFetch(upstream, faults, ports);
}

/**
 * Opens the signature store, in memory if there is no folder. Throws an error that names the setting where the folder
 * cannot be used.
 */
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

/** Nothing is kept for a request that is recorded or replayed: it does not depend on others. */
function openCaching({ cacheControl, record, replay }: Config, options: CachingOptions): CachingPort {
  const isTaped = record !== undefined || replay !== undefined;
  return cacheControl === 'explicit' && !isTaped ? new PromptCaching(options) : NO_CACHING;
}

/** What is remembered from one request to the next, and what is made once for all of them. */
function openMemories(
  tapes: Tapes,
  dataDir: string | undefined,
  shared: SharedState,
  ports: Ports,
  onChange: HearsKeys,
) {
  const { clock, logger, urlFetch, toPng } = ports;
  const { config } = tapes;
  return {
    mocking: openMocking(tapes),
    caching: openCaching(config, { clock, shared, logger }),
    streaming: new StreamingBreakers({ clock, shared, onChange }),
    urlFetcher: createUrlFetcher(urlFetch ?? systemPorts, clock),
    pages: createPageReader(urlFetch ?? systemPorts, clock),
    pictures: createPictureConverter(toPng),
    pdfs: createPdfReader(),
    uploads: createUploads(clock),
    requestBytes: requestBytesOf(ports),
    quarantine: new QuarantineMemory(),
    bodies: new BodyBudget(clock),
    lessons: new Lessons(clock, lessonsFile(dataDir, logger)),
    kept: new KeptBodies(),
    openRequests: new Set<ClientRequest>(),
    sizes: new PromptSizes(),
    counts: new TokenCounts(),
    verdicts: new VerdictMemory(),
  };
}

/** Stands around each request that is recorded or replayed: a replay is recorded as any other answer is. */
function openScope(tapes: Tapes, fetch: Fetch, clock: Clock): Pick<ServerDeps, 'openScope'> {
  const { config, player, recorder, redactor } = tapes;
  const host = player?.settings.host && replayedVertexHost();
  const openBackend = ({ clock, recorded: { keyFingerprint } }: Play) =>
    createBackend(config, fetch, clock, { keyFingerprint, ...(host ? { host } : {}) });
  const onMiss = openOnMiss(tapes, fetch, clock);
  const replay = player && replayRequests({ player, redactor, openBackend, onMiss });
  const scope = recorder ? recordRequests(recorder, replay) : replay;
  return scope ? { openScope: scope } : {};
}

/** Tests may ask what came wherever it is made up who answers. */
const openMocking = ({ config: { backend }, redactor }: Tapes): ServerDeps['mocking'] =>
  backend === 'mock' || backend === 'replay' ? { journal: new Journal(), redactor } : undefined;

async function closeInTurn(parts: readonly { close(): void | Promise<void> }[]): Promise<void> {
  for (const part of parts) await part.close();
}

/** What answers requests: a recording, the mock, or Google. */
function openUpstream(tapes: Tapes, current: () => Config, shared: SharedState, ports: Ports) {
  const { config, recorder, missRecorder } = tapes;
  const isMock = (config.backend === 'mock' || config.replay?.onMiss === 'mock') && !ports.fetch;
  const unstruck = new Unstruck(config.faults, ports);
  const mock = isMock ? lazyMock(config, () => current().models, ports, shared, unstruck) : undefined;
  const reaching = openReaching(config, ports);
  const inner = playedOr(tapes, mock?.fetch ?? reaching.fetch);
  const upstream = withFaults(current, inner, ports.clock, unstruck);
  const fetch = [missRecorder, recorder].reduce((below, one) => one?.fetch(below) ?? below, upstream);
  return { mock, reaching, fetch, unstruck };
}

/** Begins to listen, and to run what is left of batches. */
function listening(app: App, deps: ServerDeps, config: Config, { worker }: Ports): Listening {
  const served = listen(app, deps, { ...config, isShared: worker !== undefined });
  deps.batches.wake();
  return served;
}

/** Makes the system. Throws where the store's file cannot be made, or a recording cannot be opened. */
export function compose(given: Config, ports: Ports): System {
  const { clock, random, logger } = ports;
  const tapes = openTapes(given, ports);
  const { config, player } = tapes;
  let current = config;
  // A replay uses the signatures that were found when it was recorded, and must not leave its own behind.
  const dataDir = player ? undefined : config.dataDir;
  const sharing = openSharing(config, openStore(dataDir, ports), ports);
  const { mock, reaching, fetch, unstruck } = openUpstream(tapes, () => current, sharing.shared, ports);
  const { inspector, hearsKeys } = openInspecting(tapes, ports, sharing.shared);
  const { keys, replace } = createKeys(config, { ...reaching, fetch }, ports, sharing.shared, hearsKeys);
  const admission: Admission = { answersOpen: 0, ofBatches: 0, batched: new WeakSet(), draining: false };
  const counting = openCounting({ dataDir, config, admission, shared: sharing.shared }, ports);
  const stores = openStores({ dataDir, config, admission, ask: (request) => door(request) }, ports);
  const serveWith = (settings: ServerSettings, next = current) => {
    current = next;
    deps = { ...deps, settings: { ...settings, models: models.table() } };
  };
  const models = openModels(
    () => current,
    reaching.fetch,
    ports,
    () => serveWith(deps.settings),
  );
  let deps: ServerDeps = {
    settings: serverSettings(config),
    keys,
    budget: sharing.budget,
    ...openMemories(tapes, dataDir, sharing.shared, ports, hearsKeys),
    ...stores.deps,
    shared: sharing.shared,
    signatures: sharing.signatures,
    promptTold: (size) => size(),
    date: () => clock.wall(),
    clock,
    random,
    ids: ports.ids ?? createIds(random),
    logger,
    admission,
    upstreamProblem: reaching.problem,
    ...counting.deps,
    ...inspectorDeps(inspector, { tapes, ...sharing, deps: () => deps, doors: () => served }, ports),
    refreshModels: models.refresh,
    modelsForShowing: models.forShowing,
    ...openScope(tapes, fetch, clock),
  };
  const served = createApp(() => deps);
  const { app, door } = served;
  return {
    app,
    handle: (request) => door(request),
    reload: createReload({
      config,
      deps: { ...deps, logger: commonLogger(ports) },
      replaceKeys: replace,
      serveWith,
    }),
    refreshModels: models.refreshIfNeeded,
    answering: () => admission.answersOpen,
    listen: () => listening(app, deps, config, ports),
    warnOfNoUpstream: () => reaching.warn(),
    warmUp: async () => void (await mock?.load()),
    close: () => closeInTurn([deps.caching, stores, models, tapes, counting, sharing, unstruck]),
  };
}
