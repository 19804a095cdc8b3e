/** What upstream says in a made-up turn, written short: chunks, raw bytes, pauses, refusals, broken ends. */
import type {
  Candidate,
  GenerateContentResponse,
  ResponsePart,
  UsageMetadata,
} from '../../src/gemini/wire.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import type { ConnectionError, StreamEnd } from '../../src/sim/cassette/types.ts';
import { googleBody, googleEvent } from '../../src/sim/mock/google-json.ts';

/** Anything an answer can be made of. Known chunks get usage, model and id as Google gives them. */
export type Chunk = GenerateContentResponse | { raw: unknown };

/** One socket read: an event, text or bytes as they are; or silence before the next one, in milliseconds. */
export type Piece = Chunk | string | Uint8Array | { pause: number };

export type Reply = {
  pieces: readonly Piece[];
  status: number;
  headers: Readonly<Record<string, string>>;
  end: Omit<StreamEnd, 'ms'>;
  /** A connection that fails; with `noHead` before anything came. */
  error?: ConnectionError;
  noHead?: true;
  /** Pieces are bodies, not events. */
  whole?: true;
  /** The model that says it, where that is not the turn's. */
  model?: string;
};

const EVENTS = { 'content-type': 'text/event-stream' };
const JSON_BODY = { 'content-type': 'application/json; charset=UTF-8' };
const EOF = { kind: 'eof', side: 'upstream' } as const;

export const says = (...pieces: readonly Piece[]): Reply => ({
  pieces,
  status: 200,
  headers: EVENTS,
  end: EOF,
});

/** A unary answer. */
export const saysWhole = (chunk: GenerateContentResponse): Reply => ({
  ...says({ ...chunk }),
  headers: JSON_BODY,
  whole: true,
});

/** `model` stands in for the one that was asked for. */
export const by = (model: string, reply: Reply): Reply => ({ ...reply, model });

/** A token count. */
export const counts = (totalTokens: number): Reply => ({
  ...saysWhole({}),
  pieces: [asBody({ totalTokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] })],
});

/** The connection breaks after `pieces`. */
export const breaksAfter = (...pieces: readonly Piece[]): Reply => ({
  ...says(...pieces),
  end: { kind: 'reset', side: 'upstream' },
  error: { message: 'The socket connection was closed unexpectedly.', code: 'ECONNRESET' },
});

/** No connection at all. */
export const unreachable = (code: string, message: string): Reply => ({
  ...says(),
  noHead: true,
  end: { kind: 'reset', side: 'upstream' },
  error: { message, code },
});

/** Upstream sends `pieces`, and then nothing: our own deadline ends the answer. */
export const silentAfter = (...pieces: readonly Piece[]): Reply => ({
  ...says(...pieces),
  end: { kind: 'timeout', side: 'proxy' },
});

/** As `silentAfter`, but silent from the start: not even a head comes. */
export const neverAnswers = (): Reply => ({ ...silentAfter(), noHead: true });

/** The client leaves after `pieces`, a moment after the last. */
export const clientLeavesAfter = (...pieces: readonly Piece[]): Reply => ({
  ...says(...pieces),
  end: { kind: 'abort', side: 'client' },
});

/** Google's error object, as a body of its own. */
export const googleError = (code: number, status: string, message: string, details: JsonObject[] = []) => ({
  error: { code, message, status, ...(details.length > 0 ? { details } : {}) },
});

export const refuses = (
  code: number,
  status: string,
  message: string,
  details: JsonObject[] = [],
  headers: Readonly<Record<string, string>> = {},
): Reply => refusesWith(code, googleBody(googleError(code, status, message, details)), { ...headers });

/** Any other body under a status that is none of success. */
export const refusesWith = (
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Reply => ({ pieces: body === '' ? [] : [body], status, headers: { ...JSON_BODY, ...headers }, end: EOF });

// ── chunks ────────────────────────────────────────────────────────────────────────────────────────────────────

export const chunk = (parts: readonly ResponsePart[], more: Partial<Candidate> = {}): Chunk => ({
  candidates: [{ content: { parts: [...parts], role: 'model' }, ...more, index: 0 }],
});

export const text = (value: string, thoughtSignature?: string): ResponsePart => ({
  text: value,
  ...(thoughtSignature ? { thoughtSignature } : {}),
});
export const thought = (value: string): ResponsePart => ({ text: value, thought: true });

/** With an id as Gemini 3 and later give one; `undefined` for 2.5. */
export const call = (
  id: string | undefined,
  name: string,
  args: JsonObject,
  thoughtSignature?: string,
): ResponsePart => ({
  functionCall: { name, args, ...(id ? { id } : {}) },
  ...(thoughtSignature ? { thoughtSignature } : {}),
});

/** The closing event of Gemini 3 and later; a text answer's is signed. */
export const end = (finishReason = 'STOP', more: { message?: string; signature?: string } = {}): Chunk =>
  chunk([text('', more.signature)], {
    finishReason,
    ...(more.message ? { finishMessage: more.message } : {}),
  });

export const CALLS_MADE = 'Model generated function call(s).';

/** Signatures that nobody ever gave: base64 of what they are. */
export const signature = (name: string): string =>
  Buffer.from(`synthetic signature ${name}`).toString('base64');

// ── bytes ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Counts as Google tells them: of everything so far, and nothing of what is still nothing. */
export class Usage {
  #thoughts = 0;
  #said = 0;

  of(chunk: GenerateContentResponse): UsageMetadata {
    const parts = (chunk.candidates ?? []).flatMap(({ content }) => content?.parts ?? []);
    for (const part of parts) {
      const tokens = Math.ceil((part.text ?? JSON.stringify(part)).length / 4);
      if (part.thought) this.#thoughts += tokens;
      else this.#said += tokens;
    }
    return {
      promptTokenCount: PROMPT_TOKENS,
      ...(this.#said > 0 ? { candidatesTokenCount: this.#said } : {}),
      totalTokenCount: PROMPT_TOKENS + this.#said + this.#thoughts,
      ...(this.#thoughts > 0 ? { thoughtsTokenCount: this.#thoughts } : {}),
    };
  }
}

const PROMPT_TOKENS = 120;

/** A known chunk as Google sends it: usage on each, then the model's name and the answer's id. */
export function whole(chunk: GenerateContentResponse, usage: Usage, model: string): GenerateContentResponse {
  const { usageMetadata = usage.of(chunk), ...rest } = chunk;
  return { ...rest, usageMetadata, modelVersion: model, responseId: 'synthetic-response' };
}

export const asEvent = googleEvent;
export const asBody = googleBody;

const utf8 = new TextEncoder();

/** Several pieces in one read. */
export const joined = (...texts: readonly string[]): string => texts.join('');

/** One event cut into reads after each of `sizes` bytes. */
export function cut(event: string, ...sizes: readonly number[]): Uint8Array[] {
  const bytes = utf8.encode(event);
  const edges = [0, ...sizes, bytes.length];
  return edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge));
}
