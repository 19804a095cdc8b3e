/** Shows the whole system on one page: makes a server from settings and ports. */
import { join } from 'node:path';
import { KeptBodies } from '../answer/kept-bodies.ts';
import { systemPorts } from '../answer/media/guarded-fetch.ts';
import { createPdfReader } from '../answer/media/pdf-reader.ts';
import { createPictureConverter } from '../answer/media/picture-converter.ts';
import { createUrlFetcher } from '../answer/media/url-fetcher.ts';
import { createPageReader } from '../answer/pages/page-reader.ts';
import type { Config } from '../config/config.ts';
import { type App, createApp } from '../http/app.ts';
import { BodyBudget } from '../http/body-budget.ts';
import type { ClientRequest } from '../http/client-request.ts';
import type { Admission, ServerDeps, ServerSettings } from '../http/deps.ts';
import { type Listening, listen } from '../http/listen.ts';
import { createIds } from '../lib/ports.ts';
import { openSignatureStore, type SignatureStore } from '../signatures/store.ts';
import { openCounting } from './counting.ts';
import { inspectorDeps, openInspecting } from './inspecting.ts';
import { keysInUse } from './keys.ts';
import { openModels } from './live-models.ts';
import { openMocks } from './mock-upstream.ts';
import { openReaching } from './reaching.ts';
import { openTapes } from './recording.ts';
import { createReload } from './reload.ts';
import { commonLogger, type Ports, requestBytesOf, serverSettings } from './settings.ts';
import { openSharing } from './sharing.ts';
import { openStores } from './stores.ts';
import { Unstruck } from './unstruck.ts';
import { Worlds } from './worlds.ts';

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

/** What is made once for all requests. */
function openCommon(ports: Ports) {
  const { clock, urlFetch, toPng } = ports;
  return {
    urlFetcher: createUrlFetcher(urlFetch ?? systemPorts, clock),
    pages: createPageReader(urlFetch ?? systemPorts, clock),
    pictures: createPictureConverter(toPng),
    pdfs: createPdfReader(),
    requestBytes: requestBytesOf(ports),
    bodies: new BodyBudget(clock),
    kept: new KeptBodies(),
    openRequests: new Set<ClientRequest>(),
  };
}

async function closeInTurn(parts: readonly { close(): void | Promise<void> }[]): Promise<void> {
  for (const part of parts) await part.close();
}

/** Begins to listen, and to run what is left of batches. */
function listening(app: App, deps: ServerDeps, config: Config, { worker }: Ports): Listening {
  const served = listen(app, deps, { ...config, isShared: worker !== undefined });
  deps.batches.wake();
  return served;
}

/** What answers requests where no recording does, in whichever world: the mock, or Google. */
function openUpstream(config: Config, current: () => Config, ports: Ports) {
  const isMock = (config.backend === 'mock' || config.replay?.onMiss === 'mock') && !ports.fetch;
  const unstruck = new Unstruck(config.faults, ports);
  return {
    unstruck,
    reaching: openReaching(config, ports),
    mocks: isMock ? openMocks(config, () => current().models, ports, unstruck) : undefined,
    apiKeys: () => keysInUse(current()),
  };
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
  const upstream = openUpstream(config, () => current, ports);
  const { reaching, mocks, unstruck } = upstream;
  const { inspector, hearsKeys } = openInspecting(tapes, ports, sharing.shared);
  const worlds = new Worlds({ ...upstream, tapes, hearsKeys }, { ...sharing, dataDir }, ports);
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
    ...worlds.first.parts,
    ...openCommon(ports),
    mocking: worlds.mocking,
    ...stores.deps,
    shared: sharing.shared,
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
  };
  const served = createApp((request) => worlds.enter(request, deps), worlds.mocking !== undefined);
  const { app, door } = served;
  return {
    app,
    handle: (request) => door(request),
    reload: createReload({
      config,
      deps: { ...deps, logger: commonLogger(ports) },
      replaceKeys: worlds.first.replaceKeys,
      serveWith,
    }),
    refreshModels: models.refreshIfNeeded,
    answering: () => admission.answersOpen,
    listen: () => listening(app, deps, config, ports),
    warnOfNoUpstream: () => reaching.warn(),
    warmUp: async () => void (await mocks?.load()),
    close: () => closeInTurn([worlds, stores, models, tapes, counting, sharing, unstruck]),
  };
}
