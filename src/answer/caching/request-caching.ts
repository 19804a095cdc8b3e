/**
 * Explicit caching for one request and one model: which kept prompt the request reads, what follows a refusal of it, and
 * which beginning of the request is to be kept for later ones.
 */
import {
  bodyWith,
  type Cut,
  cutRequest,
  HEAD,
  isAtEnd,
  isBefore,
  keepingBody,
  mayBeOfKept,
  namesKept,
} from '../../gemini/cached-contents.ts';
import { UpstreamError } from '../../gemini/errors.ts';
import type { RequestSize } from '../../gemini/estimate/request-size.ts';
import type { Caching, GeminiModel } from '../../gemini/models.ts';
import type { GenerateContentRequest } from '../../gemini/wire.ts';
import type { CacheMark } from '../../translate/request/cache-marks.ts';
import type { Backend } from '../../upstream/backend.ts';
import type { Job } from '../job.ts';
import type { Sent } from './conversations.ts';
import type { Keeping, Noted, Order } from './keeping.ts';
import type { KeptPrompt } from './kept-prompts.ts';
import { type Prefix, Prefixes } from './prefixes.ts';
import { TTL_MS } from './terms.ts';

export type RequestCachingOptions = {
  model: GeminiModel;
  /** Caching, as the model has it. */
  terms: Caching;
  /** In the order of the prompt. */
  marks: readonly CacheMark[];
  /** False for a question of the proxy's own: it is asked once. */
  mayKeep: boolean;
  session: string | undefined;
  job: Job;
};

/** The size of the request that was sent, and the tokens of all of it. */
export type Measured = { size: RequestSize; tokens: number };

/** A request as it was sent. */
type Sending = {
  request: GenerateContentRequest;
  backend: Backend;
  prefixes: Prefixes;
  all: readonly Prefix[];
};
type Used = { kept: KeptPrompt; cut: Cut };
/** A mark, the beginning up to it, and what is known of that from earlier requests. */
type Found = { mark: CacheMark; name: string; tokens: number; before: Sent | undefined; reuses: number };
/** `again`: the tokens of it that were sent before. */
type NotedNow = Noted & { again: number };

export class RequestCaching {
  readonly #caching: Keeping;
  readonly #options: RequestCachingOptions;
  #sending: Sending | undefined;
  #used: Used | undefined;
  /** True once Google has refused the request with a kept prompt: from then on it is sent whole. */
  #isWhole = false;
  /** The kept prompt that may be to blame for that. */
  #suspect: { kept: KeptPrompt; because: UpstreamError } | undefined;
  /** What is noted once more when it is known how much of the prompt came from a cache. */
  readonly #noted: NotedNow[] = [];

  constructor(caching: Keeping, options: RequestCachingOptions) {
    this.#caching = caching;
    this.#options = options;
  }

  /** The body that reads a kept prompt; undefined where the whole request has to be sent. */
  body(request: GenerateContentRequest, backend: Backend): string | undefined {
    const { marks, model } = this.#options;
    const prefixes = new Prefixes(request, [backend.keyFingerprint, model.id]);
    const all = prefixes.all(marks.map(({ cut }) => cut));
    this.#sending = { request, backend, prefixes, all };
    this.#used = this.#isWhole ? undefined : this.#find(this.#sending);
    return this.#used && bodyWith(this.#used.kept.name, cutRequest(request, this.#used.cut).rest);
  }

  /** True where `error` may be the fault of the kept prompt: then the same request is to be sent whole. */
  refused(error: unknown): boolean {
    const used = this.#used;
    if (!(error instanceof UpstreamError) || !mayBeOfKept(error)) return false;
    // Where the whole request is refused as well, the kept prompt was not to blame.
    this.#suspect = used && { kept: used.kept, because: error };
    if (!used) return false;
    this.#used = undefined;
    this.#isWhole = true;
    if (namesKept(error)) this.#caching.lost(used.kept);
    return true;
  }

  /** To be called when Google has accepted the request. Starts what is to be kept, and waits for nothing. */
  taken(measured: () => Measured, tellSent: () => void): void {
    const { session, terms, model, job } = this.#options;
    const sending = this.#sending;
    if (!sending) return;
    // The request may be large, and the answer may take minutes.
    this.#sending = undefined;
    if (this.#suspect) this.#caching.blamed(this.#suspect.kept, this.#suspect.because, job);
    this.#suspect = undefined;
    if (this.#used)
      this.#caching.used(this.#used.kept, { session, terms, model, keeper: sending.backend.keeper });
    const order = this.#note(sending, measured());
    if (order) this.#caching.keep(order, tellSent);
  }

  /** To be called with the number of tokens of the prompt that came from a cache, when the answer has ended. */
  counted(read: number): void {
    // With a kept prompt nobody sees what Google would have cached by itself.
    const seen = this.#used ? undefined : read;
    this.#caching.sent(
      this.#noted.map(({ again, ...sent }) => ({
        ...sent,
        read: seen ?? sent.read,
        missed: sent.missed + Math.max(0, again - read),
      })),
    );
  }

  /** Notes what was sent, and finds the longest marked beginning that is worth keeping. */
  #note(sending: Sending, measured: Measured): Order | undefined {
    const { marks, mayKeep } = this.#options;
    const found = marks.map((mark) => this.#found(sending, mark, measured));
    const order = mayKeep
      ? found
          .map((one) => this.#order(sending, one, measured))
          .findLast((one) => one !== undefined && this.#caching.isWorthwhile(one))
      : undefined;
    this.#noted.length = 0;
    for (const { mark, name, tokens, reuses, before } of found) {
      // What is kept from now on has been missed; so have its own beginnings, which are read with it.
      const isKept = order !== undefined && tokens <= order.tokens;
      const [missed, again] = isKept ? [0, 0] : [before?.missed ?? 0, before?.tokens ?? 0];
      const sent = { name, tokens, reuses, isEnd: mark === marks.at(-1), missed };
      this.#noted.push({ ...sent, read: before?.read, again });
      this.#caching.conversations.note(name, { ...sent, read: undefined });
    }
    return order;
  }

  #found({ request, prefixes, all }: Sending, mark: CacheMark, measured: Measured): Found {
    const { cut, ttl } = mark;
    const name = prefixes.name(cut);
    const earlier = all
      .filter((one) => isBefore(one.cut, cut) && isBefore(HEAD, one.cut))
      .map((one) => one.name);
    const before = this.#caching.conversations.before(name, earlier, TTL_MS[ttl]);
    const tokens = tokensUpTo(cut, request, measured);
    return { mark, name, tokens, before, reuses: before ? before.reuses + 1 : 0 };
  }

  #order(
    { request, backend, all }: Sending,
    { mark: { cut, ttl }, name, tokens, before, reuses }: Found,
    measured: Measured,
  ): Order | undefined {
    const { model, terms, session, job } = this.#options;
    const { keeper, keyFingerprint: key } = backend;
    if (!keeper || before?.read === undefined || this.#caching.isKept(name)) return undefined;
    const inside = this.#used && !isBefore(cut, this.#used.cut) ? this.#used.kept : undefined;
    // What is kept already, or is about to be, is read by the next request all the same.
    const keeping = this.#caching.tokensBeingKept(all.map((one) => one.name));
    const read = Math.min(tokens, Math.max(before.read, this.#used?.kept.tokens ?? 0, keeping));
    const missed = before.missed + Math.max(0, before.tokens - read);
    const ttlMs = TTL_MS[ttl];
    return {
      ...{ prefix: name, key, model, terms, ttl, ttlMs, session, job, keeper, replaces: inside },
      ...{ tokens, promptTokens: measured.tokens, read, missed, reuses },
      body: () => keepingBody(model.id, cutRequest(request, cut).kept, ttlMs / 1000),
    };
  }

  #find({ request, all }: Sending): Used | undefined {
    for (const { cut, name } of all) {
      // A request without contents of its own is none.
      const kept = isAtEnd(request, cut) ? undefined : this.#caching.find(name);
      if (kept) return { kept, cut };
    }
    return undefined;
  }
}

/** The tokens up to a place: the share that it has by our estimate, of the tokens of the whole prompt. */
function tokensUpTo(
  { contents, parts }: Cut,
  request: GenerateContentRequest,
  { size, tokens }: Measured,
): number {
  const border = (index: number) => (index === 0 ? size.head : (size.upTo[index - 1] ?? size.total));
  const within = request.contents[contents];
  const share = within && parts > 0 ? lengthOf(within.parts.slice(0, parts)) / lengthOf(within.parts) : 0;
  const estimated = border(contents) + share * (border(contents + 1) - border(contents));
  return size.total > 0 ? Math.round((tokens * estimated) / size.total) : 0;
}

const lengthOf = (value: unknown): number => JSON.stringify(value).length;
