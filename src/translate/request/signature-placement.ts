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
  sameOrigin,
  splitEnvelopes,
  textKeys,
} from '../signatures.ts';
import type { Warn } from '../warnings.ts';
import type { CallItem } from './items.ts';

/**
 * Google's documented stand-in for a lost signature (thought-signatures page). Only the first call of a step is
 * checked, so only that call gets it. Answers get worse with it, so it is the last resort, and its uses are counted.
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

  /** The envelope in a thinking block, where the proxy wrote it and this model can read it. */
  carried(data: string): Envelope | undefined {
    const envelope = openEnvelope(data);
    if (!envelope) {
      this.#foreignThinking++;
      return undefined;
    }
    return this.#readable(envelope) ? envelope : undefined;
  }

  /** A call's signature from the store: by its id, or, for the first call of a step, by what it says. */
  storedForCall(call: CallItem, isFirst: boolean): string | undefined {
    const { signatures } = this.#ctx;
    if (signatures.size === 0) return undefined;
    const stored =
      signatures.get(callKey(call.id)) ??
      // Later calls of the step have no signature; by equal words they would get that of another call.
      (isFirst ? signatures.get(callContentKey(call.name, call.input)) : undefined);
    return this.#open(stored).find((envelope) => envelope.place.on === 'call')?.signature;
  }

  storedForText(context: string, text: string): TextRange[] {
    const { signatures } = this.#ctx;
    if (signatures.size === 0) return [];
    const [exact, loose] = textKeys(context, text);
    return this.#open(signatures.get(exact) ?? signatures.get(loose)).filter(isTextRange);
  }

  /** Splits `text` so that each signed range is a part of its own. Unsigned empty text becomes nothing. */
  signText(text: string, ranges: readonly TextRange[]): RequestPart[] {
    if (ranges.length === 0) return text === '' ? [] : [{ text: wellFormed(text) }];
    const parts: RequestPart[] = [];
    let at = 0;
    for (const range of ranges.toSorted((a, b) => a.place.start - b.place.start)) {
      // Clients trim the end of a text, so a range that reaches beyond the end is cut.
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

  /** Ranges whose text block the client did not send back. An empty signed part is put in; other ranges are lost. */
  withoutText(ranges: readonly TextRange[]): RequestPart[] {
    const empty = ranges.filter((range) => range.place.start === range.place.end);
    this.#unplaced += ranges.length - empty.length;
    return empty.map((range) => ({ text: '', thoughtSignature: range.signature }));
  }

  /**
   * Every turn's first calls are signed, not only the last turn's: a history that is signed alike each time stays
   * cached.
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
    tell(this.#foreignThinking, 'thinking block(s) of another model left out');
    tell(this.#foreign, 'signature(s) of another model or key left out');
    tell(this.#unplaced, 'signature(s) left out: their text is gone');
    tell(this.#sentinels, `call(s) without a signature sent with ${SIGNATURE_SENTINEL}`);
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
