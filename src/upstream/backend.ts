/** A way to reach Gemini. Knows bytes and frames of Gemini's wire, and no word of the client's side. */
import type { Frame } from '../gemini/frames.ts';
import type { Exchange } from '../lib/ports.ts';

export type UpstreamRequest = {
  /** Gemini's model id, without `models/`. */
  model: string;
  /** The serialised request body, which is sent unchanged. */
  body: string;
  /** False asks for a whole answer, which is read as a stream of one chunk. */
  stream: boolean;
};

export type UpstreamReply = {
  /**
   * Frames as their bytes arrive, one batch for each read. Rejects with an UpstreamError when the connection breaks.
   */
  frames: AsyncIterable<Frame[]>;
};

export type Backend = {
  readonly kind: 'gemini' | 'vertex' | 'mock' | 'replay';
  /** Tells keys apart without showing them: a signature of one key means nothing to another. */
  readonly keyFingerprint: string;
  /** Rejects with an UpstreamError on a non-2xx head and on a failed connection. Aborting `signal` closes upstream at once. */
  generate(request: UpstreamRequest, exchange: Exchange, signal: AbortSignal): Promise<UpstreamReply>;
  /** Google's count of tokens for `body` (a generateContent body). Rejects like `generate`. */
  countTokens(model: string, body: string, exchange: Exchange, signal: AbortSignal): Promise<number>;
};
