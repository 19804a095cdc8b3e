/**
 * The part ladder: Gemini's frames to TurnEvents, for streams and unary answers alike. One reader reads one try. What cannot
 * be an answer (an error object, a broken end, a call of an unknown tool) is thrown as an UpstreamError, so
 * that the gate can try again while nothing has been told.
 */
import { UpstreamError } from '../../gemini/errors.ts';
import type { Frame } from '../../gemini/frames.ts';
import type { Candidate, GenerateContentResponse, ResponsePart } from '../../gemini/wire.ts';
import { isObject } from '../../lib/json.ts';
import type { Warn } from '../warnings.ts';
import { AnswerCalls, type AnswerCallsOptions, type ReadEvent } from './answer-calls.ts';
import { type GeminiCall, GeminiCalls } from './gemini-calls.ts';
import { isKnownFinishReason, outcomeOf } from './stop-reason.ts';
import type { Finish, TurnEvent } from './turn.ts';
import { hasCounts } from './usage.ts';

const UNSPECIFIED = /_UNSPECIFIED$/;
/** How much of a broken frame an error message shows. */
const SHOWN_CHARACTERS = 200;

const asCall = (call: GeminiCall): ReadEvent => ({ type: 'gemini-call', call });

export class PartsReader {
  readonly #warn: Warn;
  readonly #pieces = new GeminiCalls();
  readonly #calls: AnswerCalls;
  #finish: Finish | undefined;
  #sawText = false;

  constructor(options: AnswerCallsOptions) {
    this.#warn = options.warn;
    this.#calls = new AnswerCalls(options);
  }

  read(frame: Frame): TurnEvent[] {
    switch (frame.kind) {
      case 'content':
      case 'usage':
        for (const repair of frame.repairs ?? []) this.#warn('frame-repaired', 'answer', repair);
        return this.#calls.through(this.#chunk(frame.chunk));
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
    const events = this.#calls.through(this.#endPieces(this.#finish));
    events.push(...this.#calls.end(this.#finish));
    this.#checkUsable(this.#finish);
    events.push({ type: 'finish', finish: this.#finish });
    return events;
  }

  /** A normal end closes a call whose last part never came; any other end broke it off. */
  #endPieces(finish: Finish): ReadEvent[] {
    if (finish.kind === 'finished' && finish.reason === 'STOP') return this.#pieces.close().map(asCall);
    const { openName } = this.#pieces;
    if (openName !== undefined)
      this.#warn('content-changed', 'answer', `unfinished call of ${openName} left out`);
    return [];
  }

  #checkUsable(finish: Finish): void {
    if (finish.kind !== 'finished') return;
    const outcome = outcomeOf(finish.reason);
    const detail = finish.message ? `: ${finish.message}` : '';
    // Gemini 3 delivers the call beside UNEXPECTED_TOOL_CALL: it is as good as any.
    const delivered = finish.reason === 'UNEXPECTED_TOOL_CALL' && this.#calls.count > 0;
    if (outcome.kind === 'unusable' && !delivered && !this.#calls.recovered) {
      throw new UpstreamError('unusable', `${outcome.why} (${finish.reason})${detail}`);
    }
    const empty = this.#calls.count === 0 && !this.#sawText;
    if (empty && outcome.kind === 'complete' && outcome.stopReason === 'end_turn') {
      throw new UpstreamError('unusable', `the model gave an empty answer (${finish.reason})${detail}`);
    }
    if (!isKnownFinishReason(finish.reason)) {
      this.#warn('upstream-unknown', 'answer', `finishReason ${finish.reason} taken as a normal end`);
    }
  }

  #chunk(chunk: GenerateContentResponse): ReadEvent[] {
    const events: ReadEvent[] = [];
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

  #candidate(candidate: Candidate, events: ReadEvent[]): void {
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

  #part(part: ResponsePart, events: ReadEvent[]): void {
    const signature = part.thoughtSignature;
    if (part.functionCall) events.push(...this.#pieces.read(part.functionCall, signature).map(asCall));
    else if (part.functionResponse) {
      const { id, name } = part.functionResponse;
      events.push({ type: 'gemini-result', id, name });
    } else if (typeof part.text === 'string' && part.thought) {
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

  #text(text: string, signature: string | undefined, events: ReadEvent[]): void {
    if (text === '' && !signature) return;
    if (text !== '') this.#sawText = true;
    events.push(signature ? { type: 'text', text, signature } : { type: 'text', text });
  }

  #codeAsText(text: string, signature: string | undefined, events: ReadEvent[]): void {
    if (signature)
      this.#warn('signature', 'answer', 'signature on a code part left out: it is shown as text');
    this.#text(text, undefined, events);
  }
}

/** What is no object in one of Google's lists holds nothing to read. */
const objectsIn = <T>(values: readonly T[] | undefined): readonly T[] =>
  Array.isArray(values) ? values.filter((value): boolean => isObject(value)) : [];
