/** One client request on its way through the server. */

import type { Facts, Job } from '../answer/job.ts';
import type { MessageEvent } from '../anthropic/events.ts';
import type { Clock, Ids } from '../lib/ports.ts';
import type { HeldBody } from './body-budget.ts';

export type Call = Job & {
  readonly request: Request;
  /** With the path that is served, however it was asked for. */
  readonly url: URL;
  /** The path as it was asked for. */
  readonly asked: string;
  /** Of the path. */
  readonly params: Readonly<Record<string, string>>;
  abort(reason: unknown): void;
  /** An answer may be silent for minutes; the server's own idle limit is for clients that send nothing. */
  keepOpen(): void;
  /** Who wants to see the body, unpacked. */
  readonly keepBody: ((bytes: Uint8Array) => void) | undefined;
  /** The room that its body has, until it is let go. */
  holdBody(held: HeldBody): void;
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
    headers: request.headers,
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
