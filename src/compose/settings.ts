/** The settings as the server and a recording take them. */

import type { UrlFetchPorts } from '../answer/media/fetch-url.ts';
import type { ToPng } from '../answer/media/picture-converter.ts';
import { type Config, secretsOf, VERSION } from '../config/config.ts';
import type { ServerSettings } from '../http/deps.ts';
import type { Logger } from '../lib/log.ts';
import type { Clock, Connect, Fetch, Ids, Random } from '../lib/ports.ts';
import type { RequestRecorder } from '../sim/record/recorder.ts';
import type { Plays } from '../sim/replay/player.ts';
import type { Subscriber } from '../trace/trace.ts';

export type Ports = {
  clock: Clock;
  random: Random;
  /** Replaces ids drawn from `random`. */
  ids?: Ids;
  logger: Logger;
  /** Replaces the network. (The mock backend brings its own.) */
  fetch?: Fetch;
  /** In place of the recording that `REPLAY` names. */
  player?: Plays;
  /** In place of the folder that `RECORD` names. */
  recorder?: RequestRecorder;
  /** Replaces the reader of media by URL. */
  urlFetch?: UrlFetchPorts;
  /** Replaces the decoder of pictures. */
  toPng?: ToPng;
  /** Tries whether there is a way to upstream. Without it nobody looks. */
  connect?: Connect;
  /** Hear the story of each request, beside the log and the counts. */
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
    secrets: secretsOf(config),
    modelMap,
    modelFallbacks: config.modelFallbacks,
    maxTokensLimit,
    requestTimeoutMs,
    maxRetries: { unary: config.maxRetries, stream: config.maxStreamingRetries },
    upstreamStreaming: config.upstreamStreaming,
    streamsMax: config.streamsMax,
    urlFetch: config.urlFetch,
  };
}
