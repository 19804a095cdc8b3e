/**
 * The part ladder: Gemini's frames to TurnEvents, for streams and unary answers alike. One reader reads one try. What cannot
 * be an answer (an error object, a broken end, a call of an unknown tool) is thrown as an UpstreamError, so
 * that the gate can try again while nothing has been told.
 */
import { UpstreamError } from '../../gemini/errors.ts';
import type { Frame } from '../../gemini/frames.ts';
import type { Candidate, GenerateContentResponse, ResponsePart } from '../../gemini/wire.ts';
import { isObject, type JsonObject } from '../../lib/json.ts';
import type { AnswerPlan } from '../context.ts';
import type { Warn } from '../warnings.ts';
import { clientToolName } from './call-name.ts';
import { readLostCalls } from './lost-calls/read.ts';
import type { LostCall } from './lost-calls/values.ts';
import { PartialCall } from './partial-call.ts';
import { isKnownFinishReason, outcomeOf } from './stop-reason.ts';
import type { Finish, TurnEvent } from './turn.ts';
import { hasCounts } from './usage.ts';

const UNSPECIFIED = /_UNSPECIFIED$/;
/** How much of a broken frame an error message shows. */
const SHOWN_CHARACTERS = 200;

export class PartsReader {
  readonly #plan: AnswerPlan;
  readonly #warn: Warn;
  #finish: Finish | undefined;
  #partial: PartialCall | undefined;
  #calls = 0;
  #sawText = false;

  constructor(plan: AnswerPlan, warn: Warn) {
    this.#plan = plan;
    this.#warn = warn;
  }

  read(frame: Frame): TurnEvent[] {
    switch (frame.kind) {
      case 'content':
      case 'usage':
        for (const repair of frame.repairs ?? []) this.#warn('frame-repaired', 'answer', repair);
        return this.#chunk(frame.chunk);
      case 'error':
        throw new UpstreamError(
          'stream',
          frame.error.message ?? `upstream error ${frame.error.status ?? ''}`.trim(),
          {
            status: frame.error.code,
            google: frame.error,
          },
        );
      case 'malformed':
        throw new UpstreamError(
          'malformed',
          `upstream sent a broken event: ${frame.text.slice(0, SHOWN_CHARACTERS)}`,
        );
      case 'oversized':
        throw new UpstreamError('malformed', 'upstream sent an event over 16 MB');
      case 'truncated':
        throw new UpstreamError('truncated', 'the upstream answer ended in the middle of an event');
      case 'unknown':
        this.#warn('upstream-unknown', 'answer', `event ignored: ${frame.text.slice(0, SHOWN_CHARACTERS)}`);
        return [];
    }
  }

  /** The body has ended: an answer without a finishReason, or without anything in it, is none. */
  end(): TurnEvent[] {
    if (!this.#finish)
      throw new UpstreamError('truncated', 'the upstream answer ended without a finishReason');
    const events: TurnEvent[] = [];
    if (this.#partial) this.#endPartial(this.#finish, events);
    if (!this.#recoverCalls(this.#finish, events)) this.#checkUsable(this.#finish);
    events.push({ type: 'finish', finish: this.#finish });
    return events;
  }

  /**
   * Calls that are only told of in the end's message. All of them, or none: and none beside calls that were delivered,
   * because the message may tell of those as well.
   */
  #recoverCalls(finish: Finish, events: TurnEvent[]): boolean {
    if (finish.kind !== 'finished' || this.#calls > 0) return false;
    const outcome = outcomeOf(finish.reason);
    if (outcome.kind !== 'unusable' || !outcome.tellsCalls) return false;
    const calls = readLostCalls(finish.message ?? '');
    if (calls.length === 0 || !calls.every((call) => this.#isCallable(call))) return false;
    for (const { name, args } of calls) {
      this.#warn(
        'content-changed',
        'answer',
        `call of ${name} read out of Gemini's message (${finish.reason})`,
      );
      this.#completeCall(name, args, undefined, events);
    }
    return true;
  }

  #isCallable({ name, args }: LostCall): boolean {
    const clientName = clientToolName(name, this.#plan.toolNames);
    const required = clientName === undefined ? undefined : this.#plan.requiredArguments.get(clientName);
    return required?.every((key) => Object.hasOwn(args, key)) ?? false;
  }

  #checkUsable(finish: Finish): void {
    if (finish.kind !== 'finished') return;
    const outcome = outcomeOf(finish.reason);
    const detail = finish.message ? `: ${finish.message}` : '';
    // Gemini 3 delivers the call beside UNEXPECTED_TOOL_CALL; a declared one is as good as any.
    if (outcome.kind === 'unusable' && !(finish.reason === 'UNEXPECTED_TOOL_CALL' && this.#calls > 0)) {
      throw new UpstreamError('unusable', `${outcome.why} (${finish.reason})${detail}`);
    }
    const empty = this.#calls === 0 && !this.#sawText;
    if (empty && outcome.kind === 'complete' && outcome.stopReason === 'end_turn') {
      throw new UpstreamError('unusable', `the model gave an empty answer (${finish.reason})${detail}`);
    }
    if (!isKnownFinishReason(finish.reason)) {
      this.#warn('upstream-unknown', 'answer', `finishReason ${finish.reason} taken as a normal end`);
    }
  }

  #chunk(chunk: GenerateContentResponse): TurnEvent[] {
    const events: TurnEvent[] = [];
    // Before the parts: a stop sequence in them ends the answer, and it must end with the counts so far.
    const usage = chunk.usageMetadata;
    if (usage && hasCounts(usage)) events.push({ type: 'usage', usage });
    this.#promptFeedback(chunk);
    for (const candidate of objectsIn(chunk.candidates)) {
      if ((candidate.index ?? 0) === 0) this.#candidate(candidate, events);
      else
        this.#warn(
          'content-changed',
          'answer',
          `candidate ${candidate.index} left out: only one is asked for`,
        );
    }
    return events;
  }

  #promptFeedback({ promptFeedback }: GenerateContentResponse): void {
    const { blockReason, blockReasonMessage } = promptFeedback ?? {};
    if (blockReasonMessage === undefined && (!blockReason || UNSPECIFIED.test(blockReason))) return;
    this.#finish = {
      kind: 'blocked',
      reason: blockReason ?? 'OTHER',
      ...(blockReasonMessage ? { message: blockReasonMessage } : {}),
    };
  }

  #candidate(candidate: Candidate, events: TurnEvent[]): void {
    for (const part of objectsIn(candidate.content?.parts)) this.#part(part, events);
    const { finishReason, finishMessage } = candidate;
    // Not the end of reading: with code execution a second one follows (recordings section 4).
    if (finishReason && !UNSPECIFIED.test(finishReason)) {
      this.#finish = {
        kind: 'finished',
        reason: finishReason,
        ...(finishMessage ? { message: finishMessage } : {}),
      };
    }
  }

  #part(part: ResponsePart, events: TurnEvent[]): void {
    const signature = part.thoughtSignature;
    if (part.functionCall) this.#call(part.functionCall, signature, events);
    else if (typeof part.text === 'string' && part.thought) {
      if (signature) this.#warn('signature', 'answer', 'signature on a thought left out');
      if (part.text !== '') events.push({ type: 'thinking', text: part.text });
    } else if (typeof part.text === 'string') this.#text(part.text, signature, events);
    else if (part.executableCode) {
      const { language = '', code = '' } = part.executableCode;
      this.#codeAsText(`\n\`\`\`${language.toLowerCase()}\n${code}\n\`\`\`\n`, signature, events);
    } else if (part.codeExecutionResult) {
      const { outcome = '', output = '' } = part.codeExecutionResult;
      const failed = outcome === 'OUTCOME_OK' ? '' : `${outcome}\n`;
      this.#codeAsText(`\n\`\`\`\n${failed}${output}\n\`\`\`\n`, signature, events);
    } else if (signature && Object.keys(part).length === 1) this.#text('', signature, events);
    else
      this.#warn('upstream-unknown', 'answer', `part left out: ${Object.keys(part).join(', ') || 'empty'}`);
  }

  #text(text: string, signature: string | undefined, events: TurnEvent[]): void {
    if (text === '' && !signature) return;
    if (text !== '') this.#sawText = true;
    events.push(signature ? { type: 'text', text, signature } : { type: 'text', text });
  }

  #codeAsText(text: string, signature: string | undefined, events: TurnEvent[]): void {
    if (signature)
      this.#warn('signature', 'answer', 'signature on a code part left out: it is shown as text');
    this.#text(text, undefined, events);
  }

  #call(
    call: NonNullable<ResponsePart['functionCall']>,
    signature: string | undefined,
    events: TurnEvent[],
  ): void {
    if (call.name !== undefined) {
      if (typeof call.name !== 'string')
        throw new UpstreamError('unusable', 'the model wrote a call whose name is no text');
      if (this.#partial) this.#closePartial(events);
      this.#partial = new PartialCall(call.name, signature, argumentsOf(call));
    } else if (!this.#partial && (call.args || call.partialArgs)) {
      throw new UpstreamError('unusable', 'the model wrote a call without a name');
    }
    this.#partial?.add(call.partialArgs);
    if (!call.willContinue) this.#closePartial(events);
  }

  /** A normal end closes a call whose last part never came; any other end broke it off. */
  #endPartial(finish: Finish, events: TurnEvent[]): void {
    if (finish.kind === 'finished' && finish.reason === 'STOP') this.#closePartial(events);
    else this.#warn('content-changed', 'answer', `unfinished call of ${this.#partial?.name} left out`);
  }

  #closePartial(events: TurnEvent[]): void {
    const call = this.#partial;
    this.#partial = undefined;
    if (call) this.#completeCall(call.name, call.args, call.signature, events);
  }

  #completeCall(
    geminiName: string,
    args: JsonObject,
    signature: string | undefined,
    events: TurnEvent[],
  ): void {
    const name = clientToolName(geminiName, this.#plan.toolNames);
    if (name === undefined) {
      throw new UpstreamError(
        'unusable',
        `the model called "${geminiName}", which is none of the declared tools`,
      );
    }
    this.#calls++;
    if (this.#calls > 1 && !this.#plan.parallelCalls) {
      this.#warn('content-changed', 'answer', `call of ${name} left out: parallel tool use is disabled`);
      return;
    }
    events.push({ type: 'call', name, args, ...(signature ? { signature } : {}) });
  }
}

/** What is no object in one of Google's lists holds nothing to read. */
const objectsIn = <T>(values: readonly T[] | undefined): readonly T[] =>
  Array.isArray(values) ? values.filter((value): boolean => isObject(value)) : [];

/** Arguments may be missing or null; any other value that is no object would break the client's tool. */
function argumentsOf({ name, args }: NonNullable<ResponsePart['functionCall']>): JsonObject {
  const value: unknown = args ?? {};
  if (isObject(value)) return value as JsonObject;
  throw new UpstreamError('unusable', `the model called "${name}" with arguments that are no object`);
}
