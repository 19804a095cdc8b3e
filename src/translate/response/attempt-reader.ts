/** Reads one attempt frame by frame, as far as the client wants it: up to its stop sequence, or its `max_tokens`. */
import type { Frame } from '../../gemini/frames.ts';
import type { AnswerPlan } from '../context.ts';
import type { AnswerCallsOptions } from './answer-calls.ts';
import { PartsReader } from './parts.ts';
import { StopScanner } from './stop-scanner.ts';
import { TokenLimit } from './token-limit.ts';
import { isContent, type TurnEvent } from './turn.ts';

/** Turns the frames of one attempt into TurnEvents. */
export type Reader = {
  /** True once the end was given out before upstream's own end: upstream is to be left. */
  readonly finished: boolean;
  read(frame: Frame): TurnEvent[];
  /** The body has ended. Throws where that makes no answer. */
  end(): TurnEvent[];
};

export class AttemptReader implements Reader {
  readonly #parts: PartsReader;
  readonly #limit: TokenLimit;
  readonly #plan: AnswerPlan;
  readonly #stops: StopScanner;
  #finished = false;
  /** Signatures of no text that came before content; undefined once content has come. */
  #signatures: TurnEvent[] | undefined = [];

  constructor(options: AnswerCallsOptions) {
    const { plan, warn } = options;
    this.#plan = plan;
    this.#parts = new PartsReader(options);
    this.#limit = new TokenLimit(plan.maxTokens, warn);
    this.#stops = new StopScanner(plan.stopSequences);
  }

  get finished(): boolean {
    return this.#finished;
  }

  read(frame: Frame): TurnEvent[] {
    return this.#tellable(this.#wanted(this.#parts.read(frame)));
  }

  end(): TurnEvent[] {
    return this.#tellable(this.#wanted(this.#parts.end()));
  }

  /** A signature waits for content: of an attempt that is given up, none may stay for the text of the next one. */
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
    return this.#plan.stopSequences.length === 0 ? within : this.#toStop(within);
  }

  /** The text with the sequence in it stays whole: whoever shows it cuts it, and knows which part was signed. */
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
    // What follows is shown as another block.
    if (event.type === 'call' || (event.type === 'thinking' && this.#plan.thinking === 'shown'))
      this.#stops.flush();
    return undefined;
  }
}
