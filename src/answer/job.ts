/** One request to a model, as far as the answer needs it: whose it is, when it came, and until when it is wanted. */
import type { Trace } from '../trace/trace.ts';
import type { Warn } from '../translate/warnings.ts';

export type Job = {
  /** `req_…`, told as `request-id`. */
  readonly id: string;
  /** The headers of the client's request. */
  readonly headers: Headers;
  readonly startedAt: number;
  /** Aborts when the client leaves (with a `ClientGone`), and when the server has to close (with the error to tell). */
  readonly signal: AbortSignal;
  /** Is told what happens to the request, as it happens. */
  readonly trace: Trace;
  readonly warn: Warn;
  /** To be called when the body is not needed any more. May be repeated. */
  letBodyGo(): void;
};
