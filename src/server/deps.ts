/** What the server is given: settings, the way to Gemini, and the doors to the outside. */
import type { MessagesError } from '../anthropic/errors.ts';
import type { Keys } from '../backend/keys.ts';
import type { RetryBudget } from '../backend/retry-budget.ts';
import type { SharedState } from '../backend/shared.ts';
import type { SignatureStore } from '../backend/signature-store.ts';
import type { Streaming } from '../backend/streaming.ts';
import type { Logger } from '../lib/log.ts';
import type { Clock, Ids, Random } from '../lib/ports.ts';
import type { ModelMap } from '../translate/model-map.ts';
import type { PromptSize } from '../translate/response/usage.ts';
import type { BodyBudget } from './body-budget.ts';
import type { Call } from './call.ts';
import type { QuarantineMemory } from './quarantine-memory.ts';
import type { Stats } from './stats.ts';
import type { ThinkingMemory } from './thinking-memory.ts';
import type { UrlFetcher } from './url-fetch/url-fetcher.ts';

/** Times are milliseconds. */
export type ServerSettings = {
  version: string;
  /** The address that is bound; decides whether foreign Host and Origin headers are refused. */
  host: string;
  allowedHosts: readonly string[];
  /** Of pages that may use the API, in lower case; `*` for all. */
  corsOrigins: readonly string[];
  /** What clients must send; undefined lets everyone in. */
  proxyApiKey: string | undefined;
  /** Keys: never told to anybody. */
  secrets: readonly string[];
  modelMap: ModelMap;
  /** Groups of models; one of a later group answers where none of an earlier one can. */
  modelFallbacks: readonly (readonly string[])[];
  maxTokensLimit: number | undefined;
  /** From the request to the first content of a stream, or to the whole of a unary answer. */
  requestTimeoutMs: number;
  /** Of one answer, after its first try. */
  maxRetries: { unary: number; stream: number };
  /** False reads Gemini unary; the client gets its stream all the same. */
  upstreamStreaming: boolean;
  /** Answers under way at once; one more is told 529. */
  streamsMax: number;
  /** Who may read media that a request names by URL; with both, this process what Google cannot. */
  urlFetch: { google: boolean; proxy: boolean };
};

export type ServerDeps = {
  settings: ServerSettings;
  keys: Keys;
  /** Of all answers together. */
  budget: Pick<RetryBudget, 'begin'>;
  streaming: Streaming;
  /** What other instances know. */
  shared: Pick<SharedState, 'status'>;
  signatures: SignatureStore;
  /** The prompt's size as the client is told before the answer has ended. Recordings keep it, and replays tell it again. */
  promptTold(size: () => PromptSize): PromptSize;
  urlFetcher: UrlFetcher;
  quarantine: QuarantineMemory;
  /** Of all requests together. */
  bodies: BodyBudget;
  thinking: ThinkingMemory;
  clock: Clock;
  random: Random;
  ids: Ids;
  logger: Logger;
  stats: Stats;
  /** Requests under way: told to come back when the server has to close. */
  openCalls: Set<Call>;
  /** Set while recording or replaying: stands around each request that asks a model. */
  openScope?: OpenScope;
};

/** A response, and where its body goes on after it was returned, the promise of its end. */
export type Reply = { response: Response; ended: Promise<void> };

/** What one request gets in place of the server's own, and who looks on. */
export type CallScope = {
  request: Request;
  deps: ServerDeps;
  /** Told to the client at once, in place of an answer. */
  refusal?: unknown;
  begin?(call: Call): void;
  /** Sees the body, unpacked. */
  keepBody?: (bytes: Uint8Array) => void;
  /** What to tell the client in place of the error that the request ended with. */
  failure?(): MessagesError | undefined;
  /** Sees the reply; the one that it resolves with is sent. */
  watch?(reply: Reply, call: Call): Promise<Reply>;
};

/** `path` is the one that is served. Rejects with what to tell the client where the request itself cannot be read. */
export type OpenScope = (request: Request, path: string, deps: ServerDeps) => CallScope | Promise<CallScope>;
