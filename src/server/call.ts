/** One client request on its way through the server. */
import type { ErrorType } from '../anthropic/errors.ts';
import type { MessageEvent } from '../anthropic/events.ts';
import type { Usage } from '../anthropic/message.ts';
import type { FailureClass } from '../gemini/failure-class.ts';
import type { Clock, Ids } from '../lib/ports.ts';
import type { Warn } from '../translate/warnings.ts';
import type { HeldBody } from './body-budget.ts';

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
  warnings: number;
  usage?: Usage;
  stopReason?: string;
  /** Milliseconds from the request to the first byte of content. */
  firstContentMs?: number;
  error?: ErrorType;
  /** Of what went wrong upstream. */
  failureClass?: FailureClass;
};

export type Call = {
  /** `req_…`, told as `request-id`. */
  readonly id: string;
  readonly request: Request;
  /** With the path that is served, however it was asked for. */
  readonly url: URL;
  /** The path as it was asked for. */
  readonly asked: string;
  /** Of the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly startedAt: number;
  /** Aborts when the client leaves (with a `ClientGone`), and when the server has to close (with what to tell). */
  readonly signal: AbortSignal;
  readonly facts: Facts;
  readonly warn: Warn;
  abort(reason: unknown): void;
  /** An answer may be silent for minutes; the server's own idle limit is for clients that send nothing. */
  keepOpen(): void;
  /** Who wants to see the body, unpacked. */
  readonly keepBody: ((bytes: Uint8Array) => void) | undefined;
  /** The room that its body has, until it is let go. */
  holdBody(held: HeldBody): void;
  /** Nothing of the body will be needed any more. Idempotent. */
  letBodyGo(): void;
};

/** Why work stops when nobody is left to be told. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

export type CallOptions = {
  request: Request;
  path: string;
  asked: string;
  params: Readonly<Record<string, string>>;
  ids: Ids;
  clock: Clock;
  keepOpen(): void;
  keepBody?: ((bytes: Uint8Array) => void) | undefined;
  onWarning(code: string, path: string, detail: string): void;
};

/** One by one; how many there were, the line of the request says. A body has room for a million. */
const MOST_WARNINGS_TOLD = 100;

/** Of a request whose Host makes no URL; it is refused. */
const NOWHERE = 'http://nowhere.invalid/';

function servedUrl(asked: string, path: string): URL {
  const url = URL.parse(asked) ?? new URL(NOWHERE);
  url.pathname = path;
  return url;
}

export function openCall(options: CallOptions): Call {
  const { request, clock } = options;
  const controller = new AbortController();
  const leave = () => controller.abort(new ClientGone('the client closed the connection'));
  if (request.signal.aborted) leave();
  else request.signal.addEventListener('abort', leave, { once: true });
  let body: HeldBody | undefined;
  const facts: Facts = { failovers: 0, retries: 0, mended: 0, warnings: 0 };
  return {
    id: options.ids.next('req_'),
    request,
    url: servedUrl(request.url, options.path),
    asked: options.asked,
    params: options.params,
    startedAt: clock.monotonic(),
    signal: controller.signal,
    facts,
    warn(code, path, detail) {
      facts.warnings++;
      if (facts.warnings <= MOST_WARNINGS_TOLD) options.onWarning(code, path, detail);
    },
    abort: (reason) => controller.abort(reason),
    keepOpen: options.keepOpen,
    keepBody: options.keepBody,
    holdBody(held) {
      body = held;
    },
    letBodyGo: () => body?.release(),
  };
}

/** Notes what the log will tell of an answer. */
export function observe(call: Call, clock: Clock, events: readonly MessageEvent[]): void {
  for (const event of events) {
    if (event.type === 'content_block_start')
      call.facts.firstContentMs ??= clock.monotonic() - call.startedAt;
    if (event.type === 'error') call.facts.error = event.error.type;
    if (event.type !== 'message_delta') continue;
    call.facts.usage = event.usage;
    if (event.delta.stop_reason) call.facts.stopReason = event.delta.stop_reason;
  }
}
