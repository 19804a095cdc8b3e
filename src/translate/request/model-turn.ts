/** Translates the assistant's side of the history: text, calls, and the signatures that belong to them. */
import type { GeminiModel } from '../../gemini/models.ts';
import type { FunctionCall, RequestPart } from '../../gemini/wire.ts';
import { shortHash } from '../../lib/hash.ts';
import { isObject, type JsonObject } from '../../lib/json.ts';
import { wellFormed, wellFormedObject } from '../../lib/well-formed.ts';
import { toGeminiToolName } from '../tool-names.ts';
import type { Warn } from '../warnings.ts';
import type { CallItem, Item, ModelTurn, ServedItem } from './items.ts';
import { isTextRange, type Signatures, type TextRange } from './signature-placement.ts';

/** One message of the assistant. `context` is the hash of the user's turn that the message answers. */
export type AssistantMessage = { items: readonly Item[]; context: string };

const WIRE_ID = /^[A-Za-z0-9_-]{1,64}$/;
const wireId = (id: string): string => (WIRE_ID.test(id) ? id : shortHash(id));

/**
 * The arguments of a call, as the object that Google requires. Claude Code sends arguments that were no JSON back as
 * `__unparsedToolInput`.
 */
function callArguments(call: CallItem, warn: Warn): JsonObject {
  const { input } = call;
  if (call.inputCleared || input === null || input === undefined) return {};
  if (isObject(input)) {
    const unparsed = input['__unparsedToolInput'];
    if (!isObject(unparsed)) return wellFormedObject(input as JsonObject);
    warn('content-changed', `${call.path}.input`, 'arguments that are not JSON are sent as text');
    return { input: wellFormed(String(unparsed['raw'] ?? '')) };
  }
  warn('content-changed', `${call.path}.input`, 'arguments that are no object are wrapped in one');
  return wellFormedObject({ input: input as JsonObject[string] });
}

type Carriers = {
  byCall: ReadonlyMap<string, string>;
  carriers: ReadonlyMap<Item, readonly TextRange[]>;
};

const NO_CARRIERS: Carriers = { byCall: new Map(), carriers: new Map() };

const samePlace = (a: TextRange, b: TextRange): boolean =>
  a.place.start === b.place.start && a.place.end === b.place.end;

export class ModelTurns {
  readonly #model: GeminiModel;
  readonly #signatures: Signatures;
  readonly #echoes: ReadonlySet<string>;
  readonly #warn: Warn;

  /** `echoes`: the parts about its own tools that Google takes back. */
  constructor(model: GeminiModel, signatures: Signatures, echoes: ReadonlySet<string>, warn: Warn) {
    this.#model = model;
    this.#echoes = echoes;
    this.#signatures = signatures;
    this.#warn = warn;
  }

  /**
   * Makes one turn from several messages of the assistant in a row, since Google sees them as one turn. Their parts
   * follow each other; no parts are joined.
   */
  read(messages: readonly AssistantMessage[]): ModelTurn {
    const turn: ModelTurn = { parts: [], calls: [] };
    for (const message of messages) this.#message(message, turn);
    this.#signatures.secureStep(turn.parts);
    return turn;
  }

  #message({ items, context }: AssistantMessage, turn: ModelTurn): void {
    const { byCall, carriers } = this.#carriers(items);
    let ranges: TextRange[] = [];
    let echoed: Set<string> | undefined;
    for (const item of items) {
      if (item.kind === 'thinking') ranges.push(...(carriers.get(item) ?? []));
      if (item.kind === 'call') this.#call(item, byCall.get(item.id), turn);
      if (item.kind === 'served') {
        echoed ??= new Set();
        this.#served(item, echoed, turn);
      }
      if (item.kind !== 'content') continue;
      if ('text' in item.part) {
        // A carrier before a text knows only the first signature of that text; the store may know a later one too.
        const carried = ranges;
        const stored = this.#signatures.storedForText(context, item.part.text);
        const more = stored.filter((range) => !carried.some((known) => samePlace(known, range)));
        const signed = more.length === 0 ? carried : [...carried, ...more];
        for (const part of this.#signatures.signText(item.part.text, signed)) turn.parts.push(part);
        if (carried.length > 0) ranges = [];
      } else {
        turn.parts.push(item.part);
      }
    }
    if (ranges.length > 0) turn.parts.push(...this.#signatures.withoutText(ranges));
  }

  /**
   * The signatures in the thinking blocks of a message: signatures of calls by tool id, and signatures of text by the
   * block that follows the carrier.
   */
  #carriers(items: readonly Item[]): Carriers {
    if (!items.some(({ kind }) => kind === 'thinking')) return NO_CARRIERS;
    const byCall = new Map<string, string>();
    const carriers = new Map<Item, TextRange[]>();
    for (const item of items) {
      if (item.kind !== 'thinking') continue;
      const envelope = this.#signatures.carried(item.carried);
      if (envelope?.place.on === 'call') byCall.set(envelope.place.toolId, envelope.signature);
      else if (envelope && isTextRange(envelope)) carriers.set(item, [envelope]);
    }
    return { byCall, carriers };
  }

  #echoed(id: string): RequestPart[] | undefined {
    const parts = this.#signatures.storedParts(id);
    const isTaken = (part: RequestPart): boolean => Object.keys(part).some((name) => this.#echoes.has(name));
    return parts?.every(isTaken) ? parts : undefined;
  }

  /**
   * Puts a call that the client did not answer back as Google's own parts, or else in words. `echoed` has the ids of the
   * calls that went back as parts: these have their results with them.
   */
  #served({ what, id, text }: ServedItem, echoed: Set<string>, turn: ModelTurn): void {
    if (what === 'result' && echoed.has(id)) return;
    const parts = what === 'call' && this.#echoes.size > 0 ? this.#echoed(id) : undefined;
    if (parts) echoed.add(id);
    turn.parts.push(...(parts ?? [{ text: wellFormed(text) }]));
  }

  #call(item: CallItem, carried: string | undefined, turn: ModelTurn): void {
    const name = toGeminiToolName(item.name);
    const id = this.#model.callIds ? wireId(item.id) : undefined;
    const args = callArguments(item, this.#warn);
    const functionCall: FunctionCall = id === undefined ? { name, args } : { id, name, args };
    const part: RequestPart = { functionCall };
    const signature = carried ?? this.#signatures.storedForCall(item, turn.calls.length === 0);
    if (signature !== undefined) part.thoughtSignature = signature;
    turn.parts.push(part);
    turn.calls.push({ id: item.id, name, wireId: id, path: item.path });
  }
}
