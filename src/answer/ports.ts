/** What answers are made with: the settings that they heed, the way to Gemini, and what is remembered from one to the next. */
import type { Keys } from '../keys/keys.ts';
import type { RetryBudget } from '../keys/retry-budget.ts';
import type { Streaming } from '../keys/stream-breakers.ts';
import type { Logger } from '../lib/log.ts';
import type { Clock, Ids, Random } from '../lib/ports.ts';
import type { SignatureStore } from '../signatures/store.ts';
import type { ModelMap } from '../translate/model-map.ts';
import type { PictureConverter } from './media/picture-converter.ts';
import type { UrlFetcher } from './media/url-fetcher.ts';
import type { QuarantineMemory } from './quarantine-memory.ts';
import type { ThinkingMemory } from './thinking-memory.ts';

/** Times are milliseconds. */
export type AnswerSettings = {
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
  /** Who may read media that a request names by URL; with both, this process what Google cannot. */
  urlFetch: { google: boolean; proxy: boolean };
};

export type AnswerPorts = {
  settings: AnswerSettings;
  keys: Keys;
  /** Of all answers together. */
  budget: Pick<RetryBudget, 'begin'>;
  streaming: Streaming;
  signatures: SignatureStore;
  urlFetcher: UrlFetcher;
  pictures: PictureConverter;
  quarantine: QuarantineMemory;
  thinking: ThinkingMemory;
  clock: Clock;
  random: Random;
  ids: Ids;
  logger: Logger;
};
