/** One request to a model, as far as the answer needs it: whose it is, when it came, and until when it is wanted. */
import type { CountTokensRequest, MessagesRequest } from '../anthropic/request.ts';
import type { WireKeeper } from '../lib/ports.ts';
import type { Trace } from '../trace/trace.ts';
import type { RequestContext } from '../translate/context.ts';
import type { Warn } from '../translate/warnings.ts';

export type Job = {
  /** `req_…`, told as `request-id`. */
  readonly id: string;
  /** The headers of the client's request. */
  readonly headers: Headers;
  readonly startedAt: number;
  /** The name of the client, where it has one. */
  readonly client?: string | undefined;
  /** Aborts when the client leaves (with a `ClientGone`), and when the server has to close (with the error to tell). */
  readonly signal: AbortSignal;
  /** Is told what happens to the request, as it happens. */
  readonly trace: Trace;
  readonly warn: Warn;
  /** To be called when the body is not needed any more. May be repeated. */
  letBodyGo(): void;
  /** Keeps what the answer is made of, where somebody may want to see it later. */
  readonly kept?: AnswerKeeper | undefined;
};

/** Keeps references, and looks at next to nothing: everything else waits until somebody wants to see it. */
export type AnswerKeeper = WireKeeper & {
  /** The request that this one repeats, because somebody who looks at it has asked for that. */
  readonly resends?: { of: string } | undefined;
  /** The client's request was understood. */
  asked(request: MessagesRequest | CountTokensRequest): void;
  /** `request` was translated. It need not be the client's: the proxy asks for summaries, and goes on after searches. */
  translated(request: MessagesRequest, ctx: RequestContext): void;
};
