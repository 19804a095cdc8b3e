/** A way to reach Gemini. Knows bytes and frames of Gemini's wire, and no word of the client's side. */
import type { Frame } from '../gemini/frames.ts';
import type { Exchange } from '../lib/ports.ts';

export type UpstreamCall = {
  /** Gemini's model id, without `models/`. */
  model: string;
  /** The serialised request body, sent as it is. */
  body: string;
  /** False asks for one unary answer, read as a stream of one chunk. */
  stream: boolean;
};

export type UpstreamReply = {
  /** Frames as their bytes arrive, one batch a read. Rejects with an UpstreamError when the connection breaks. */
  frames: AsyncIterable<Frame[]>;
};

export type Backend = {
  readonly kind: 'gemini' | 'vertex' | 'mock' | 'replay';
  /** Tells keys apart without telling them: signatures of one key mean nothing to another. */
  readonly keyFingerprint: string;
  /** Rejects with an UpstreamError on a non-2xx head and on a failed connection. Aborting `signal` closes upstream at once. */
  generate(call: UpstreamCall, exchange: Exchange, signal: AbortSignal): Promise<UpstreamReply>;
  /** Google's count for `body` (a generateContent body); rejects as `generate` does. */
  countTokens(model: string, body: string, exchange: Exchange, signal: AbortSignal): Promise<number>;
};
