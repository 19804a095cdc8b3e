/** What the server and a recording are told of the settings. */

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
  /** In place of ids drawn from `random`. */
  ids?: Ids;
  logger: Logger;
  /** In place of the network; the mock backend brings its own. */
  fetch?: Fetch;
  /** In place of the recording that `REPLAY` names. */
  player?: Plays;
  /** In place of the folder that `RECORD` names. */
  recorder?: RequestRecorder;
  /** In place of what media by URL are read with. */
  urlFetch?: UrlFetchPorts;
  /** In place of what decodes pictures. */
  toPng?: ToPng;
  /** Tries the way to upstream, beside `fetch` or the network; without it nobody wonders. */
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
