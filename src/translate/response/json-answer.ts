/**
 * Reads an answer that has to be JSON. Models put JSON between fences, also where the API promises plain JSON. Where the
 * API promises nothing (the form was asked for in words), the text is held back until its end: then another attempt is
 * still possible, if the text is not what was asked for. Why: docs/decisions/0097-json-that-was-asked-for.md
 */
import { UpstreamError } from '../../gemini/errors.ts';
import type { Frame } from '../../gemini/frames.ts';
import { type Json, tryParseJson } from '../../lib/json.ts';
import { SchemaCheck } from '../../lib/schema/schema-check.ts';
import type { JsonPlan } from '../context.ts';
import type { AnswerCallsOptions } from './answer-calls.ts';
import type { Reader } from './attempt-reader.ts';
import { stopReasonOf } from './stop-reason.ts';
import type { Finish, TurnEvent } from './turn.ts';

type TextEvent = Extract<TurnEvent, { type: 'text' }>;

const FENCE = '```';

/** The content of a fence, without the word after its beginning. */
const fenced = (text: string): string => text.replace(/^[\w-]*[ \t]*\r?\n/, '').trim();

/** The texts in which the JSON may stand: the whole, what is between the first and the last fence, and each fence. */
function candidates(text: string): string[] {
  const whole = text.trim();
  const parts = whole.split(FENCE);
  if (parts.length < 3) return [whole];
  return [whole, parts.slice(1, -1).join(FENCE), ...parts.filter((_, index) => index % 2 === 1)].map(
    (part, index) => (index === 0 ? part : fenced(part)),
  );
}

/** The one JSON in `text` that the schema does not refuse, as it is written there. */
export function jsonIn(text: string, schema: Json): string | undefined {
  const isWanted = (candidate: string): boolean => {
    const value = tryParseJson(candidate);
    return value !== undefined && new SchemaCheck(schema).verdict(value as Json) !== 'illegal';
  };
  const [whole = '', ...others] = candidates(text);
  if (isWanted(whole)) return whole;
  const [found, ...more] = new Set(others.filter(isWanted));
  return more.length > 0 ? undefined : found;
}

export class JsonReader implements Reader {
  readonly #inner: Reader;
  readonly #plan: JsonPlan;
  readonly #options: Pick<AnswerCallsOptions, 'warn' | 'mayAskAgain'>;
  #held: TextEvent[] = [];
  /** `looking`: it is not known yet whether the text begins with a fence. */
  #state: 'looking' | 'holding' | 'passing';

  constructor(inner: Reader, plan: JsonPlan, options: Pick<AnswerCallsOptions, 'warn' | 'mayAskAgain'>) {
    this.#inner = inner;
    this.#plan = plan;
    this.#options = options;
    this.#state = plan.isPromised ? 'looking' : 'holding';
  }

  get finished(): boolean {
    return this.#inner.finished;
  }

  get rest(): string | undefined {
    return this.#inner.rest;
  }

  read(frame: Frame): TurnEvent[] {
    return this.#passed(this.#inner.read(frame));
  }

  end(): TurnEvent[] {
    return this.#passed(this.#inner.end());
  }

  #passed(events: TurnEvent[]): TurnEvent[] {
    if (this.#state === 'passing') return events;
    return events.flatMap((event) => this.#passedOn(event));
  }

  #passedOn(event: TurnEvent): TurnEvent[] {
    if (this.#state === 'passing') return [event];
    // What stands before a call is no answer yet.
    if (event.type === 'call') return [...this.#release(), event];
    if (event.type === 'finish') return [...this.#settled(event.finish), event];
    if (event.type !== 'text') return [event];
    this.#held.push(event);
    return this.#state === 'looking' ? this.#look() : [];
  }

  #release(): TextEvent[] {
    this.#state = 'passing';
    return this.#held.splice(0);
  }

  #look(): TextEvent[] {
    const start = this.#text().trimStart();
    if (start.startsWith(FENCE)) this.#state = 'holding';
    return FENCE.startsWith(start.slice(0, FENCE.length)) ? [] : this.#release();
  }

  #text(): string {
    return this.#held.map(({ text }) => text).join('');
  }

  #settled(finish: Finish): TextEvent[] {
    const isWhole = finish.kind === 'finished' && stopReasonOf(finish.reason, false) === 'end_turn';
    const text = this.#text();
    if (!isWhole || text === '') return this.#release();
    const json = jsonIn(text, this.#plan.schema);
    const { warn, mayAskAgain } = this.#options;
    if (json === undefined) {
      if (!this.#plan.isPromised && mayAskAgain())
        throw new UpstreamError('unusable', 'the model answered with a text that is not the JSON asked for');
      warn(
        'content-changed',
        'answer',
        'the text is not the JSON that was asked for; it is passed on as it is',
      );
      return this.#release();
    }
    return json === text.trim() ? this.#release() : this.#unfenced(json);
  }

  /** The JSON alone. A signature of an empty text keeps its place at the end; the other texts are not there any more. */
  #unfenced(json: string): TextEvent[] {
    const { warn } = this.#options;
    warn('content-changed', 'answer', 'what stood around the JSON that was asked for is left out');
    const signed = this.#release().filter(({ signature }) => signature !== undefined);
    const closing = signed.filter(({ text }) => text === '').slice(-1);
    if (signed.length > closing.length)
      warn('signature', 'answer', 'signature of a text left out: the text is changed');
    return [{ type: 'text', text: json }, ...closing];
  }
}
