/** Puts together Gemini's calls, which come whole or in pieces. It does not look at whose tools they name. */
import { UpstreamError } from '../../gemini/errors.ts';
import { MAX_DEPTH, MAX_VALUES } from '../../gemini/limits.ts';
import { parseExact } from '../../lib/exact-json.ts';
import { isObject, type JsonObject, tryParseJson } from '../../lib/json.ts';
import { jsonShape } from '../../lib/json-text.ts';
import { wellFormed, wellFormedObject } from '../../lib/well-formed.ts';
import { PartialCall } from './partial-call.ts';

export type GeminiCall = {
  /** Google's id of the call; undefined where Google gives none. */
  id: string | undefined;
  /** The name as the model wrote it. */
  name: string;
  args: JsonObject;
  signature: string | undefined;
};

const unusable = (what: string) => new UpstreamError('unusable', `the model ${what}`);

const isThere = (value: unknown): boolean => value !== undefined && value !== null;

export class GeminiCalls {
  #open: { id: string | undefined; call: PartialCall } | undefined;

  /** The calls that are complete after this `functionCall`: none, one, or two (a new name ends the call before it). */
  read(part: unknown, signature: string | undefined): GeminiCall[] {
    if (!isObject(part)) throw unusable('wrote a call that is no object');
    const { id, name, args, partialArgs } = part;
    const whole: GeminiCall[] = [];
    if (isThere(name)) {
      if (typeof name !== 'string') throw unusable('wrote a call whose name is no text');
      whole.push(...this.close());
      const call = new PartialCall(wellFormed(name), signature, argumentsOf(name, args));
      this.#open = { id: typeof id === 'string' ? id : undefined, call };
    } else if (this.#open) this.#open.call.merge(argumentsOf(this.#open.call.name, args));
    else if (isThere(args) || isThere(partialArgs)) throw unusable('wrote a call without a name');
    this.#open?.call.add(partialArgs);
    if (!part['willContinue']) whole.push(...this.close());
    return whole;
  }

  /** The name of the call that is still open. */
  get openName(): string | undefined {
    return this.#open?.call.name;
  }

  /** Returns the open call with the arguments that have come until now. No call is open after that. */
  close(): GeminiCall[] {
    if (!this.#open) return [];
    const { id, call } = this.#open;
    this.#open = undefined;
    return [{ id, name: call.name, args: wellFormedObject(call.args), signature: call.signature }];
  }
}

/**
 * The arguments of a call. They may be missing, null, or an empty list, and gateways write them as text. Anything else
 * that is not an object would break the client's tool, so it throws.
 */
function argumentsOf(name: string, args: unknown): JsonObject {
  const value = typeof args === 'string' ? parsedText(args) : (args ?? null);
  if (isObject(value)) return value as JsonObject;
  if (value === null || (Array.isArray(value) && value.length === 0)) return {};
  throw unusable(`called "${name}" with arguments that are no object`);
}

/** The value of `text`; undefined where `text` is no JSON, or is nested too deep. */
export function parsedText(text: string): unknown {
  if (text.trim() === '') return null;
  const { depth, values, exact } = jsonShape(text, { depth: MAX_DEPTH, values: MAX_VALUES });
  if (depth > MAX_DEPTH || values > MAX_VALUES) return undefined;
  const value = tryParseJson(text);
  return exact || value === undefined ? value : parseExact(text);
}
