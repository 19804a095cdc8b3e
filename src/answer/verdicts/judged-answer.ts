/**
 * An answer whose calls are judged before its end is told (Claude Code's auto mode). Everything before the end is given
 * out as it comes; the verdicts come directly before the end.
 */
import type { TurnEvent } from '../../translate/response/turn.ts';
import type { Call } from '../../translate/safeguards/questions.ts';
import type { MessageAnswer } from '../message-answer.ts';
import type { Judge } from './judge.ts';

/** Its methods are bound: readers pass them on alone. */
export class JudgedAnswer implements MessageAnswer {
  readonly #answer: MessageAnswer;
  readonly #judge: Judge;
  readonly #calls: Call[] = [];
  /** The end of the answer, which is held back until there are verdicts. */
  #end: readonly TurnEvent[] | undefined;
  #isOver = false;

  constructor(answer: MessageAnswer, judge: Judge) {
    this.#answer = answer;
    this.#judge = judge;
  }

  readonly next = async (): Promise<TurnEvent[] | undefined> => {
    if (this.#isOver) return undefined;
    if (this.#end) return this.#judged(this.#end);
    const events = await this.#answer.next();
    if (!events) return undefined;
    for (const event of events) if (event.type === 'call') this.#calls.push(event);
    const end = events.findIndex(({ type }) => type === 'finish');
    if (end < 0) return events;
    // The answer's key, breaker and timer are free while its calls are judged.
    this.#answer.leave();
    this.#end = events.slice(end);
    return end === 0 ? this.#judged(this.#end) : events.slice(0, end);
  };

  readonly leave = (): void => {
    this.#answer.leave();
    this.#judge.leave();
  };

  readonly isAway = (): boolean => this.#answer.isAway();

  readonly outgoing = () => this.#answer.outgoing();

  async #judged(end: readonly TurnEvent[]): Promise<TurnEvent[]> {
    const verdicts = await this.#judge.judge(this.#calls);
    this.#isOver = true;
    return [{ type: 'judged', verdicts }, ...end];
  }
}
