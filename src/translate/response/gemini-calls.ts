/** Calls as Gemini writes them, whole or in pieces, put together. Whose tools they name is not asked here. */
import { UpstreamError } from '../../gemini/errors.ts';
import type { ResponsePart } from '../../gemini/wire.ts';
import { isObject, type JsonObject } from '../../lib/json.ts';
import { PartialCall } from './partial-call.ts';

export type GeminiCall = {
  /** Google's, where it gives one. */
  id: string | undefined;
  /** As the model wrote it. */
  name: string;
  args: JsonObject;
  signature: string | undefined;
};

type CallPart = NonNullable<ResponsePart['functionCall']>;

export class GeminiCalls {
  #open: { id: string | undefined; call: PartialCall } | undefined;

  /** The calls that are whole with this part: none, one, or one that a new name ended and the new one. */
  read(part: CallPart, signature: string | undefined): GeminiCall[] {
    const whole: GeminiCall[] = [];
    if (part.name !== undefined) {
      if (typeof part.name !== 'string')
        throw new UpstreamError('unusable', 'the model wrote a call whose name is no text');
      whole.push(...this.close());
      this.#open = { id: part.id, call: new PartialCall(part.name, signature, argumentsOf(part)) };
    } else if (!this.#open && (part.args || part.partialArgs)) {
      throw new UpstreamError('unusable', 'the model wrote a call without a name');
    }
    this.#open?.call.add(part.partialArgs);
    if (!part.willContinue) whole.push(...this.close());
    return whole;
  }

  /** The name of the call that still goes on. */
  get openName(): string | undefined {
    return this.#open?.call.name;
  }

  /** The call that was open, as far as it has come. */
  close(): GeminiCall[] {
    if (!this.#open) return [];
    const { id, call } = this.#open;
    this.#open = undefined;
    return [{ id, name: call.name, args: call.args, signature: call.signature }];
  }
}

/** Arguments may be missing or null; any other value that is no object would break the client's tool. */
function argumentsOf({ name, args }: CallPart): JsonObject {
  const value: unknown = args ?? {};
  if (isObject(value)) return value as JsonObject;
  throw new UpstreamError('unusable', `the model called "${name}" with arguments that are no object`);
}
