/** The settings in the forms that the server and a recording need. */

import type { UrlFetchPorts } from '../answer/media/guarded-fetch.ts';
import type { ToPng } from '../answer/media/picture-converter.ts';
import type { ParentLink } from '../cluster/worker-shared.ts';
import { type Config, secretsOf, VERSION } from '../config/config.ts';
import { settingDigests } from '../config/setting-names.ts';
import { MAX_REQUEST_BYTES } from '../gemini/limits.ts';
import type { ServerSettings } from '../http/deps.ts';
import type { Logger } from '../lib/log.ts';
import type { Clock, Connect, Fetch, Ids, Random } from '../lib/ports.ts';
import type { RequestRecorder } from '../sim/record/recorder.ts';
import type { Plays } from '../sim/replay/player.ts';
import type { Subscriber } from '../trace/trace.ts';

/** What a process is given that serves together with others, on one port. */
export type WorkerSeat = {
  /** From 1. */
  number: number;
  /** True for one of them, which says what all of them would say alike. */
  isSpeaker: boolean;
  parent: ParentLink;
};

export type Ports = {
  clock: Clock;
  random: Random;
  /** Gives ids in place of those made from `random`. */
  ids?: Ids;
  logger: Logger;
  /** Replaces the network. (The mock backend brings its own.) */
  fetch?: Fetch;
  /** Plays in place of the recording that `REPLAY` names. */
  player?: Plays;
  /** Records in place of the recorder for the folder that `RECORD` names. */
  recorder?: RequestRecorder;
  /** Replaces the reader of media by URL. */
  urlFetch?: UrlFetchPorts;
  /** Replaces the decoder of pictures. */
  toPng?: ToPng;
  /** The most bytes of a request, in place of Google's own limit. */
  requestBytes?: number;
  /** Tries to connect to upstream. Where it is absent, nothing checks whether upstream can be reached. */
  connect?: Connect;
  /** Set where other processes serve the same port. */
  worker?: WorkerSeat;
  /** Where the page of the inspector saves recordings, in place of the usual folder. */
  recordings?: string;
  /** True where a test has started it: it may ask what a mock is asked, whoever answers. */
  isForTests?: boolean;
  /** Get the story of each request, in addition to the log and the counts. */
  subscribers?: readonly Subscriber[];
};

export function serverSettings(config: Config): ServerSettings {
  const { host, allowedHosts, corsOrigins, proxyApiKey, modelMap, maxTokensLimit, requestTimeoutMs } = config;
  return {
    version: VERSION,
    host,
    allowedHosts,
    corsOrigins,
    proxyApiKey,
    clients: config.clients,
    dailyBudget: config.dailyBudget,
    keyRpm: config.keyRpm,
    responseHeaders: config.responseHeaders,
    secrets: secretsOf(config),
    modelMap,
    models: config.models,
    modelFallbacks: config.modelFallbacks,
    maxTokensLimit,
    requestTimeoutMs,
    maxRetries: { unary: config.maxRetries, stream: config.maxStreamingRetries },
    upstreamStreaming: config.upstreamStreaming,
    headTimeoutMs: config.headTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    streamsMax: config.streamsMax,
    urlFetch: config.urlFetch,
    awaitRestart: [],
    digests: settingDigests(config),
    autoModeClassifier: config.autoModeClassifier,
    words: config.words,
    localAnswers: config.localAnswers,
  };
}

/** Does the work that a setting asks for. The error of work that fails names the setting. */
export function forSetting<Result>(name: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${name}: ${why}`, { cause: error });
  }
}

export const requestBytesOf = ({ requestBytes = MAX_REQUEST_BYTES }: Ports): number => requestBytes;

/** The logger for what all workers of a proxy would say alike: they write the same log. */
export const commonLogger = ({ logger, worker }: Ports): Logger =>
  worker?.isSpeaker === false ? { ...logger, info() {}, warn() {} } : logger;
