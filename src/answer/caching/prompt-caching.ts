/**
 * Explicit caching (`CACHE_CONTROL=explicit`): has Google keep the beginnings of prompts that are worth it, and lets go
 * of them. All of that happens beside the answers: none waits for it, and none fails with it. Why:
 * docs/decisions/0125-explicit-caching.md
 */
import type { SharedState } from '../../cluster/shared.ts';
import { readKept } from '../../gemini/cached-contents.ts';
import { UpstreamError } from '../../gemini/errors.ts';
import type { GeminiModel } from '../../gemini/models.ts';
import { MAX_PAYLOAD_BYTES } from '../../gemini/payload.ts';
import { within } from '../../lib/async.ts';
import type { Logger } from '../../lib/log.ts';
import { type Clock, dateOf, momentOf } from '../../lib/ports.ts';
import { RecentMap } from '../../lib/recent-map.ts';
import type { CacheMark, CacheTtl } from '../../translate/request/cache-marks.ts';
import type { CacheWritten } from '../../translate/response/usage.ts';
import type { PromptKeeper } from '../../upstream/prompt-keeper.ts';
import type { Job } from '../job.ts';
import { Conversations } from './conversations.ts';
import type { Keeping, Noted, Order, Use } from './keeping.ts';
import { type KeptPrompt, KeptPrompts, readBy } from './kept-prompts.ts';
import { RequestCaching } from './request-caching.ts';
import { Terms } from './terms.ts';

/** The most that is kept at once. */
const MOST_KEPT = { count: 64, tokens: 10_000_000 };
/** Each request that has something kept holds a copy of its prompt. */
const MOST_AT_ONCE = 4;
/** Milliseconds for which a prompt counts as about to be kept. */
const KEEPING_MS = 90_000;
/** Milliseconds in which all is let go when the process ends. */
const CLOSE_MS = 3_000;
const MOST_MEMORIES = 1_000;
const BAD_REQUEST = 400;

export type CachingOptions = {
  clock: Clock;
  shared: Pick<SharedState, 'publish' | 'listen'>;
  logger: Pick<Logger, 'info' | 'warn'>;
};

export type Opening = {
  model: GeminiModel;
  marks(): readonly CacheMark[];
  mayKeep: boolean;
  session: string | undefined;
  job: Job;
};

/** What answers know of caching. */
export type CachingPort = {
  /** Undefined where nothing of the request is, or will be, kept. */
  open(opening: Opening): RequestCaching | undefined;
  /** What has been written to a cache for a client's request. */
  written(job: Job): CacheWritten | undefined;
  /** Lets go of what is kept. Takes no longer than CLOSE_MS. */
  close(): Promise<void>;
};

export const NO_CACHING: CachingPort = { open: () => undefined, written: () => undefined, async close() {} };

export class PromptCaching implements CachingPort, Keeping {
  readonly conversations: Conversations;
  readonly #options: CachingOptions;
  readonly #kept: KeptPrompts;
  readonly #terms: Terms;
  /** The beginnings that are about to be kept: their tokens, and until when they count. */
  readonly #keeping = new RecentMap<string, { tokens: number; until: number }>(MOST_MEMORIES);
  readonly #written = new WeakMap<Job, CacheWritten>();
  /** What lets go of each kept prompt. */
  readonly #keepers = new RecentMap<string, PromptKeeper>(MOST_MEMORIES);
  readonly #under = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #atOnce = 0;
  #isClosing = false;

  constructor(options: CachingOptions) {
    this.#options = options;
    this.conversations = new Conversations(options.clock);
    this.#kept = new KeptPrompts(options.clock, MOST_KEPT);
    this.#terms = new Terms(options.clock);
    options.shared.listen((fact) => {
      if (fact.kind === 'kept-prompt') this.#hearKept(fact);
      if (fact.kind === 'prompt-sent') this.conversations.note(fact.name, fact);
    });
  }

  open({ model, marks: find, ...rest }: Opening): RequestCaching | undefined {
    const terms = model.caching;
    const marks = terms ? find() : [];
    return terms && marks.length > 0 ? new RequestCaching(this, { model, terms, marks, ...rest }) : undefined;
  }

  written(job: Job): CacheWritten | undefined {
    return this.#written.get(job);
  }

  find(prefix: string): KeptPrompt | undefined {
    return this.#kept.get(prefix);
  }

  isKept(prefix: string): boolean {
    return this.#kept.get(prefix) !== undefined || this.tokensBeingKept([prefix]) > 0;
  }

  tokensBeingKept(prefixes: readonly string[]): number {
    const now = this.#options.clock.monotonic();
    for (const prefix of prefixes) {
      const keeping = this.#keeping.get(prefix);
      if (keeping && keeping.until > now) return keeping.tokens;
    }
    return 0;
  }

  isWorthwhile(order: Order): boolean {
    return this.#terms.isWorthwhile(order);
  }

  keep(order: Order, tellSent: () => void): void {
    const { prefix, model, tokens, ttlMs, key } = order;
    if (this.#isClosing || this.#atOnce >= MOST_AT_ONCE) return;
    const body = order.body();
    if (Buffer.byteLength(body) > MAX_PAYLOAD_BYTES || !this.#terms.pay(order)) return;
    const until = this.#options.clock.monotonic() + KEEPING_MS;
    this.#keeping.set(prefix, { tokens, until });
    this.#publish({ prefix, key, model: model.id, name: '', tokens, until, ttlMs });
    tellSent();
    this.#atOnce++;
    this.#run(async () => {
      try {
        await this.#keepNow(order, body);
      } finally {
        this.#atOnce--;
        this.#keeping.delete(prefix);
      }
    });
  }

  used(kept: KeptPrompt, { session, keeper, ...use }: Use): void {
    const now = this.#options.clock.monotonic();
    const { tokens, ttlMs } = kept;
    kept.usedAt = now;
    readBy(kept, session);
    if (!keeper || kept.until - now > ttlMs / 2 || !this.#terms.payToProlong({ ...use, tokens, ttlMs }))
      return;
    // Said at once, so that it is asked for once. Where Google does not do it, the next request learns that.
    kept.until = now + ttlMs;
    this.#run(async () => {
      await keeper.keepOn(kept.name, ttlMs / 1000, this.#stop.signal);
      this.#publish(kept);
    });
  }

  lost(kept: KeptPrompt): void {
    this.#forget(kept);
  }

  blamed(kept: KeptPrompt, { status, message }: UpstreamError, { id }: Pick<Job, 'id'>): void {
    const { key, model } = kept;
    const fields = { request_id: id, gemini_model: model, key: `#${key}`, google: message };
    this.#options.logger.warn(fields, 'a kept prompt was refused: the request was sent whole');
    this.#forget(kept);
    // Where Google has only lost it, there is nothing wrong with keeping prompts.
    if (status !== BAD_REQUEST) return;
    this.#terms.refused(model, key);
    this.#letGo(kept);
  }

  sent(prompts: readonly Noted[]): void {
    for (const { read, ...sent } of prompts) {
      if (read === undefined) continue;
      this.conversations.note(sent.name, { ...sent, read });
      this.#options.shared.publish({ kind: 'prompt-sent', ...sent, read });
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    for (const kept of this.#kept.all()) if (kept.isOwn) this.#letGo(kept);
    await within(this.#allDone(), CLOSE_MS, this.#options.clock);
    this.#stop.abort();
  }

  async #allDone(): Promise<void> {
    while (this.#under.size > 0) await Promise.all(this.#under);
  }

  async #keepNow(order: Order, body: string): Promise<void> {
    const { prefix, key, model, ttl, ttlMs, keeper, job, reuses } = order;
    const { clock, logger } = this.#options;
    const fields = { request_id: job.id, gemini_model: model.id, key: `#${key}` };
    try {
      const begun = clock.monotonic();
      const kept = readKept(await keeper.keep(body, this.#stop.signal));
      if (!kept) throw new UpstreamError('malformed', 'no name of what is kept came');
      this.#keepers.set(kept.name, keeper);
      const times = { until: begun + ttlMs, usedAt: clock.monotonic(), ttlMs };
      this.#add(order, { ...kept, ...times, prefix, key, model: model.id });
      this.#tellSpent(order, kept.tokens);
      logger.info({ ...fields, tokens: kept.tokens, ttl, reuses }, 'prompt kept');
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#terms.failed(error, model.id, key);
      this.#publish({ prefix, key, model: model.id, name: '', tokens: 0, until: 0, ttlMs });
      logger.warn(
        { ...fields, google: textOf(error) },
        'a prompt could not be kept: requests are sent whole',
      );
    }
  }

  #add({ session, replaces, job, ttl }: Order, kept: Omit<KeptPrompt, 'isOwn' | 'readers'>): void {
    const added: KeptPrompt = { ...kept, isOwn: true, readers: { session, others: session === undefined } };
    const dropped = this.#kept.add(added);
    this.#noteWritten(job, ttl, Math.max(0, kept.tokens - (replaces?.tokens ?? 0)));
    this.#publish(added);
    if (replaces && !replaces.readers.others) dropped.push(replaces);
    if (this.#isClosing) dropped.push(added);
    for (const old of dropped) this.#letGo(old);
  }

  #tellSpent(order: Order, tokens: number): void {
    const { model, key, job } = order;
    const paid = { in: tokens, cached: 0, out: 0, thinking: 0, ...this.#terms.cost({ ...order, tokens }) };
    job.trace.tell({ type: 'spent', for: 'cache', model: model.id, key, ...paid });
  }

  #noteWritten(job: Job, ttl: CacheTtl, tokens: number): void {
    const before = this.#written.get(job) ?? { '5m': 0, '1h': 0 };
    this.#written.set(job, { ...before, [ttl]: before[ttl] + tokens });
  }

  #forget(kept: KeptPrompt): void {
    this.#kept.delete(kept.prefix);
    this.#publish({ ...kept, until: 0 });
  }

  /** What another process has had kept is that process's to let go. */
  #letGo(kept: KeptPrompt): void {
    const keeper = this.#keepers.get(kept.name);
    this.#forget(kept);
    if (keeper) this.#run(() => keeper.letGo(kept.name, this.#stop.signal));
  }

  /** Runs work beside the answers. What is kept expires by itself, so that a failure here costs no more than its time. */
  #run(work: () => Promise<void>): void {
    const running: Promise<void> = work()
      .catch((error: unknown) => {
        if (this.#stop.signal.aborted) return;
        this.#options.logger.warn({ google: textOf(error) }, 'a kept prompt could not be changed');
      })
      .finally(() => this.#under.delete(running));
    this.#under.add(running);
  }

  #publish({ prefix, key, model, name, tokens, until, ttlMs }: Told): void {
    const date = until === 0 ? 0 : dateOf(this.#options.clock, until).getTime();
    const fact = { prefix, key, model, name, tokens, until: date, ttl: ttlMs };
    this.#options.shared.publish({ kind: 'kept-prompt', ...fact });
  }

  #hearKept({ prefix, key, model, name, tokens, until: date, ttl: ttlMs }: Heard): void {
    const { clock } = this.#options;
    const until = date === 0 ? 0 : momentOf(clock, date);
    if (name === '' && date !== 0) this.#keeping.set(prefix, { tokens, until });
    else this.#keeping.delete(prefix);
    if (name === '') return;
    const known = this.#kept.get(prefix);
    if (date === 0) {
      if (known?.name === name) this.#kept.delete(prefix);
      return;
    }
    if (known?.name === name) {
      known.until = until;
      return;
    }
    // Two processes may have had the same kept at the same moment. Both find that one of the two is enough, and which.
    if (known?.isOwn && known.name < name) return;
    if (known?.isOwn) this.#letGo(known);
    const times = { ttlMs, until, usedAt: clock.monotonic() };
    const readers = { session: undefined, others: true };
    const dropped = this.#kept.add({ prefix, key, model, name, tokens, ...times, isOwn: false, readers });
    for (const old of dropped) this.#letGo(old);
  }
}

type Told = Pick<KeptPrompt, 'prefix' | 'key' | 'model' | 'name' | 'tokens' | 'until' | 'ttlMs'>;
type Heard = Omit<Told, 'ttlMs'> & { ttl: number };

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
