/**
 * Puts signatures back on their parts: first from a carrier in the same message, then from the store. A signature of
 * another model family or key is never sent, and no signature moves to another part (wire section 4).
 */
import type { RequestPart } from '../../gemini/wire.ts';
import { wellFormed } from '../../lib/well-formed.ts';
import type { RequestContext } from '../context.ts';
import {
  callContentKey,
  callKey,
  type Envelope,
  openEnvelope,
  openParts,
  partsKey,
  sameOrigin,
  splitEnvelopes,
  textKeys,
} from '../signatures.ts';
import type { Warn } from '../warnings.ts';
import type { CallItem } from './items.ts';

/**
 * Google's documented stand-in for a lost signature (thought-signatures page). Google checks only the first call of a
 * step, so only that call gets the stand-in. Answers get worse with it, so it is used only where there is no signature,
 * and its uses are counted.
 */
export const SIGNATURE_SENTINEL = 'skip_thought_signature_validator';

type TextRange = Envelope & { place: { on: 'text' } };
const isTextRange = (envelope: Envelope): envelope is TextRange => envelope.place.on === 'text';

export class Signatures {
  readonly #ctx: RequestContext;
  #foreignThinking = 0;
  #foreign = 0;
  #unplaced = 0;
  #sentinels = 0;

  constructor(ctx: RequestContext) {
    this.#ctx = ctx;
  }

  /**
   * The envelope in a thinking block. Undefined where the proxy did not write it, or where this model cannot read its
   * signature.
   */
  carried(data: string): Envelope | undefined {
    const envelope = openEnvelope(data);
    if (!envelope) {
      this.#foreignThinking++;
      return undefined;
    }
    return this.#readable(envelope) ? envelope : undefined;
  }

  /**
   * The stored signature of a call. It is found by the call's id, or, for the first call of a step, by its name and
   * arguments.
   */
  storedForCall(call: CallItem, isFirst: boolean): string | undefined {
    const { signatures } = this.#ctx;
    if (signatures.size === 0) return undefined;
    const stored =
      signatures.get(callKey(call.id)) ??
      // Later calls of the step have no signature. If they were looked up by name and arguments, they would get the
      // signature of an equal call.
      (isFirst ? signatures.get(callContentKey(call.name, call.input)) : undefined);
    return this.#open(stored).find((envelope) => envelope.place.on === 'call')?.signature;
  }

  /** Google's own parts of a call that the client did not answer; undefined where they were not kept, or for another model. */
  storedParts(toolId: string): RequestPart[] | undefined {
    const { signatures } = this.#ctx;
    if (signatures.size === 0) return undefined;
    const [envelope] = this.#open(signatures.get(partsKey(toolId)));
    return envelope && openParts(envelope.signature);
  }

  storedForText(context: string, text: string): TextRange[] {
    const { signatures } = this.#ctx;
    if (signatures.size === 0) return [];
    const [exact, loose] = textKeys(context, text);
    return this.#open(signatures.get(exact) ?? signatures.get(loose)).filter(isTextRange);
  }

  /**
   * Splits `text` so that each signed range becomes a part of its own. Empty text without a signature becomes no part.
   */
  signText(text: string, ranges: readonly TextRange[]): RequestPart[] {
    if (ranges.length === 0) return text === '' ? [] : [{ text: wellFormed(text) }];
    const parts: RequestPart[] = [];
    let at = 0;
    for (const range of ranges.toSorted((a, b) => a.place.start - b.place.start)) {
      // Clients cut white space from the end of a text, so a range that goes beyond the end is cut.
      const start = Math.min(range.place.start, text.length);
      const end = Math.min(range.place.end, text.length);
      if (start < at || (start === end && range.place.start < range.place.end)) {
        this.#unplaced++;
        continue;
      }
      if (start > at) parts.push({ text: wellFormed(text.slice(at, start)) });
      parts.push({ text: wellFormed(text.slice(start, end)), thoughtSignature: range.signature });
      at = end;
    }
    if (at < text.length) parts.push({ text: wellFormed(text.slice(at)) });
    return parts;
  }

  /**
   * The parts for ranges whose text block the client did not send back. For a signed empty range a part is put in; the
   * other ranges are lost.
   */
  withoutText(ranges: readonly TextRange[]): RequestPart[] {
    const empty = ranges.filter((range) => range.place.start === range.place.end);
    this.#unplaced += ranges.length - empty.length;
    return empty.map((range) => ({ text: '', thoughtSignature: range.signature }));
  }

  /**
   * Makes sure that the first call of a step has a signature. This is done in every turn, not only in the last one: a
   * history that has the same signatures each time stays cached.
   */
  secureStep(parts: readonly RequestPart[]): void {
    if (this.#ctx.model.signatures !== 'required') return;
    const first = parts.find((part) => part.functionCall !== undefined);
    if (!first || first.thoughtSignature !== undefined) return;
    first.thoughtSignature = SIGNATURE_SENTINEL;
    this.#sentinels++;
  }

  report(warn: Warn): void {
    const tell = (count: number, what: string) => {
      if (count > 0) warn('signature', 'messages', `${count} ${what}`);
    };
    tell(
      this.#foreignThinking,
      'thinking block(s) left out: their signature is not one that this proxy wrote',
    );
    tell(this.#foreign, 'signature(s) of another model or key left out');
    tell(this.#unplaced, 'signature(s) left out: their text is gone');
    if (this.#sentinels > 0) {
      const detail = `${this.#sentinels} call(s) without a signature sent with ${SIGNATURE_SENTINEL}`;
      warn('stand-in-signature', 'messages', detail);
    }
  }

  #open(stored: string | undefined): Envelope[] {
    if (stored === undefined) return [];
    return splitEnvelopes(stored).flatMap((text) => {
      const envelope = openEnvelope(text);
      return envelope && this.#readable(envelope) ? [envelope] : [];
    });
  }

  #readable(envelope: Envelope): boolean {
    if (envelope.place.on === 'none') return true;
    if (this.#ctx.model.signatures !== 'none' && sameOrigin(envelope, this.#ctx.origin)) return true;
    this.#foreign++;
    return false;
  }
}

export { isTextRange, type TextRange };
