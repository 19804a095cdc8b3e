/** What a request knows of the prompts that are kept: the orders that it gives, and what it may ask and tell. */
import type { UpstreamError } from '../../gemini/errors.ts';
import type { Caching, GeminiModel } from '../../gemini/models.ts';
import type { CacheTtl } from '../../translate/request/cache-marks.ts';
import type { PromptKeeper } from '../../upstream/prompt-keeper.ts';
import type { Job } from '../job.ts';
import type { Conversations, Sent } from './conversations.ts';
import type { KeptPrompt } from './kept-prompts.ts';
import type { Wanted } from './terms.ts';

/** What is to be kept. */
export type Order = Wanted & {
  prefix: string;
  ttl: CacheTtl;
  session: string | undefined;
  job: Job;
  keeper: PromptKeeper;
  /** A shorter beginning of the same conversation that is kept until now. */
  replaces: KeptPrompt | undefined;
  body(): string;
};

/** A use of what is kept. */
export type Use = {
  session: string | undefined;
  terms: Caching;
  model: GeminiModel;
  keeper: PromptKeeper | undefined;
};

/** A beginning that was sent, as it is noted for later requests (`Sent` of `conversations.ts`). */
export type Noted = Sent & { name: string };

/** No function waits for anything, or throws. */
export type Keeping = {
  readonly conversations: Pick<Conversations, 'before' | 'note'>;
  find(prefix: string): KeptPrompt | undefined;
  /** True also for what is about to be kept. */
  isKept(prefix: string): boolean;
  /** The tokens of the first of these beginnings that is about to be kept. */
  tokensBeingKept(prefixes: readonly string[]): number;
  isWorthwhile(order: Order): boolean;
  /** Has it kept in the background, if there is room for it. `tellSent` runs where a request is sent. */
  keep(order: Order, tellSent: () => void): void;
  /** To be called where a request that reads `kept` was accepted. */
  used(kept: KeptPrompt, use: Use): void;
  /** To be called where Google does not know what is kept. */
  lost(kept: KeptPrompt): void;
  /** To be called where Google has refused a request that reads `kept`, and has accepted the same request whole. */
  blamed(kept: KeptPrompt, because: UpstreamError, job: Pick<Job, 'id'>): void;
  /** To be called with what is known of the beginnings of a request when its answer has ended. */
  sent(prompts: readonly Noted[]): void;
};
