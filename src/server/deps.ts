/** What the server is given: settings, the way to Gemini, and the doors to the outside. */
import type { Backend } from '../backend/backend.ts';
import type { SignatureStore } from '../backend/signature-store.ts';
import type { Logger } from '../lib/log.ts';
import type { Clock, Ids, Random } from '../lib/ports.ts';
import type { ModelMap } from '../translate/model-map.ts';
import type { Call } from './call.ts';
import type { Stats } from './stats.ts';

/** Times are milliseconds. */
export type ServerSettings = {
  version: string;
  /** The address that is bound; decides whether foreign Host and Origin headers are refused. */
  host: string;
  allowedHosts: readonly string[];
  /** What clients must send; undefined lets everyone in. */
  proxyApiKey: string | undefined;
  modelMap: ModelMap;
  maxTokensLimit: number | undefined;
  /** From the request to the first content of a stream, or to the whole of a unary answer. */
  requestTimeoutMs: number;
  /** All tries of one answer together. */
  maxTries: { unary: number; stream: number };
  /** False reads Gemini unary; the client gets its stream all the same. */
  upstreamStreaming: boolean;
  /** Answers under way at once; one more is told 529. */
  streamsMax: number;
};

export type ServerDeps = {
  settings: ServerSettings;
  backend: Backend;
  signatures: SignatureStore;
  clock: Clock;
  random: Random;
  ids: Ids;
  logger: Logger;
  stats: Stats;
  /** Requests under way: told to come back when the server has to close. */
  openCalls: Set<Call>;
};
