/**
 * The tries of one answer: with which model, which key, and whether as a stream. A try whose key or model Google turns down
 * before content goes on with the next one, which is no try of its own; every other failure ends it.
 */

import { isUnreachable, UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { Patience } from '../keys/keys.ts';
import { Breather, othersFirst } from '../lib/async.ts';
import { toldText } from '../translate/client-error.ts';
import { isRetryable } from '../translate/errors.ts';
import { mapModel } from '../translate/model-map.ts';
import { openReader } from '../translate/response/search-reader.ts';
import { refusedSearch } from '../translate/response/search-refused.ts';
import { isContent, type TurnEvent } from '../translate/response/turn.ts';
import { estimateBodyTokens } from './estimate-tokens.ts';
import { isGone, nextModel, noModelLeft, noteReplaced } from './fallback-model.ts';
import type { Job } from './job.ts';
import { MendingUpstream } from './mending-upstream.ts';
import type { AnswerPorts } from './ports.ts';
import type { Prepared } from './prepare.ts';
import type { Retries } from './retry-policy.ts';

export type AnswerRequest = {
  /** The client's id of the model. */
  requestedModel: string;
  /** Whose failures its failures are. */
  asker: string;
  prepared: Prepared;
  /** The same request, for another model. */
  prepareFor(model: GeminiModel): Promise<Prepared>;
  /** The client asked for a stream; else nothing is told before the answer is whole. */
  streamed: boolean;
};

type Items = AsyncGenerator<TurnEvent, void, undefined>;

/** Milliseconds inside the proxy for a key to come back; whoever has to wait longer is told. */
const LONGEST_WAIT_MS = 30_000;

/** Each goes through half a dozen promises and is printed, and one event of upstream may hold thousands. */
const ITEMS_AT_ONCE = 200;

const text = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Of an answer that had begun. */
const BREAKS: ReadonlySet<string> = new Set(['malformed', 'truncated', 'network', 'timeout']);
const isBreak = (error: unknown): boolean => error instanceof UpstreamError && BREAKS.has(error.kind);

const isQuota = (error: unknown): boolean =>
  error instanceof UpstreamError && ['quota-minute', 'quota-day'].includes(failureClass(error));

/** Held back by a breaker: it costs nothing to ask elsewhere. */
const isNotSent = (error: unknown): boolean =>
  error instanceof UpstreamError && error.kind === 'not-sent' && error.status === 503;

const meansOtherModel = (error: unknown): boolean => isNotSent(error) || isGone(error);

export class AnswerTries {
  readonly #request: Pick<AnswerRequest, 'requestedModel' | 'asker' | 'streamed'>;
  /** Holds the client's request. Undefined once content has come: no other model answers then. */
  #prepareFor: AnswerRequest['prepareFor'] | undefined;
  readonly #call: Job;
  readonly #deps: AnswerPorts;
  #prepared: Prepared;
  #upstream: MendingUpstream;
  #streamBroke = false;
  #askedAgain = false;
  /** Models that were asked, or could not be. */
  readonly #asked: Set<string>;
  /** Those of them that are not there, or have no quota for the day. */
  readonly #gone = new Map<string, UpstreamError>();

  constructor(request: AnswerRequest, call: Job, deps: AnswerPorts) {
    const { requestedModel, asker, streamed, prepared, prepareFor } = request;
    this.#request = { requestedModel, asker, streamed };
    this.#prepareFor = prepareFor;
    this.#call = call;
    this.#deps = deps;
    this.#prepared = prepared;
    this.#upstream = new MendingUpstream(prepared, call);
    this.#asked = new Set([prepared.model.id]);
  }

  get asker(): string {
    return this.#request.asker;
  }

  /** With the model, the key and the body that were asked with last; without the body once content has come. */
  get prepared(): Prepared {
    return { ...this.#prepared, body: this.#upstream.body };
  }

  /** One try. */
  async *read(retries: Retries, signal: AbortSignal): Items {
    for (;;) {
      let content = false;
      try {
        for await (const item of this.#overKeys(retries, signal)) {
          content ||= isContent(item);
          if (content) this.#letGo();
          yield item;
        }
        return;
      } catch (error) {
        if (signal.aborted || content) throw error;
        const refused = refusedSearch(error, this.#prepared.plan, (said) =>
          toldText(said, this.#deps.settings.secrets),
        );
        if (refused) {
          yield* refused;
          return;
        }
        if (!(await this.#replaceModel(error, retries))) throw this.#told(error);
      }
    }
  }

  async *#overKeys(retries: Retries, signal: AbortSignal): Items {
    const { route } = this.#prepared;
    for (;;) {
      await route.ready(this.#patience(), signal);
      let content = false;
      try {
        for await (const item of this.#items(retries, signal)) {
          // Thoughts say as much of the key as content does.
          route.succeeded();
          content ||= isContent(item);
          yield item;
        }
        route.succeeded();
        return;
      } catch (error) {
        if (signal.aborted) throw error;
        // Noted even where it comes too late for this answer.
        const again = route.failed(error);
        if (again === 'no' || content) throw error;
        if (again === 'retry') this.#takeRetry(error, retries);
        if (again === 'other-key') this.#call.facts.failovers++;
        this.#debug(again === 'other-key' ? 'failover' : 'retry', error);
      } finally {
        route.released();
      }
    }
  }

  /** Throws what to tell where there is no retry. Of a quota the pool tells when it comes back. */
  #takeRetry(error: unknown, retries: Retries): void {
    const { route } = this.#prepared;
    const byQuota = isQuota(error);
    const patience = this.#patience();
    // Where nobody would wait for the key, no retry need be spent to find out.
    const refusal = byQuota ? route.refusal(patience) : undefined;
    if (refusal) throw refusal;
    if (retries.take()) return;
    throw (byQuota && route.refusal({ ...patience, limitMs: 0 })) || error;
  }

  #patience(): Patience {
    const { startedAt } = this.#call;
    const { settings, clock } = this.#deps;
    const { body } = this.#prepared;
    const left = startedAt + settings.requestTimeoutMs - clock.monotonic();
    return {
      limitMs: Math.min(LONGEST_WAIT_MS, left),
      forBreaker: () => this.#nextModel() === undefined,
      tokens: () => estimateBodyTokens(body),
    };
  }

  #items(retries: Retries, signal: AbortSignal): Items {
    const items = this.#readOnce(retries, signal);
    return this.#request.streamed ? items : wholeTry(items);
  }

  /** A reader of its own: what an earlier try said is forgotten. */
  async *#readOnce(retries: Retries, signal: AbortSignal): Items {
    const { model, plan } = this.#prepared;
    const { settings, streaming } = this.#deps;
    const wanted = settings.upstreamStreaming && !this.#streamBroke;
    const pass = wanted ? streaming.pass(model.id, this.#request.asker) : undefined;
    const breather = new Breather(ITEMS_AT_ONCE);
    let begun = false;
    try {
      const reply = await this.#upstream.generate(pass !== undefined, () => retries.take(), signal);
      begun = true;
      const mayAskAgain = () => this.#mayAskAgain(retries);
      const reader = openReader({ plan, warn: this.#call.warn, mayAskAgain });
      for await (const frames of reply.frames) {
        for (const frame of frames) {
          const items = reader.read(frame);
          // Said before the end is given out: who has it asks for no more, and leaves us here.
          if (reader.finished) pass?.succeeded();
          // `yield*` of an array would cost each item several promises more.
          for (const item of items) {
            yield item;
            if (breather.isDue()) await othersFirst();
          }
          if (reader.finished) return;
        }
      }
      const end = reader.end();
      pass?.succeeded();
      for (const item of end) {
        yield item;
        if (breather.isDue()) await othersFirst();
      }
    } catch (error) {
      // A deadline of the whole answer says nothing of streams.
      if (pass && begun && isBreak(error) && !signal.aborted) {
        pass.failed();
        // A whole answer takes another way through Google's front, and often comes where streams break.
        this.#streamBroke = true;
      }
      throw error;
    } finally {
      pass?.abandoned();
    }
  }

  /** Once an answer: a model that calls an undeclared tool a second time means it. */
  #mayAskAgain(retries: Retries): boolean {
    if (this.#askedAgain) return false;
    this.#askedAgain = retries.reserve();
    return this.#askedAgain;
  }

  #told(error: unknown): unknown {
    if (!isGone(error)) return error;
    return noModelLeft(this.#gone, this.#request.requestedModel, this.#deps) ?? error;
  }

  /** What was sent and failed makes the next model a retry; else it is none. */
  async #replaceModel(error: unknown, retries: Retries): Promise<boolean> {
    const from = this.#prepared.model.id;
    if (isGone(error)) this.#gone.set(from, error);
    const free = meansOtherModel(error);
    if (!free && (!isRetryable(error) || isUnreachable(error))) return false;
    const last = !free && retries.areSpent;
    // Where nothing was sent the pool has said so of this request; it may be open to a smaller one.
    if (!last && !isNotSent(error) && this.#deps.keys.usable(from, this.#request.asker)) return false;
    // Where none is left, the one that was asked for: its failure is to be told, if it still fails.
    const other = this.#nextModel() ?? (isGone(error) ? this.#unasked() : undefined);
    if (!other || !this.#prepareFor || (!free && !(last ? retries.takeLast() : retries.take()))) return false;
    this.#asked.add(other.id);
    // Not its message, which may quote what the model wrote.
    const why = error instanceof UpstreamError ? failureClass(error) : undefined;
    noteReplaced({ from, to: other.id, why }, this.#call);
    this.#deps.logger.warn({ request_id: this.#call.id, from, to: other.id, class: why }, 'model replaced');
    this.#prepared = await this.#prepareFor(other);
    this.#streamBroke = false;
    this.#upstream = new MendingUpstream(this.#prepared, this.#call);
    return true;
  }

  /** The model that the client's id is mapped to, where another was asked in its place from the beginning. */
  #unasked(): GeminiModel | undefined {
    const mapped = mapModel(this.#request.requestedModel, this.#deps.settings.modelMap);
    return this.#asked.has(mapped.id) ? undefined : mapped;
  }

  #nextModel(): GeminiModel | undefined {
    return nextModel(this.#request.requestedModel, this.#asked, this.#deps, this.#request.asker);
  }

  /** With the first content: no other try comes, and the requests that it would need are all that is large in a stream. */
  #letGo(): void {
    if (!this.#prepareFor) return;
    this.#prepareFor = undefined;
    this.#prepared = { ...this.#prepared, body: '' };
    this.#upstream.letGo();
    this.#call.letBodyGo();
  }

  #debug(event: string, error: unknown): void {
    const { id, facts } = this.#call;
    this.#deps.logger.debug({ request_id: id, key: facts.key, error: text(error) }, event);
  }
}

/** For a whole answer: nothing is told before the try has ended well, so its failure is free whenever it comes. */
async function* wholeTry(items: Items): Items {
  const all: TurnEvent[] = [];
  for await (const item of items) all.push(item);
  const breather = new Breather(ITEMS_AT_ONCE);
  for (const item of all) {
    yield item;
    if (breather.isDue()) await othersFirst();
  }
}
