/**
 * Everything that answers are made with: their settings, the way to Gemini, and what is remembered from one answer to
 * the next.
 */
import type { FileStore } from '../files/store.ts';
import type { ModelTable } from '../gemini/models.ts';
import type { Keys } from '../keys/keys.ts';
import type { RetryBudget } from '../keys/retry-budget.ts';
import type { Streaming } from '../keys/stream-breakers.ts';
import type { Logger } from '../lib/log.ts';
import type { Clock, Ids, Random } from '../lib/ports.ts';
import type { SignatureStore } from '../signatures/store.ts';
import type { ModelMap } from '../translate/model-map.ts';
import type { OwnWords } from '../translate/own-words.ts';
import type { PromptSize } from '../translate/response/usage.ts';
import type { CachingPort } from './caching/prompt-caching.ts';
import type { KeptBodies } from './kept-bodies.ts';
import type { Lessons } from './lessons.ts';
import type { FileReader } from './media/file-reader.ts';
import type { PdfReader } from './media/pdf-reader.ts';
import type { PictureConverter } from './media/picture-converter.ts';
import type { Uploads } from './media/uploads.ts';
import type { UrlFetcher } from './media/url-fetcher.ts';
import type { PageReader } from './pages/page-reader.ts';
import type { QuarantineMemory } from './quarantine-memory.ts';
import type { PromptSizes } from './sizes/prompt-sizes.ts';
import type { TokenCounts } from './sizes/token-counts.ts';
import type { VerdictMemory } from './verdicts/verdict-memory.ts';

/** Times are milliseconds. */
export type AnswerSettings = {
  /** All keys. They are hidden in every text that leaves the process. */
  secrets: readonly string[];
  modelMap: ModelMap;
  /** What is known of models. */
  models: ModelTable;
  /** Groups of models. A model of a later group answers where no model of an earlier group can. */
  modelFallbacks: readonly (readonly string[])[];
  maxTokensLimit: number | undefined;
  /** Milliseconds from the request to the first content of a stream, or to the end of a whole answer. */
  requestTimeoutMs: number;
  /** The most retries of one answer. */
  maxRetries: { unary: number; stream: number };
  /** False asks Gemini for whole answers; the client still gets a stream. */
  upstreamStreaming: boolean;
  /**
   * Who may read media that a request names by URL. Where both may, this process reads only the media that Google
   * cannot read.
   */
  urlFetch: { google: boolean; proxy: boolean };
  /** True where a model judges the calls of an answer, if the client asks for that. */
  autoModeClassifier: boolean;
  /** What is added to Claude Code's system prompt. */
  words: OwnWords;
  /** True where small requests that need no model are answered here. */
  localAnswers: boolean;
};

export type AnswerPorts = {
  settings: AnswerSettings;
  keys: Keys;
  /** The budget that the retries of all answers share. */
  budget: Pick<RetryBudget, 'begin' | 'lately'>;
  streaming: Streaming;
  signatures: SignatureStore;
  urlFetcher: UrlFetcher;
  fileReader: FileReader;
  /** Keeps what tools have made for clients. */
  files: Pick<FileStore, 'make'>;
  /** Reads pages for the web fetch. */
  pages: PageReader;
  pictures: PictureConverter;
  pdfs: PdfReader;
  uploads: Uploads;
  /** The most bytes of a request. */
  requestBytes: number;
  quarantine: QuarantineMemory;
  lessons: Lessons;
  /** Reads Google's own list of models in the background, unless it was read lately. */
  refreshModels(): void;
  kept: KeptBodies;
  /** Has Google keep beginnings of prompts, where the operator has chosen that. */
  caching: CachingPort;
  /** What Google has counted of the prompts of each session. */
  sizes: PromptSizes;
  /** The verdicts on calls that were given before. */
  verdicts: VerdictMemory;
  /** What Google has counted for clients that asked for a count. */
  counts: TokenCounts;
  /**
   * The size of a prompt as it is told to the client where Google does not tell it in time. Recordings keep this size,
   * and replays tell the same size again.
   */
  promptTold(size: () => PromptSize): PromptSize;
  /** The date that an answer may tell. Replays tell that of the recording. */
  date(): Date;
  clock: Clock;
  random: Random;
  ids: Ids;
  logger: Logger;
};
