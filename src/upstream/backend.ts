/** A backend is a way to reach Gemini. It knows bytes and frames of Gemini's wire, and no word of the client's side. */

import type { GeminiFile } from '../gemini/files.ts';
import type { Frame } from '../gemini/frames.ts';
import type { Exchange } from '../lib/ports.ts';
import type { Content } from './file-upload.ts';
import type { PromptKeeper } from './prompt-keeper.ts';

export type UpstreamRequest = {
  /** Gemini's model id, without `models/`. */
  model: string;
  /** The serialised request body, which is sent unchanged. */
  body: string;
  /** False asks for a whole answer, which is read as a stream of one chunk. */
  stream: boolean;
};

export type UpstreamReply = {
  /** The frames of the answer, one batch for each read. Rejects with an UpstreamError when the connection breaks. */
  frames: AsyncIterable<Frame[]>;
};

/** Where media go that are too large for a request. */
export type Files = {
  /** False where a gateway answers, which may have no such files. */
  readonly isCertain: boolean;
  /** Resolves when Google can use the file. Rejects with an UpstreamError, or with the signal's reason. */
  upload(content: Content, signal: AbortSignal): Promise<GeminiFile>;
};

export type Backend = {
  readonly kind: 'gemini' | 'vertex' | 'mock' | 'replay';
  /** A name for the key that does not show the key. A signature that was made with one key means nothing to another. */
  readonly keyFingerprint: string;
  /**
   * Sends a request. Rejects with an UpstreamError where the status is not 2xx, and where the connection fails. When
   * `signal` aborts, the connection is closed at once.
   */
  generate(request: UpstreamRequest, exchange: Exchange, signal: AbortSignal): Promise<UpstreamReply>;
  /** Resolves with Google's count of tokens for `body` (a generateContent body). Rejects like `generate`. */
  countTokens(model: string, body: string, exchange: Exchange, signal: AbortSignal): Promise<number>;
  /** Undefined where there are none (Vertex AI). */
  readonly files?: Files;
  /** Keeps beginnings of prompts for this key; undefined where that is not possible. */
  readonly keeper?: PromptKeeper;
};
