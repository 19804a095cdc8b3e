/**
 * How far a stream has come, by what its events say: a stream may go on for ever with comments, counts and empty events, and one
 * whose answer is whole need not be waited for.
 */
import { isObject } from '../lib/json.ts';
import type { Frame } from './frames.ts';
import { tokenCounts } from './token-counts.ts';

type Fields = Record<string, unknown>;

/** Parts that begin a step of Google's own, and those that end it. */
const STEPS = [
  ['executableCode', 'codeExecutionResult'],
  ['toolCall', 'toolResponse'],
] as const;

const UNSPECIFIED = /^$|_UNSPECIFIED$/;

export class Progress {
  /** The last event that said something, or one after it, had a finishReason. */
  #finished = false;
  /** The same for token counts. */
  #counted = false;
  /** Begun and not ended, by kind and id. */
  readonly #openSteps = new Set<string>();
  /** The last that was said is a step's end: the model goes on from there. */
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
   * All is said: the end and its counts have come, and no code or tool of Google's is at work. With code execution the first
   * finishReason comes before the result, and a second one after it.
   */
  get isWhole(): boolean {
    return this.#finished && this.#counted && this.#openSteps.size === 0 && !this.#endedStep;
  }

  /** Something was said after all had seemed to be: some fronts give every event a finishReason. */
  get wentOn(): boolean {
    return this.#wentOn;
  }

  #frame(frame: Frame): boolean {
    if (frame.kind === 'unknown') return false;
    if (frame.kind !== 'content' && frame.kind !== 'usage') return true;
    const chunk: Fields = frame.chunk;
    const seemedWhole = this.isWhole;
    const said = this.#readParts(partsOf(chunk));
    if (said) {
      this.#finished = false;
      this.#counted = false;
      this.#wentOn ||= seemedWhole;
    }
    const ended = this.#readEnd(chunk);
    if (tokenCounts(chunk['usageMetadata'])) this.#counted = true;
    return said || ended;
  }

  #readParts(parts: readonly Fields[]): boolean {
    let said = false;
    for (const part of parts) {
      const endsStep = this.#readStep(part);
      if (!this.#says(part)) continue;
      said = true;
      this.#endedStep = endsStep;
    }
    return said;
  }

  /** True where `part` ends one. */
  #readStep(part: Fields): boolean {
    let ends = false;
    for (const [first, last] of STEPS) {
      const [begun, ended] = [part[first], part[last]];
      if (isObject(begun)) this.#openSteps.add(`${first} ${String(begun['id'])}`);
      if (!isObject(ended)) continue;
      this.#openSteps.delete(`${first} ${String(ended['id'])}`);
      ends = true;
    }
    return ends;
  }

  /** What is neither a text nor a call may be told again and again: it says something once. */
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

  #readEnd(chunk: Fields): boolean {
    const isBlocked = isObject(chunk['promptFeedback']) && isReason(chunk['promptFeedback']['blockReason']);
    // The counts of a prompt that is blocked do not come.
    if (isBlocked) this.#counted = true;
    const isEnd = isBlocked || candidatesOf(chunk).some((candidate) => isReason(candidate['finishReason']));
    const isNew = isEnd && !this.#finished;
    if (isEnd) this.#finished = true;
    return isNew;
  }
}

const isReason = (value: unknown): boolean => typeof value === 'string' && !UNSPECIFIED.test(value);

const isFilled = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);

const objectsIn = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isObject) : []);

const candidatesOf = (chunk: Fields): Fields[] => objectsIn(chunk['candidates']);

const partsOf = (chunk: Fields): Fields[] =>
  candidatesOf(chunk).flatMap(({ content }) => (isObject(content) ? objectsIn(content['parts']) : []));
