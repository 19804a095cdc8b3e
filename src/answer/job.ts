/** One request that a model is asked for, as far as the answer needs it: whose it is, since when, and until when it is wanted. */
import type { FailureClass } from '../gemini/failure-class.ts';
import type { Trace } from '../trace/trace.ts';
import type { Warn } from '../translate/warnings.ts';

/** Gathered on the way, for the one log line. */
export type Facts = {
  caller?: string;
  model?: string;
  geminiModel?: string;
  /** Of an answer. */
  asker?: string;
  /** The model that should have answered. */
  replacedModel?: string;
  /** What kept it from answering this request; undefined where it was known before. */
  replacedBecause?: FailureClass | undefined;
  stream?: boolean;
  /** The fingerprint of the key asked last. */
  key?: string;
  /** How often another key was asked. */
  failovers: number;
  retries: number;
  /** How often a refused request was changed and sent again. */
  mended: number;
};

export type Job = {
  /** `req_…`, told as `request-id`. */
  readonly id: string;
  /** Of the client's request. */
  readonly headers: Headers;
  readonly startedAt: number;
  /** Aborts when the client leaves (with a `ClientGone`), and when the server has to close (with what to tell). */
  readonly signal: AbortSignal;
  readonly facts: Facts;
  /** What happens to the request, as it happens. */
  readonly trace: Trace;
  readonly warn: Warn;
  /** Nothing of the body will be needed any more. Idempotent. */
  letBodyGo(): void;
};
