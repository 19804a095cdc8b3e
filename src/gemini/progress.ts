/**
 * Tells how far a stream has come, judged by what its events say and not by its bytes. A broken upstream may send
 * comments, counts and empty events for ever. And a connection may stay open although the whole answer has come: then
 * the end of the connection need not be waited for.
 */
import { isObject } from '../lib/json.ts';
import { isFirst } from './first-candidate.ts';
import type { Frame } from './frames.ts';
import { tokenCounts } from './token-counts.ts';

type Fields = Record<string, unknown>;

/** Parts that begin a step of Google's own (code execution, a search), each with the part that ends it. */
const STEPS = [
  { first: 'executableCode', last: 'codeExecutionResult' },
  { first: 'toolCall', last: 'toolResponse' },
] as const;

const UNSPECIFIED = /^$|_UNSPECIFIED$/;

export class Progress {
  /** True where a finishReason has come, and nothing was said after it. */
  #finished = false;
  /** True where token counts have come with the finishReason or after it. */
  #counted = false;
  /** The steps of Google's own that have begun and not ended, by kind and id. */
  readonly #openSteps = new Set<string>();
  /** True where the last part was the end of a step: the model goes on after it. */
  #endedStep = false;
  #wentOn = false;
  #lastUnknown = '';

  /** True where one of `frames` says something that was not said before. */
  read(frames: readonly Frame[]): boolean {
    let news = false;
    for (const frame of frames) news = this.#frame(frame) || news;
    return news;
  }

  /**
   * True where the answer is complete: finishReason and counts have come, and no code or tool of Google's is at work.
   * With code execution a first finishReason comes before the result, and a second one after it.
   */
  get isWhole(): boolean {
    return this.#finished && this.#counted && this.#openSteps.size === 0 && !this.#endedStep;
  }

  /** True where the answer went on after it had seemed complete: some gateways put a finishReason on every event. */
  get wentOn(): boolean {
    return this.#wentOn;
  }

  #frame(frame: Frame): boolean {
    if (frame.kind === 'unknown') return false;
    if (frame.kind !== 'content' && frame.kind !== 'usage') return true;
    const chunk: Fields = frame.chunk;
    const seemedWhole = this.isWhole;
    // Another candidate may end before the one that was asked for.
    const candidates = listOf(chunk['candidates']).filter(isObject).filter(isFirst);
    const said = this.#readParts(candidates);
    if (said) {
      this.#finished = false;
      this.#counted = false;
      this.#wentOn ||= seemedWhole;
    }
    const ended = this.#readEnd(chunk, candidates);
    if (!this.#counted && tokenCounts(chunk['usageMetadata'])) this.#counted = true;
    return said || ended;
  }

  #readParts(candidates: readonly Fields[]): boolean {
    let said = false;
    for (const { content } of candidates) {
      for (const part of listOf(isObject(content) ? content['parts'] : undefined)) {
        if (isObject(part) && this.#readPart(part)) said = true;
      }
    }
    return said;
  }

  /** Reads one part. Returns true where the part says something. */
  #readPart(part: Fields): boolean {
    const endsStep = this.#readStep(part);
    if (!this.#says(part)) return false;
    this.#endedStep = endsStep;
    return true;
  }

  /** Reads the begin or end of a step in a part. Returns true where the part ends a step. */
  #readStep(part: Fields): boolean {
    let ends = false;
    for (const { first, last } of STEPS) {
      const begun = part[first];
      const ended = part[last];
      if (isObject(begun)) this.#openSteps.add(`${first} ${String(begun['id'])}`);
      if (!isObject(ended)) continue;
      this.#openSteps.delete(`${first} ${String(ended['id'])}`);
      ends = true;
    }
    return ends;
  }

  /**
   * True where a part says something new. A part that is neither text nor a call may be repeated; only the first one
   * counts as progress.
   */
  #says(part: Fields): boolean {
    const { text, functionCall } = part;
    if (typeof text === 'string' && text !== '') return true;
    if (isObject(functionCall)) {
      const { name, args, partialArgs } = functionCall;
      return [name, args, partialArgs].some(isFilled);
    }
    if (!Object.keys(part).some((key) => key !== 'thought' && isFilled(part[key]))) return false;
    const told = JSON.stringify(part);
    const isNew = told !== this.#lastUnknown;
    this.#lastUnknown = told;
    return isNew;
  }

  #readEnd(chunk: Fields, candidates: readonly Fields[]): boolean {
    const isBlocked = isObject(chunk['promptFeedback']) && isReason(chunk['promptFeedback']['blockReason']);
    // Google sends no counts for a blocked prompt.
    if (isBlocked) this.#counted = true;
    const isEnd = isBlocked || candidates.some(({ finishReason }) => isReason(finishReason));
    const isNew = isEnd && !this.#finished;
    if (isEnd) this.#finished = true;
    return isNew;
  }
}

const isReason = (value: unknown): boolean => typeof value === 'string' && !UNSPECIFIED.test(value);

const isFilled = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);

const NONE: readonly unknown[] = [];

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : NONE);
