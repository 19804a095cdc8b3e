/**
 * The texts of one request, as they may be shown: secrets are hidden in each whole body, and only then it is parsed and
 * cut.
 */
import { isObject, type Json, tryParseJson } from '../../lib/json.ts';
import { answerMessage, type ReadAnswer } from '../answer-message.ts';
import type { Piece } from '../byte-log.ts';
import type { Exchange, KeptRequest } from '../kept-request.ts';
import type { Shown } from '../shown.ts';

export type Body = { text: string; json: Record<string, unknown>; bytes: number };

const decoder = new TextDecoder();

const bodyOf = (text: string, bytes: number): Body => {
  const json = tryParseJson(text);
  return { text, json: isObject(json) ? json : {}, bytes };
};

export class Opened {
  readonly request: KeptRequest;
  readonly shown: Shown;
  #came: Body | undefined;
  readonly #sent = new Map<Exchange, Body>();
  readonly #reads = new Map<Exchange, Piece[]>();
  #answer: string | undefined;

  constructor(request: KeptRequest, shown: Shown) {
    this.request = request;
    this.shown = shown;
  }

  /** The client's body; undefined where it was let go, or never came. */
  came(): Body | undefined {
    const bytes = this.#came ? undefined : this.request.clientBytes();
    if (bytes) this.#came = bodyOf(decoder.decode(this.shown.bytes(bytes)), bytes.byteLength);
    return this.#came;
  }

  /** The last body that was sent at an attempt. */
  sent(attempt: number): Body | undefined {
    const exchange = this.request.exchanges.findLast((one) => one.attempt === attempt);
    return exchange && this.sentIn(exchange);
  }

  sentIn(exchange: Exchange): Body | undefined {
    const known = this.#sent.get(exchange);
    if (known) return known;
    const text = this.request.sentText(exchange);
    if (text === undefined) return undefined;
    const body = bodyOf(this.shown.text(text), Buffer.byteLength(text));
    this.#sent.set(exchange, body);
    return body;
  }

  /** What Gemini has answered, piece by piece. */
  reads(exchange: Exchange): Piece[] {
    const known = this.#reads.get(exchange);
    if (known) return known;
    const pieces = this.shown.pieces(exchange.answer.pieces());
    if (this.request.isEnded) this.#reads.set(exchange, pieces);
    return pieces;
  }

  /** The bytes that the client got, as text. */
  answerText(): string {
    if (this.#answer !== undefined) return this.#answer;
    const text = decoder.decode(this.shown.bytes(this.request.answer.bytes));
    if (this.request.isEnded) this.#answer = text;
    return text;
  }

  answer(): ReadAnswer {
    return answerMessage(this.answerText());
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
