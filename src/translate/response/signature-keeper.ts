/**
 * Keeps the signatures of one answer for later turns. Each signature is put into an envelope, and is stored under the
 * keys that can be made from the client's next request. The signatures of a text are kept back until its block is
 * complete, because the text is the key.
 */
import type { RequestPart } from '../../gemini/wire.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { AnswerContext } from '../context.ts';
import {
  callContentKey,
  callKey,
  joinEnvelopes,
  partsKey,
  sealEnvelope,
  sealParts,
  textKeys,
} from '../signatures.ts';

export class SignatureKeeper {
  readonly #ctx: AnswerContext;
  #text = '';
  #textEnvelopes: { start: number; end: number; envelope: string }[] = [];
  readonly #textsKept = new Set<string>();

  constructor(ctx: AnswerContext) {
    this.#ctx = ctx;
  }

  /** Keeps the signature of a call; returns its envelope. */
  call(toolId: string, name: string, args: JsonObject, signature: string): string {
    const envelope = sealEnvelope({ ...this.#ctx.origin(), place: { on: 'call', toolId }, signature });
    this.#ctx.remember(callKey(toolId), envelope);
    this.#ctx.remember(callContentKey(name, args), envelope);
    return envelope;
  }

  /** Adds a piece of the current text block. Returns an envelope where the piece is signed. */
  text(text: string, signature: string | undefined): string | undefined {
    const start = this.#text.length;
    this.#text += text;
    if (!signature) return undefined;
    const end = this.#text.length;
    const envelope = sealEnvelope({ ...this.#ctx.origin(), place: { on: 'text', start, end }, signature });
    this.#textEnvelopes.push({ start, end, envelope });
    return envelope;
  }

  /** Keeps Google's own parts of a call that the client does not answer. Their signatures are in them. */
  echo(toolId: string, parts: readonly RequestPart[]): void {
    const signature = sealParts(parts);
    const place = { on: 'call', toolId } as const;
    this.#ctx.remember(partsKey(toolId), sealEnvelope({ ...this.#ctx.origin(), place, signature }));
  }

  /** The envelope for a thinking block that the model gave no signature with. */
  none(): string {
    return sealEnvelope({ ...this.#ctx.origin(), place: { on: 'none' }, signature: '' });
  }

  /**
   * To be called when the text block is complete. `shown` is shorter than the block's text where a stop sequence cut
   * the text; the signatures after the cut are forgotten.
   */
  closeText(shown: number): void {
    const kept = this.#textEnvelopes.filter(({ end }) => end <= shown).map(({ envelope }) => envelope);
    const text = this.#text.slice(0, shown);
    if (kept.length > 0 && text === '') {
      this.#ctx.warn('signature', 'answer', 'signature of an empty text that the client never sees left out');
    } else if (kept.length > 0) {
      this.#rememberText(text, joinEnvelopes(kept));
    }
    this.#text = '';
    this.#textEnvelopes = [];
  }

  /**
   * Stores the signatures of a text. Several blocks of one answer may have the same text (2.5 signs line breaks between
   * thoughts), and so the same keys. The last of them is kept.
   */
  #rememberText(text: string, envelopes: string): void {
    const [exact, loose] = textKeys(this.#ctx.plan().answeredTurn, text);
    if (this.#textsKept.has(exact)) {
      this.#ctx.warn('signature', 'answer', 'signature of a repeated text gave way to that of a later one');
    }
    this.#textsKept.add(exact);
    this.#ctx.remember(exact, envelopes);
    this.#ctx.remember(loose, envelopes);
  }
}
