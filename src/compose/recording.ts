/** Recording and replay, as the settings ask for them. */
import { basename, dirname, resolve } from 'node:path';
import { type Config, SDK_VERSION, secretsOf, VERSION } from '../config/config.ts';
import { asCalled, RECORDINGS } from '../config/program.ts';
import { onVertex } from '../gemini/vertex.ts';
import { ClientGone } from '../http/client-request.ts';
import { readClientFolder, readClientGist } from '../http/taping/client-gist.ts';
import { CLIENT_NAMES } from '../http/taping/client-names.ts';
import { CLIENT_NOISE, CLIENT_WIRE } from '../http/taping/client-wire.ts';
import type { Logger } from '../lib/log.ts';
import { hasManifest, openManifest, readManifest } from '../sim/cassette/manifest.ts';
import type { RecordedSettings } from '../sim/cassette/settings.ts';
import type { Origin } from '../sim/cassette/types.ts';
import { Recorder, type RequestRecorder } from '../sim/record/recorder.ts';
import { summaryText } from '../sim/record/summary.ts';
import { ThreadedWriter } from '../sim/record/threaded-writer.ts';
import { ownRule, redactorWith } from '../sim/record/writer.ts';
import type { OwnRule, Redactor } from '../sim/redact.ts';
import { clientsText, oldAgeText } from '../sim/replay/age.ts';
import { OpenedRecording } from '../sim/replay/opened-recording.ts';
import { Player, type Plays } from '../sim/replay/player.ts';
import { NO_WORDS } from '../translate/own-words.ts';
import { forSetting, type Ports, serverSettings } from './settings.ts';

/** The settings that answers depend on. */
export function recordedSettings(config: Config): RecordedSettings {
  const { modelMap, maxRetries, maxTokensLimit, upstreamStreaming, requestTimeoutMs, urlFetch } =
    serverSettings(config);
  const { modelFallbacks, headTimeoutMs, idleTimeoutMs, autoModeClassifier, vertex, words, localAnswers } =
    config;
  return {
    ...(vertex ? { host: 'vertex' as const } : {}),
    modelMap: { ...modelMap, patterns: modelMap.patterns.map(([pattern, target]) => [pattern, target]) },
    modelFallbacks: modelFallbacks.map((group) => [...group]),
    maxTokensLimit: maxTokensLimit ?? null,
    upstreamStreaming,
    urlFetch,
    autoModeClassifier,
    words,
    localAnswers,
    maxTries: { unary: maxRetries.unary + 1, stream: maxRetries.stream + 1 },
    requestTimeoutMs,
    headTimeoutMs,
    idleTimeoutMs,
  };
}

/** The origin of the exchanges. Answers that faults have changed are no longer what Google sent. */
export function originOf({ backend, faults }: Config): Origin {
  if (backend !== 'gemini' && backend !== 'vertex') return 'synthetic';
  return faults.length > 0 ? 'edited' : 'live';
}

/** What must not be in a recording: the keys of the settings, and the user's own patterns. */
export const blottedOut = (config: Config) => ({
  secrets: secretsOf(config),
  patterns: config.redact.map(({ source }) => source),
});

const redactorOf = (config: Config): Redactor => redactorWith(blottedOut(config));

export const ownRules = ({ redact }: Config): OwnRule[] => redact.map(({ source }) => ownRule(source));

/** Opens the recorder. Throws where the folder contains something else than a recording. */
function openRecorder(folder: string, config: Config, ports: Ports): Recorder {
  const createdAt = ports.clock.wall().toISOString();
  const manifest = { createdAt, ...madeWith(config) };
  forSetting('RECORD', () => openManifest(folder, manifest));
  return recorderInto(folder, config, ports, () => {
    if (!hasManifest(folder)) openManifest(folder, manifest);
  });
}

/** A recording of a replay was answered by whoever answered then, under the settings of then. */
function madeWith(config: Config): { backend: string; settings: RecordedSettings } {
  if (!config.replay) return { backend: config.backend, settings: recordedSettings(config) };
  const { backend, settings } = readManifest(config.replay.folder);
  return { backend, settings };
}

/** Records into a folder that is a recording. */
const recorderInto = (
  folder: string,
  config: Config,
  { clock, random, logger }: Ports,
  prepare?: () => void,
): Recorder =>
  new Recorder({
    folder,
    ...(prepare ? { prepare } : {}),
    writer: new ThreadedWriter({ ...blottedOut(config), wire: CLIENT_WIRE }),
    origin: originOf(config),
    isDisturbed: config.faults.length > 0,
    versions: { proxy: VERSION, sdk: SDK_VERSION, bun: Bun.version },
    clock,
    random,
    isClientGone: (reason) => reason instanceof ClientGone,
    onProblem: (message) => logger.error({}, message),
  });

/** Recordings from before media by URL existed have no setting for it. */
const OLD_URL_FETCH = { google: false, proxy: false };

/**
 * `config` with the settings of the recording. These take precedence over today's, because the answers depend on them.
 */
function withRecordedSettings(config: Config, settings: RecordedSettings): Config {
  const { maxTries, maxTokensLimit, modelFallbacks = [], urlFetch = OLD_URL_FETCH, ...others } = settings;
  const { host, autoModeClassifier = false, words = NO_WORDS, localAnswers = false, ...same } = others;
  const retries = { maxRetries: maxTries.unary - 1, maxStreamingRetries: maxTries.stream - 1 };
  return {
    ...config,
    ...same,
    ...retries,
    models: host ? onVertex(config.models) : config.models,
    modelFallbacks,
    urlFetch,
    autoModeClassifier,
    words,
    localAnswers,
    maxTokensLimit: maxTokensLimit ?? undefined,
  };
}

const SAMENESS = {
  noise: CLIENT_NOISE,
  names: CLIENT_NAMES,
  readGist: readClientGist,
  readFolder: readClientFolder,
};

/**
 * Opens the recording. Throws where the folder holds none. A request that cannot be read is told, and left out. What is
 * read is not changed by playing, so that several players can play it.
 */
function openRecording({ replay }: Config, { clock, logger }: Ports): OpenedRecording | undefined {
  if (!replay) return undefined;
  const { folder, match } = replay;
  const recording = forSetting(
    'REPLAY',
    () => new OpenedRecording(folder, SAMENESS, { isLoose: match === 'loose' }),
  );
  for (const [name, problem] of recording.unusable)
    logger.warn({ recorded: name }, `replay: ${name} cannot be played: ${problem}`);
  const age = oldAgeText(recording.recordedAt, clock.wall());
  if (age !== undefined)
    logger.warn({}, `replay: ${basename(folder)} was ${age}${clientsText(recording.clients)}`);
  return recording;
}

function openPlayer(
  recording: OpenedRecording | undefined,
  { replay, record, faults }: Config,
  { clock }: Ports,
): Player | undefined {
  if (!replay || !recording) return undefined;
  const { pace, match, repeats, alone = false } = replay;
  const finding = { isLoose: match === 'loose', repeats };
  const isDelayed = faults.length > 0;
  const age = oldAgeText(recording.recordedAt, clock.wall());
  const carriesFrom = record === undefined ? undefined : basename(replay.folder);
  return new Player({
    ...{ recording, ...finding, pace, alone, clock, isDelayed, age, carriesFrom },
    version: VERSION,
  });
}

/**
 * Opens the recorder of requests that the recording does not have. It adds them to the recording, whose settings are
 * those of the replay. Throws where Vertex AI has answered: a replay has no credentials for it.
 */
function openMissRecorder(config: Config, player: Plays, ports: Ports): Recorder | undefined {
  const { replay } = config;
  if (replay?.onMiss !== 'record') return undefined;
  if (player.settings.host === 'vertex')
    throw new Error(
      `REPLAY_ON_MISS: record: ${replay.folder} was recorded on Vertex AI, and only Gemini can be asked`,
    );
  return recorderInto(replay.folder, { ...config, backend: 'gemini' }, ports);
}

/** Only recordings of `bun run record` have a name. */
function replayHint(folder = ''): string {
  if (resolve(dirname(folder)) !== resolve(RECORDINGS)) return '';
  return asCalled(`; to answer it again: bun run replay ${basename(folder)} --verify`);
}

async function reportRecorded(recorder: Recorder, folder: string, hint: string, logger: Logger) {
  const summary = await recorder.close();
  logger.info({ ...summary }, `${summaryText(summary, folder)}${hint}`);
}

function reportPlayed(player: Player, logger: Logger): void {
  const report = player.report();
  const { played, requests, loose, repeated, misses, leftovers, unusable } = report;
  const told = [
    `played ${played} of ${requests} recorded requests`,
    ...(loose > 0 ? [`${loose} only loosely`] : []),
    ...(repeated > 0 ? [`${repeated} again`] : []),
    `${misses} misses`,
  ];
  const left = leftovers.length > 0 ? `; nobody asked for ${leftovers.join(', ')}` : '';
  const bad = unusable.length > 0 ? `; cannot be played: ${unusable.join(', ')}` : '';
  const level = misses + loose > 0 || left !== '' || bad !== '' ? 'warn' : 'info';
  logger[level]({ ...report }, `${told.join(', ')}${left}${bad}`);
}

/** Tells what was played of a recording: of each player that was used, and where none was, of one. */
class PlayedReports {
  readonly #logger: Logger;
  readonly #told = new WeakSet<Plays>();
  #isSilent = true;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** To be called when nobody asks the player any more. */
  end(player: Plays | undefined): void {
    if (!(player instanceof Player) || this.#told.has(player)) return;
    const { played, misses } = player.report();
    if (played + misses > 0) this.#tell(player);
  }

  close(first: Player | undefined): void {
    if (first && this.#isSilent) this.#tell(first);
  }

  #tell(player: Player): void {
    this.#isSilent = false;
    this.#told.add(player);
    reportPlayed(player, this.#logger);
  }
}

/** The recorder of requests, and the player that answers them in place of upstream. */
export type Tapes = {
  /** The settings to serve with. In a replay they are the settings with which the requests were recorded. */
  config: Config;
  player: Plays | undefined;
  recorder: RequestRecorder | undefined;
  /** Records what is missing in the recording that is played. */
  missRecorder: RequestRecorder | undefined;
  redactor: Redactor;
  /** Another player of the same recording, from its beginning; undefined where none is played. */
  openPlayer(): Plays | undefined;
  /** To be called when nobody asks the player any more. */
  endPlayer(player: Plays | undefined): void;
  /** Resolves once all recordings are on disk, and their summary is in the log. */
  close(): Promise<void>;
};

/**
 * Opens the recorder and the player that the ports give, or else those that the settings name. Throws where a folder
 * cannot be used.
 */
export function openTapes(given: Config, ports: Ports): Tapes {
  const recording = ports.player ? undefined : openRecording(given, ports);
  const ownPlayer = openPlayer(recording, given, ports);
  const player = ports.player ?? ownPlayer;
  const config = player ? withRecordedSettings(given, player.settings) : given;
  const folder = ports.recorder ? undefined : config.record;
  const ownRecorder = folder === undefined ? undefined : openRecorder(folder, config, ports);
  const missRecorder = player && openMissRecorder(config, player, ports);
  const { logger } = ports;
  const reports = new PlayedReports(logger);
  return {
    config,
    player,
    recorder: ports.recorder ?? ownRecorder,
    missRecorder,
    redactor: redactorOf(config),
    openPlayer: () => ports.player ?? openPlayer(recording, given, ports),
    endPlayer: (ended) => reports.end(ended),
    async close() {
      if (ownRecorder) await reportRecorded(ownRecorder, folder ?? '', replayHint(folder), logger);
      if (missRecorder) await reportRecorded(missRecorder, config.replay?.folder ?? '', '', logger);
      reports.close(ownPlayer);
    },
  };
}
