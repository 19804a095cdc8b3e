/**
 * The one loop in which answers are made. The loop makes an attempt. If the attempt fails, the loop takes the next step
 * (`next-step.ts`). It goes on until content has come or no step is left. Messages and token counts use the same loop;
 * only their attempts differ.
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
import {
  goOnStep,
  nextStep,
  type PaidStep,
  resendStep,
  restLost,
  type Situation,
  type Step,
} from './next-step.ts';
import type { Outgoing } from './outgoing.ts';
import type { AnswerPorts } from './ports.ts';
import type { Cost, Purse } from './retries.ts';
import { tellChosen, tellFailure, toldPatience } from './story.ts';

const BACKOFF: Backoff = { first: 500, most: 8_000 };

export type AnswerOptions<T, O extends Outgoing> = {
  outgoing: O;
  models: Models;
  purse: Purse;
  /** How long the answer may wait for a key. */
  patience(outgoing: O): Patience;
  /**
   * Starts nothing yet: the attempt sends its request when its first results are asked for. `whole` is true where
   * Gemini is asked for the whole answer at once, not for a stream.
   */
  attempt(outgoing: O, whole: boolean, signal: AbortSignal): Attempt<T>;
  /** True for an event that is content: once the client has content, the attempt cannot be taken back. */
  isContent(event: T): boolean;
  /**
   * For a failure that the client is told as an answer (not as an error): the events of that answer. Undefined for
   * other failures.
   */
  asAnswer?(error: unknown, outgoing: O): T[] | undefined;
  /** Runs when the first content is about to be given out. After that nothing more will be sent. */
  onCommit?(): void;
  /** Gives the error that the client is told when `error` ends the answer. */
  explain?(error: unknown, outgoing: O): Promise<unknown>;
  /**
   * `ms`: the milliseconds within which content must have come. `late` gives the error for content that has not come by
   * then.
   */
  deadline: { ms: number; late(): UpstreamError };
};

export type LoopPorts = Pick<AnswerPorts, 'clock' | 'random'>;

const isQuota = (error: unknown): boolean =>
  error instanceof UpstreamError && ['quota-minute', 'quota-day'].includes(failureClass(error));

export class Answer<T, O extends Outgoing = Outgoing> {
  readonly #options: AnswerOptions<T, O>;
  readonly #job: Job;
  readonly #ports: LoopPorts;
  /** Is aborted when the job is aborted, at the deadline, and when the reader of the answer leaves. */
  readonly #stop = new AbortController();
  readonly #abortable = new Abortable(this.#stop.signal);
  readonly #unfollow: () => void;
  readonly #cancelDeadline: () => void;
  #outgoing: O;
  /** The key that the latest story event about a key names. */
  #chosen: Backend;
  /**
   * Makes the request for another model. This function holds the client's request, which may be large. So it becomes
   * undefined once content has come: then no other model can answer any more.
   */
  #outgoingFor: ((model: GeminiModel) => Promise<O>) | undefined;
  #state: 'open' | 'committed' | 'over' = 'open';
  #attempt: Attempt<T> | undefined;
  /**
   * True once a stream of the present model has broken in this answer: from then on the model is asked for whole
   * answers.
   */
  #whole = false;
  /** How the next upstream request was paid; undefined while a request is under way. */
  #paidBy: 'first' | 'retry' | 'free' | undefined = 'first';
  /** The number of times that the answer has waited before another attempt. */
  #round = 0;

  /** `outgoingFor` makes the same request for another model. */
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
    this.#chosen = outgoing.route.backend();
    this.#unfollow = followSignal(job.signal, this.#stop);
    this.#cancelDeadline = abortAfter(Math.max(0, deadline.ms), this.#stop, deadline.late, ports.clock);
    // The signal of a client that has left fires only once, and may have fired before this answer began.
    this.#stop.signal.addEventListener('abort', () => this.#end());
    if (this.#stop.signal.aborted) this.#end();
  }

  /** The model, the key and the request of the latest attempt. */
  outgoing(): O {
    return this.#outgoing;
  }

  /**
   * Resolves with the next batch of events, which is never empty, or with undefined at the end of the answer. Ask for
   * one batch at a time. Events before content are given out as they come; if another attempt follows, it gives out its
   * own such events again. Rejects once, with the error that ends the answer or with the signal's reason.
   */
  async next(): Promise<T[] | undefined> {
    const { aborted, reason } = this.#stop.signal;
    if (aborted) throw this.#options.purse.explain(reason);
    while (this.#state !== 'over') {
      try {
        const attempt = this.#attempt ?? (await this.#begin());
        this.#stop.signal.throwIfAborted();
        this.#tellAttempt(attempt);
        const events = await attempt.next();
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

  /**
   * To be called when the reader leaves. A `next` that is still waiting then rejects with an AbortError. May be called
   * repeatedly.
   */
  leave(): void {
    if (this.#state !== 'over') this.#stop.abort(LEFT);
  }

  async #begin(): Promise<Attempt<T>> {
    const { signal } = this.#stop;
    const { model, route } = this.#outgoing;
    const patience = this.#options.patience(this.#outgoing);
    // Most often a key is free, and there is nothing to wait for.
    if (!route.readyNow(patience)) await route.ready(toldPatience(patience, this.#job), signal);
    signal.throwIfAborted();
    if (route.backend() !== this.#chosen) tellChosen(model, route, this.#job);
    this.#chosen = route.backend();
    // The attempt is kept in this field before anybody waits for it: a reader that leaves at this moment has to close
    // it.
    this.#attempt = this.#options.attempt(this.#outgoing, this.#whole, signal);
    return this.#attempt;
  }

  /** Notes that the key is good: any event, even a thought, shows this. */
  #heed(events: readonly T[]): void {
    const { isContent, onCommit } = this.#options;
    this.#outgoing.route.succeeded();
    if (!events.some(isContent)) return;
    this.#state = 'committed';
    this.#cancelDeadline();
    this.#outgoingFor = undefined;
    this.#outgoing.letGo();
    onCommit?.();
  }

  /**
   * Runs after a failure. Returns the events that stand for an answer, if there are any. Throws where the failure ends
   * the answer.
   */
  async #goOn(thrown: unknown): Promise<T[] | undefined> {
    const { explain, purse } = this.#options;
    try {
      const { step, cost } = await this.#decide(thrown);
      this.#tellStep(step, cost);
      return await this.#make(step);
    } catch (error) {
      this.#end();
      const { aborted, reason } = this.#stop.signal;
      // Once the signal is aborted, its reason is the true cause, whatever else has failed meanwhile.
      if (aborted) throw purse.explain(reason);
      throw explain ? await explain(error, this.#outgoing) : error;
    }
  }

  async #decide(thrown: unknown): Promise<PaidStep<T>> {
    const { purse } = this.#options;
    let error = thrown;
    this.#stop.signal.throwIfAborted();
    tellFailure(thrown, this.#job.trace);
    if (this.#attempt?.isBegun() === false) {
      try {
        const mending = await this.#abortable.wait(this.#outgoing.mending(error));
        const resend = mending && resendStep(mending, purse);
        if (resend) return resend;
      } catch (refused) {
        error = refused;
        this.#stop.signal.throwIfAborted();
      }
    }
    if (this.#attempt?.awaitsRest?.()) {
      const goOn = goOnStep(error, purse);
      if (goOn) return goOn;
      error = restLost(error);
    }
    return nextStep(this.#situation(error), purse);
  }

  /** Notes the failure for the key that was used, and for the model's streams. */
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
    // The outcome is reported at once: other requests may wait for the outcome of this attempt.
    route.released();
    const keyRefusal = (limit: Patience) => (isQuota(error) ? route.refusal(limit) : undefined);
    // Where the answer would not wait for the key, this is found out here, without spending a retry.
    const refusal = again === 'retry' ? keyRefusal(patience(outgoing)) : undefined;
    return {
      error: refusal ?? error,
      isCommitted: this.#state === 'committed',
      again: refusal ? 'no' : again,
      keyRefusal: () => keyRefusal({ ...patience(outgoing), limitMs: 0 }),
      asAnswer: (failure) => asAnswer?.(failure, outgoing),
      replacement: (failure) => models.replacement(model.id, failure, purse.areSpent()),
      told: (failure) => models.told(failure),
      streamBroke,
    };
  }

  /** Makes a step. Returns the events that stand for an answer, if there are any. */
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
      case 'go-on':
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
    this.#chosen = this.#outgoing.route.backend();
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
    const key = route.backend().keyFingerprint;
    this.#job.trace.tell({ type: 'attempt', model: model.id, key, streamed, paidBy });
  }

  #tellStep({ kind }: Step<T>, cost: Cost): void {
    const isPaid = cost !== 'nothing';
    this.#paidBy = isPaid ? 'retry' : 'free';
    const retriesLeft = this.#options.purse.left();
    this.#job.trace.tell({ type: 'step', step: kind, cost, retriesLeft });
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#cancelDeadline();
    this.#unfollow();
    this.#attempt?.close();
    this.#outgoing.route.released();
    this.#outgoing.end();
    this.#options.purse.end();
  }
}
