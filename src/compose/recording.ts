/** Recording and replay, as the settings ask for them. */
import { basename, dirname, resolve } from 'node:path';
import { type Config, SDK_VERSION, secretsOf, VERSION } from '../config/config.ts';
import { asCalled, RECORDINGS } from '../config/program.ts';
import { onVertex } from '../gemini/vertex.ts';
import { ClientGone } from '../http/client-request.ts';
import { CLIENT_NAMES } from '../http/taping/client-names.ts';
import { CLIENT_NOISE, CLIENT_WIRE } from '../http/taping/client-wire.ts';
import type { Logger } from '../lib/log.ts';
import { openManifest } from '../sim/cassette/manifest.ts';
import type { RecordedSettings } from '../sim/cassette/settings.ts';
import type { Origin } from '../sim/cassette/types.ts';
import { Recorder, type RequestRecorder } from '../sim/record/recorder.ts';
import { summaryText } from '../sim/record/summary.ts';
import { ThreadedWriter } from '../sim/record/threaded-writer.ts';
import { ownRule, redactorWith } from '../sim/record/writer.ts';
import type { OwnRule, Redactor } from '../sim/redact.ts';
import { Player, type Plays } from '../sim/replay/player.ts';
import { NO_WORDS } from '../translate/own-words.ts';
import { type Ports, serverSettings } from './settings.ts';

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
function openRecorder(folder: string, config: Config, { clock, random, logger }: Ports): Recorder {
  const { backend } = config;
  const createdAt = clock.wall().toISOString();
  openManifest(folder, { createdAt, backend, settings: recordedSettings(config) });
  return new Recorder({
    folder,
    writer: new ThreadedWriter({ ...blottedOut(config), wire: CLIENT_WIRE }),
    origin: originOf(config),
    versions: { proxy: VERSION, sdk: SDK_VERSION, bun: Bun.version },
    clock,
    random,
    isClientGone: (reason) => reason instanceof ClientGone,
    onProblem: (message) => logger.error({}, message),
  });
}

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

/** Opens the player. Throws where the folder holds no recording. A request that cannot be read is told, and left out. */
function openPlayer({ replay, faults }: Config, { clock, logger }: Ports): Player | undefined {
  if (!replay) return undefined;
  const sameness = { noise: CLIENT_NOISE, names: CLIENT_NAMES };
  const player = new Player({ ...replay, ...sameness, clock, isDelayed: faults.length > 0 });
  for (const [name, problem] of player.library.unusable)
    logger.warn({ recorded: name }, `replay: ${name} cannot be played: ${problem}`);
  return player;
}

/** Only recordings of `bun run record` have a name. */
function replayHint(folder = ''): string {
  if (resolve(dirname(folder)) !== resolve(RECORDINGS)) return '';
  return asCalled(`; to answer it again: bun run replay ${basename(folder)} --verify`);
}

async function reportEnd(
  recorder: Recorder | undefined,
  player: Player | undefined,
  config: Config,
  logger: Logger,
) {
  if (recorder) {
    const summary = await recorder.close();
    logger.info({ ...summary }, `${summaryText(summary, config.record ?? '')}${replayHint(config.record)}`);
  }
  if (player) {
    const report = player.report();
    const { played, requests, misses, leftovers, unusable } = report;
    const left = leftovers.length > 0 ? `; nobody asked for ${leftovers.join(', ')}` : '';
    const bad = unusable.length > 0 ? `; cannot be played: ${unusable.join(', ')}` : '';
    const level = misses > 0 || left !== '' || bad !== '' ? 'warn' : 'info';
    logger[level](
      { ...report },
      `played ${played} of ${requests} recorded requests, ${misses} misses${left}${bad}`,
    );
  }
}

/** The recorder of requests, and the player that answers them in place of upstream. */
export type Tapes = {
  /** The settings to serve with. In a replay they are the settings with which the requests were recorded. */
  config: Config;
  player: Plays | undefined;
  recorder: RequestRecorder | undefined;
  redactor: Redactor;
  /** Resolves once all recordings are on disk, and their summary is in the log. */
  close(): Promise<void>;
};

/**
 * Opens the recorder and the player that the ports give, or else those that the settings name. Throws where a folder
 * cannot be used.
 */
export function openTapes(given: Config, ports: Ports): Tapes {
  const ownPlayer = ports.player ? undefined : openPlayer(given, ports);
  const player = ports.player ?? ownPlayer;
  const config = player ? withRecordedSettings(given, player.settings) : given;
  const folder = ports.recorder ? undefined : config.record;
  const ownRecorder = folder === undefined ? undefined : openRecorder(folder, config, ports);
  return {
    config,
    player,
    recorder: ports.recorder ?? ownRecorder,
    redactor: redactorOf(config),
    close: () => reportEnd(ownRecorder, ownPlayer, config, ports.logger),
  };
}
