/**
 * The one loop that answers are made in: an attempt; where it fails, the next step (`next-step.ts`); and so on, until content has come
 * or nothing is left to be tried. The same for messages and for token counts, which differ in what an attempt is.
 */
import { UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { Patience } from '../keys/keys.ts';
import { Abortable, abortAfter, followSignal, LEFT } from '../lib/async.ts';
import { type Backoff, jitteredMs } from '../lib/backoff.ts';
import type { Backend } from '../upstream/backend.ts';
import type { Attempt } from './attempt.ts';
import type { Models, Replacement } from './fallback-model.ts';
import type { Job } from './job.ts';
import { nextStep, type PaidStep, resendStep, type Situation, type Step } from './next-step.ts';
import type { Outgoing } from './outgoing.ts';
import type { AnswerPorts } from './ports.ts';
import type { Cost, Purse } from './retries.ts';
import { tellChosen, tellFailure, toldPatience } from './story.ts';

const BACKOFF: Backoff = { first: 500, most: 8_000 };

export type AnswerOptions<T, O extends Outgoing> = {
  outgoing: O;
  models: Models;
  purse: Purse;
  /** How long a key may be waited for. */
  patience(outgoing: O): Patience;
  /** Begins nothing: the attempt sends when it is asked for what comes. `whole`: not as a stream. */
  attempt(outgoing: O, whole: boolean, signal: AbortSignal): Attempt<T>;
  /** After one of these an attempt cannot be taken back. */
  isContent(event: T): boolean;
  /** Some failures are told as an answer. */
  asAnswer?(error: unknown, outgoing: O): T[] | undefined;
  /** The first content is about to be given out: nothing will be sent any more. */
  onCommit?(): void;
  /** What the failure that ends the answer is told as. */
  explain?(error: unknown, outgoing: O): Promise<unknown>;
  /** Until content comes, in milliseconds from now; and what is told when it does not. */
  deadline: { ms: number; late(): UpstreamError };
};

export type LoopPorts = Pick<AnswerPorts, 'clock' | 'random'>;

const isQuota = (error: unknown): boolean =>
  error instanceof UpstreamError && ['quota-minute', 'quota-day'].includes(failureClass(error));

export class Answer<T, O extends Outgoing = Outgoing> {
  readonly #options: AnswerOptions<T, O>;
  readonly #job: Job;
  readonly #ports: LoopPorts;
  /** Aborts when the job does, at the deadline, and when whoever reads the answer leaves. */
  readonly #stop = new AbortController();
  readonly #abortable = new Abortable(this.#stop.signal);
  readonly #unfollow: () => void;
  readonly #callOffDeadline: () => void;
  #outgoing: O;
  /** The key that was told last. */
  #chosen: Backend;
  /** Holds the client's request, which may be large. Undefined once content has come: no other model answers then. */
  #outgoingFor: ((model: GeminiModel) => Promise<O>) | undefined;
  #state: 'open' | 'committed' | 'over' = 'open';
  #attempt: Attempt<T> | undefined;
  /** Streams of this model broke under this answer. */
  #whole = false;
  /** What the request that goes out next is paid from; undefined while one is out. */
  #paidBy: 'first' | 'retry' | 'free' | undefined = 'first';
  /** Waits for another try, so far. */
  #round = 0;

  /** `outgoingFor`: the same request, for another model. */
  constructor(
    options: AnswerOptions<T, O>,
    outgoingFor: (model: GeminiModel) => Promise<O>,
    job: Job,
    ports: LoopPorts,
  ) {
    const { outgoing, deadline } = options;
    this.#outgoingFor = outgoingFor;
    this.#options = options;
    this.#job = job;
    this.#ports = ports;
    this.#outgoing = outgoing;
    this.#chosen = outgoing.route.backend;
    this.#unfollow = followSignal(job.signal, this.#stop);
    this.#callOffDeadline = abortAfter(Math.max(0, deadline.ms), this.#stop, deadline.late, ports.clock);
    // Who has left does not come back to say so; and may have left before this began.
    this.#stop.signal.addEventListener('abort', () => this.#end());
    if (this.#stop.signal.aborted) this.#end();
  }

  /** With the model, the key and the request that were asked with last. */
  get outgoing(): O {
    return this.#outgoing;
  }

  /**
   * What came next, never nothing; undefined at the end. One call at a time. What an attempt says before content is given out as it
   * comes, and again by the next attempt. Rejects with what ends the answer, once, or with the signal's reason.
   */
  async next(): Promise<T[] | undefined> {
    const { aborted, reason } = this.#stop.signal;
    if (aborted) throw this.#options.purse.explain(reason);
    while (this.#state !== 'over') {
      try {
        this.#attempt ??= await this.#begin();
        this.#tellAttempt(this.#attempt);
        const events = await this.#attempt.next();
        if (!events) this.#end();
        else if (this.#state === 'open') this.#heed(events);
        return events;
      } catch (thrown) {
        const instead = await this.#goOn(thrown);
        if (instead) return instead;
      }
    }
    return undefined;
  }

  /** Whoever reads it leaves. What waits on it then rejects with an AbortError. Idempotent. */
  leave(): void {
    if (this.#state !== 'over') this.#stop.abort(LEFT);
  }

  async #begin(): Promise<Attempt<T>> {
    const { signal } = this.#stop;
    const { model, route } = this.#outgoing;
    const patience = this.#options.patience(this.#outgoing);
    // Most often a key is free, and nothing need be waited for.
    if (!route.tryReady(patience)) await route.ready(toldPatience(patience, this.#job), signal);
    signal.throwIfAborted();
    if (route.backend !== this.#chosen) tellChosen(model, route, this.#job);
    this.#chosen = route.backend;
    return this.#options.attempt(this.#outgoing, this.#whole, signal);
  }

  /** Thoughts say as much of the key as content does. */
  #heed(events: readonly T[]): void {
    const { isContent, onCommit } = this.#options;
    this.#outgoing.route.succeeded();
    if (!events.some(isContent)) return;
    this.#state = 'committed';
    this.#callOffDeadline();
    this.#outgoingFor = undefined;
    this.#outgoing.letGo();
    onCommit?.();
  }

  /** After a failure: the events that are told in its place. Throws where it ends the answer. */
  async #goOn(thrown: unknown): Promise<T[] | undefined> {
    const { explain, purse } = this.#options;
    try {
      const { step, cost } = await this.#decide(thrown);
      this.#tellStep(step, cost);
      return await this.#make(step);
    } catch (error) {
      this.#end();
      const { aborted, reason } = this.#stop.signal;
      // Once aborted, the reason is the truth, whatever came of it on the way.
      if (aborted) throw purse.explain(reason);
      throw explain ? await explain(error, this.#outgoing) : error;
    }
  }

  async #decide(thrown: unknown): Promise<PaidStep<T>> {
    const { purse } = this.#options;
    let error = thrown;
    this.#stop.signal.throwIfAborted();
    tellFailure(thrown, this.#job.trace);
    if (this.#attempt?.isBegun === false) {
      try {
        const mending = await this.#outgoing.mending(error);
        const resend = mending && resendStep(mending, purse);
        if (resend) return resend;
      } catch (refused) {
        error = refused;
        this.#stop.signal.throwIfAborted();
      }
    }
    return nextStep(this.#situation(error), purse);
  }

  /** Notes the failure with the key that it was of, and with the model's streams. */
  #situation(error: unknown): Situation<T> {
    const { asAnswer, models, patience, purse } = this.#options;
    const outgoing = this.#outgoing;
    const { route, model } = outgoing;
    const attempt = this.#attempt;
    this.#attempt = undefined;
    const streamBroke = attempt?.failed(error) ?? false;
    if (streamBroke) this.#whole = true;
    attempt?.close();
    const again = attempt ? route.failed(error) : 'no';
    // At once: others may wait for what becomes of this attempt.
    route.released();
    const keyRefusal = (limit: Patience) => (isQuota(error) ? route.refusal(limit) : undefined);
    // Where nobody would wait for the key, no retry need be spent to find out.
    const refusal = again === 'retry' ? keyRefusal(patience(outgoing)) : undefined;
    return {
      error: refusal ?? error,
      isCommitted: this.#state === 'committed',
      again: refusal ? 'no' : again,
      keyRefusal: () => keyRefusal({ ...patience(outgoing), limitMs: 0 }),
      asAnswer: (failure) => asAnswer?.(failure, outgoing),
      replacement: (failure) => models.replacement(model.id, failure, purse.areSpent),
      told: (failure) => models.told(failure),
      streamBroke,
    };
  }

  /** Returns the events that are told, if any. */
  async #make(step: Step<T>): Promise<T[] | undefined> {
    switch (step.kind) {
      case 'resend':
        step.mending.apply();
        break;
      case 'other-key':
      case 'wait-for-key':
        break;
      case 'tell':
        this.#end();
        return step.events;
      case 'other-model':
        await this.#replaceModel(step.replacement);
        break;
      case 'ask-whole':
      case 'retry':
        await this.#backOff(step.leastMs);
        break;
      case 'give-up':
        throw step.error;
    }
    return undefined;
  }

  async #replaceModel({ model, because }: Replacement): Promise<void> {
    const { models } = this.#options;
    const [from, to] = [this.#outgoing.model.id, model.id];
    models.ask(model);
    this.#job.trace.tell({ type: 'model-replaced', from, to, because });
    if (!this.#outgoingFor) throw new Error('no other model answers once content has come');
    this.#outgoing = await this.#abortable.wait(this.#outgoingFor(model));
    this.#chosen = this.#outgoing.route.backend;
    this.#whole = false;
  }

  async #backOff(leastMs: number): Promise<void> {
    const { purse } = this.#options;
    const { clock, random } = this.#ports;
    const ms = Math.max(jitteredMs(BACKOFF, this.#round++, random), leastMs);
    const wait = Math.min(ms, purse.mostWait());
    const { startedAt, trace } = this.#job;
    trace.tell({ type: 'wait', for: 'backoff', until: clock.monotonic() + wait - startedAt });
    await this.#abortable.wait(clock.sleep(wait, this.#stop.signal));
    trace.tell({ type: 'waited', for: 'backoff' });
    purse.roundBegins();
  }

  #tellAttempt({ streamed }: Attempt<T>): void {
    const paidBy = this.#paidBy;
    if (paidBy === undefined) return;
    this.#paidBy = undefined;
    const { model, route } = this.#outgoing;
    const key = route.backend.keyFingerprint;
    this.#job.trace.tell({ type: 'attempt', model: model.id, key, streamed, paidBy });
  }

  #tellStep({ kind }: Step<T>, cost: Cost): void {
    const isPaid = cost !== 'nothing';
    this.#paidBy = isPaid ? 'retry' : 'free';
    const retriesLeft = this.#options.purse.left;
    this.#job.trace.tell({ type: 'step', step: kind, cost, retriesLeft });
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#callOffDeadline();
    this.#unfollow();
    this.#attempt?.close();
    this.#outgoing.route.released();
    this.#options.purse.end();
  }
}
