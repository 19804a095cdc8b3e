/**
 * Reads one attempt frame by frame, up to the place where the client wants no more: its stop sequence, or its
 * `max_tokens`.
 */
import { UpstreamError } from '../../gemini/errors.ts';
import type { Frame } from '../../gemini/frames.ts';
import type { AnswerPlan } from '../context.ts';
import type { AnswerCallsOptions } from './answer-calls.ts';
import { CitedStops } from './cited-stops.ts';
import { CitedText } from './cited-text.ts';
import { PartsReader } from './parts.ts';
import { stopReasonOf } from './stop-reason.ts';
import { StopScanner } from './stop-scanner.ts';
import { TokenLimit } from './token-limit.ts';
import { isContent, type TurnEvent } from './turn.ts';

/** Turns the frames of one attempt into TurnEvents. */
export type Reader = {
  /** True once the end was given out before upstream's own end: the caller should then leave upstream. */
  readonly finished: boolean;
  read(frame: Frame): TurnEvent[];
  /**
   * To be called when the body has ended. Returns the last turn events. Throws where the body makes no complete answer.
   * Where `rest` is defined after it, the answer has not ended: it goes on with the frames of another request.
   */
  end(): TurnEvent[];
  /** The token with which the rest of the answer is asked for; undefined where the answer has ended. */
  readonly rest: string | undefined;
};

export class AttemptReader implements Reader {
  readonly #parts: PartsReader;
  readonly #limit: TokenLimit;
  readonly #plan: AnswerPlan;
  readonly #stops: StopScanner;
  readonly #cited: CitedText | undefined;
  readonly #citedStops: CitedStops;
  #finished = false;
  /** Signatures without text that came before content; undefined once content has come. */
  #signatures: TurnEvent[] | undefined = [];

  constructor(options: AnswerCallsOptions) {
    const { plan, warn } = options;
    this.#plan = plan;
    const limit = new TokenLimit(plan.maxTokens, warn);
    this.#limit = limit;
    this.#parts = new PartsReader({ ...options, mayGoOn: () => !limit.isFull && options.mayGoOn() });
    this.#stops = new StopScanner(plan.stopSequences);
    this.#citedStops = new CitedStops(plan.stopSequences);
    this.#cited = plan.sources && new CitedText(plan.sources, warn);
  }

  get rest(): string | undefined {
    return this.#finished ? undefined : this.#parts.rest;
  }

  get finished(): boolean {
    return this.#finished;
  }

  read(frame: Frame): TurnEvent[] {
    return this.#tellable(this.#wanted(this.#parts.read(frame)));
  }

  end(): TurnEvent[] {
    const events = this.#wanted(this.#parts.end());
    if (this.#cited) this.#checkWords(events);
    return this.#tellable(events);
  }

  /** An answer of text is not empty for the reader of parts. But marks of citations alone are no words. */
  #checkWords(events: readonly TurnEvent[]): void {
    const hasContent = this.#signatures === undefined;
    const next = events.find(isContent);
    if (hasContent || next?.type !== 'finish' || next.finish.kind !== 'finished') return;
    if (stopReasonOf(next.finish.reason, false) === 'end_turn')
      throw new UpstreamError('unusable', 'the model gave an empty answer: marks of citations without words');
  }

  /**
   * Holds back signatures until content comes. If the attempt is given up before that, none of its signatures may stay
   * for the text of the next attempt.
   */
  #tellable(events: TurnEvent[]): TurnEvent[] {
    const before = this.#signatures;
    if (!before) return events;
    if (events.some(isContent)) {
      this.#signatures = undefined;
      return before.length === 0 ? events : [...before, ...events];
    }
    for (const event of events) if (event.type === 'text') before.push(event);
    return events.filter(({ type }) => type !== 'text');
  }

  #wanted(events: TurnEvent[]): TurnEvent[] {
    const within = this.#limit.within(events);
    this.#finished = this.#limit.reached;
    if (this.#cited) return this.#toCitedStop(this.#cited.read(within));
    return this.#plan.stopSequences.length === 0 ? within : this.#toStop(within);
  }

  #toCitedStop(events: TurnEvent[]): TurnEvent[] {
    if (this.#plan.stopSequences.length === 0) return events;
    const told = this.#citedStops.through(events, this.#plan.thinking === 'shown');
    this.#finished ||= this.#citedStops.isStopped;
    return told;
  }

  /**
   * Cuts the events at a stop sequence. The text that contains the sequence stays whole: the code that shows this text
   * cuts it, and knows which part was signed.
   */
  #toStop(events: TurnEvent[]): TurnEvent[] {
    for (const [index, event] of events.entries()) {
      const sequence = this.#stoppedAt(event);
      if (sequence === undefined) continue;
      this.#finished = true;
      return [...events.slice(0, index + 1), { type: 'finish', finish: { kind: 'stop-sequence', sequence } }];
    }
    return events;
  }

  #stoppedAt(event: TurnEvent): string | undefined {
    if (event.type === 'text') return this.#stops.push(event.text).stoppedAt;
    // What follows is shown in another block, so the search for stop sequences begins anew.
    if (event.type === 'call' || (event.type === 'thinking' && this.#plan.thinking === 'shown'))
      this.#stops.flush();
    return undefined;
  }
}
