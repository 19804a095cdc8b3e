/**
 * Decides which tools the calls of an answer name. A call to a tool that the client declared goes on at once. From the
 * first call to any other tool on, the answer is held back until its end. Only then is it known who answers that call:
 * Gemini, if the call's result is in the answer too, or else the client. Why: docs/decisions/0033-undeclared-calls.md
 */
import { UpstreamError } from '../../gemini/errors.ts';
import { MAX_CALLS } from '../../gemini/limits.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { AnswerPlan } from '../context.ts';
import type { Warn } from '../warnings.ts';
import { fitArguments } from './arguments/fit-arguments.ts';
import { clientToolName, meantToolName, undeclaredName } from './call-name.ts';
import type { GeminiCall } from './gemini-calls.ts';
import { readLostCalls } from './lost-calls/read.ts';
import type { LostCall } from './lost-calls/values.ts';
import { meaningOf } from './stop-reason.ts';
import { type Finish, isContent, type TurnEvent } from './turn.ts';

/** What a part of Gemini's answer says, before the names of calls are looked up. */
export type ReadEvent =
  | TurnEvent
  | { type: 'gemini-call'; call: GeminiCall }
  /** The result of a call that Gemini itself has answered. */
  | { type: 'gemini-result'; id: string | undefined; name: string | undefined };

export type AnswerCallsOptions = {
  plan: AnswerPlan;
  warn: Warn;
  /**
   * True where another attempt can be made because of a call to an undeclared tool. Asking uses this up: it is true
   * once in an answer.
   */
  mayAskAgain(): boolean;
  /** True where the rest of an answer may be asked for that Gemini has cut at its limit for one request. */
  mayGoOn(): boolean;
};

const tooManyCalls = () =>
  new UpstreamError('unusable', `the model made more than ${MAX_CALLS} calls in one answer`);

export class AnswerCalls {
  readonly #options: AnswerCallsOptions;
  #held: ReadEvent[] = [];
  /** The calls that are held back, except for those that Gemini has answered. */
  readonly #waiting: GeminiCall[] = [];
  readonly #answered = new Set<GeminiCall>();
  #gaveContent = false;
  #calls = 0;
  /** True where calls were read out of the finishReason's message. */
  recovered = false;

  constructor(options: AnswerCallsOptions) {
    this.#options = options;
  }

  /** The number of calls that went on, or that were left out because the client accepts only one. */
  get count(): number {
    return this.#calls;
  }

  /** Receives what was read, and returns the turn events that may go on now. Token counts are never held back. */
  through(read: readonly ReadEvent[]): TurnEvent[] {
    const events: TurnEvent[] = [];
    for (const event of read) {
      if (event.type === 'gemini-result') this.#result(event);
      else if (event.type === 'usage') events.push(event);
      else if (this.#mustWait(event)) this.#hold(event);
      else this.#give(event, events);
    }
    return events;
  }

  /** The turn events of the end: what was held back, and the calls that only the finishReason's message contains. */
  end(finish: Finish): TurnEvent[] {
    const events: TurnEvent[] = [];
    const held = this.#held;
    this.#held = [];
    for (const event of held) this.#give(event, events);
    if (finish.kind === 'finished' && this.#calls === 0) this.#recover(finish.reason, finish.message, events);
    return events;
  }

  #mustWait(event: ReadEvent): boolean {
    if (this.#held.length > 0) return true;
    const { toolNames } = this.#options.plan;
    return event.type === 'gemini-call' && clientToolName(event.call.name, toolNames) === undefined;
  }

  #hold(event: ReadEvent): void {
    this.#held.push(event);
    if (event.type === 'gemini-call') this.#waiting.push(event.call);
    if (this.#waiting.length > MAX_CALLS) throw tooManyCalls();
  }

  #give(event: ReadEvent, events: TurnEvent[]): void {
    if (event.type === 'gemini-result') return;
    if (event.type === 'gemini-call' && this.#answered.has(event.call)) return;
    const given = event.type === 'gemini-call' ? this.#named(event.call) : event;
    if (!given) return;
    this.#gaveContent ||= isContent(given);
    events.push(given);
  }

  /**
   * Pairs the result of a call that Gemini has answered with that call. Server-side tools of an older preview send a
   * call and its result in the same answer (recordings section 5).
   */
  #result({ id, name }: Extract<ReadEvent, { type: 'gemini-result' }>): void {
    const at = this.#waiting.findIndex((call) =>
      id !== undefined && call.id !== undefined ? call.id === id : call.name === name,
    );
    const { warn } = this.#options;
    if (at < 0) warn('upstream-unknown', 'answer', 'part left out: functionResponse');
    else warn('content-changed', 'answer', `call of ${name} left out: Gemini answered it by itself`);
    for (const call of this.#waiting.splice(at, at < 0 ? 0 : 1)) this.#answered.add(call);
  }

  #named({ name: geminiName, args, signature }: GeminiCall): TurnEvent | undefined {
    const name = this.#nameFor(geminiName);
    const { plan, warn } = this.#options;
    this.#calls++;
    if (this.#calls > MAX_CALLS) throw tooManyCalls();
    if (this.#calls > 1 && !plan.parallelCalls) {
      warn('content-changed', 'answer', `call of ${name} left out: parallel tool use is disabled`);
      return undefined;
    }
    return { type: 'call', name, args: this.#fitted(name, args), ...(signature ? { signature } : {}) };
  }

  /**
   * The arguments as the client's own schema wants them, where it is certain what was meant. Throws where a strict tool
   * was called with others, and another attempt may do better.
   */
  #fitted(name: string, args: JsonObject): JsonObject {
    const { plan, warn, mayAskAgain } = this.#options;
    const input = plan.inputSchema(name);
    if (!input) return args;
    const fitted = fitArguments(args, input.schema);
    if (!fitted.fits && input.isStrict && !this.#gaveContent && mayAskAgain())
      throw new UpstreamError(
        'unusable',
        `the model called "${name}" with arguments that do not fit its schema`,
      );
    for (const note of fitted.notes) warn('content-changed', 'answer', `arguments of ${name}: ${note}`);
    return fitted.args;
  }

  /**
   * The client's name for the tool of a call. Throws where the client must not see the call, or where another attempt
   * may avoid it.
   */
  #nameFor(geminiName: string): string {
    const { plan, warn, mayAskAgain } = this.#options;
    const declared = this.#declaredName(geminiName);
    if (declared !== undefined) return declared;
    const { undeclaredCalls: fate } = plan;
    const name = fate === 'refused' ? undefined : undeclaredName(geminiName, plan.toolNames);
    const askAgain = fate === 'asked-again' && !this.#gaveContent && mayAskAgain();
    if (name === undefined || askAgain) {
      throw new UpstreamError(
        'unusable',
        `the model called "${geminiName}", which is none of the declared tools`,
      );
    }
    warn('upstream-unknown', 'answer', `call of ${name} passed on: the client declared no such tool`);
    return name;
  }

  #declaredName(geminiName: string): string | undefined {
    const { toolNames, undeclaredCalls, requiredArguments } = this.#options.plan;
    const named = clientToolName(geminiName, toolNames);
    if (named !== undefined || undeclaredCalls === 'passed-on') return named;
    const meant = meantToolName(geminiName, toolNames);
    return meant !== undefined && requiredArguments.has(meant) ? meant : undefined;
  }

  /**
   * Reads the calls in the finishReason's message. If one of them cannot be read, none is used. None is used beside
   * delivered calls either, because the message may repeat those.
   */
  #recover(reason: string, message: string | undefined, events: TurnEvent[]): void {
    const meaning = meaningOf(reason);
    if (meaning.kind !== 'unusable' || !meaning.tellsCalls) return;
    const calls = readLostCalls(message ?? '');
    if (!calls.every((call) => this.#isCallable(call, meaning.tellsCalls === 'of-any-tool'))) return;
    for (const { name, args } of calls) {
      const { warn } = this.#options;
      this.recovered = true;
      warn('content-changed', 'answer', `call of ${name} read out of Gemini's message (${reason})`);
      this.#give({ type: 'gemini-call', call: { id: undefined, name, args, signature: undefined } }, events);
    }
  }

  #isCallable({ name, args }: LostCall, ofAnyTool: boolean): boolean {
    const { toolNames, requiredArguments } = this.#options.plan;
    const declared = ofAnyTool ? this.#declaredName(name) : clientToolName(name, toolNames);
    if (declared === undefined) return ofAnyTool;
    return requiredArguments.get(declared)?.every((key) => Object.hasOwn(args, key)) ?? false;
  }
}
