/**
 * The texts of one request, as they may be shown: secrets are hidden in each whole body, and only then it is parsed and
 * cut.
 */
import { isObject, type Json, tryParseJson } from '../../lib/json.ts';
import { joined } from '../../sim/redact.ts';
import { answerMessage, type ReadAnswer } from '../answer-message.ts';
import type { ByteLog, Piece } from '../byte-log.ts';
import type { KeptRequest } from '../kept-request.ts';
import type { Exchange } from '../parts.ts';
import type { Shown } from '../shown.ts';

/** `hidden`: how many of its places were blotted out. */
export type Body = { text: string; json: Record<string, unknown>; bytes: number; hidden: number };

const decoder = new TextDecoder();

const BLOT = 'x'.charCodeAt(0);

/** The places at which bytes were blotted out: runs of blots with a byte that was another one before. */
function placesHidden(came: Uint8Array, clean: Uint8Array): number {
  if (came === clean) return 0;
  let places = 0;
  let isIn = false;
  for (let at = 0; at < clean.length; at++) {
    if (clean[at] !== BLOT) isIn = false;
    else if (!isIn && came[at] !== BLOT) {
      places++;
      isIn = true;
    }
  }
  return places;
}

function bodyOf(clean: Uint8Array, came: Uint8Array): Body {
  const text = decoder.decode(clean);
  const json = tryParseJson(text);
  return {
    text,
    json: isObject(json) ? json : {},
    bytes: clean.byteLength,
    hidden: placesHidden(came, clean),
  };
}

/** Which texts are wanted. `sent` and `reads` are the number of an attempt. */
export type Wanted = {
  came?: true;
  answer?: true;
  sent?: number | 'all';
  reads?: number | 'all';
};

export const EVERYTHING: Wanted = { came: true, answer: true, sent: 'all', reads: 'all' };

const isOf = (wanted: number | 'all' | undefined) => (exchange: Exchange) =>
  wanted === 'all' || exchange.attempt === wanted;

/** A text that was not loaded is asked for: a mistake of ours, which must not look like a text that was let go. */
const unloaded = (what: string) => new Error(`${what}: not loaded`);

export class Opened {
  readonly request: KeptRequest;
  readonly shown: Shown;
  readonly #loads = new Map<unknown, Promise<void>>();
  #came: { body: Body | undefined } | undefined;
  readonly #sent = new Map<Exchange, Body | undefined>();
  readonly #reads = new Map<Exchange, Piece[]>();
  #answer: string | undefined;
  readonly #hidden = new Map<ByteLog, number>();

  constructor(request: KeptRequest, shown: Shown) {
    this.request = request;
    this.shown = shown;
  }

  /** To be awaited before the texts are asked for. What was loaded is not loaded again. */
  async load({ came, answer, sent, reads }: Wanted): Promise<this> {
    const { exchanges } = this.request;
    await Promise.all([
      came && this.#once('came', () => this.#loadCame()),
      answer && this.#once('answer', () => this.#loadAnswer()),
      ...exchanges.filter(isOf(sent)).map((one) => this.#once(one, () => this.#loadSent(one))),
      ...exchanges.filter(isOf(reads)).map((one) => this.#once(one.answer, () => this.#loadReads(one))),
    ]);
    return this;
  }

  /** The client's body; undefined where it was let go, or never came. */
  came(): Body | undefined {
    if (!this.#came) throw unloaded('what came');
    return this.#came.body;
  }

  /** The last body that was sent at an attempt. */
  sent(attempt: number): Body | undefined {
    const exchange = this.request.exchanges.findLast((one) => one.attempt === attempt);
    return exchange && this.sentIn(exchange);
  }

  sentIn(exchange: Exchange): Body | undefined {
    if (!this.#sent.has(exchange)) throw unloaded('what was sent');
    return this.#sent.get(exchange);
  }

  /** What Gemini has answered, piece by piece. */
  reads(exchange: Exchange): Piece[] {
    const pieces = this.#reads.get(exchange);
    if (!pieces) throw unloaded('what Gemini has answered');
    return pieces;
  }

  /** The bytes that the client got, as text. */
  answerText(): string {
    if (this.#answer === undefined) throw unloaded('what the client got');
    return this.#answer;
  }

  /** How many places were blotted out in an answer that was loaded. */
  hiddenIn(answer: ByteLog): number {
    return this.#hidden.get(answer) ?? 0;
  }

  answer(): ReadAnswer {
    return answerMessage(this.answerText());
  }

  #once(what: unknown, load: () => Promise<void>): Promise<void> {
    const before = this.#loads.get(what);
    if (before) return before;
    const loading = load();
    this.#loads.set(what, loading);
    return loading;
  }

  async #loadCame(): Promise<void> {
    const bytes = this.request.clientBytes();
    const clean = bytes && (await this.shown.bytes(bytes));
    this.#came = { body: clean && bodyOf(clean, bytes) };
  }

  async #loadSent(exchange: Exchange): Promise<void> {
    const text = this.request.sentText(exchange);
    const bytes = text === undefined ? undefined : Buffer.from(text);
    this.#sent.set(exchange, bytes && bodyOf(await this.shown.bytes(bytes), bytes));
  }

  async #loadReads(exchange: Exchange): Promise<void> {
    const pieces = exchange.answer.pieces();
    const clean = await this.shown.pieces(pieces);
    this.#reads.set(exchange, clean);
    this.#hidden.set(exchange.answer, placesHidden(joined(pieces), joined(clean)));
  }

  async #loadAnswer(): Promise<void> {
    const { answer } = this.request;
    const clean = await this.shown.bytes(answer.bytes);
    this.#answer = decoder.decode(clean);
    this.#hidden.set(answer, placesHidden(answer.bytes, clean));
  }
}

/** The value at a path such as `messages.3.content.0`; undefined where there is none. */
export function valueAt(value: unknown, path: string): unknown {
  if (path === '') return value;
  return path.split('.').reduce<unknown>((inner, step) => {
    if (Array.isArray(inner)) return inner[Number(step)];
    return isObject(inner) && Object.hasOwn(inner, step) ? inner[step] : undefined;
  }, value);
}

/** Texts as they are, everything else as JSON that people can read. */
export const readable = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value as Json, undefined, 2) ?? '');
