/** One client request on its way through the server. */

import type { Job } from '../answer/job.ts';
import type { Clock, Ids } from '../lib/ports.ts';
import { type Subscriber, Trace } from '../trace/trace.ts';
import { isRoutine } from '../translate/warnings.ts';
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
  subscribers: readonly Subscriber[];
};

/** Of a request whose Host makes no URL; it is refused. */
const NOWHERE = 'http://nowhere.invalid/';

/** Asked by orchestrators every few seconds; they would drown the rest of the log. */
const PROBES: ReadonlySet<string> = new Set(['/livez', '/readyz', '/health', '/api/hello']);

function servedUrl(asked: string, path: string): URL {
  const url = URL.parse(asked) ?? new URL(NOWHERE);
  url.pathname = path;
  return url;
}

export function openCall(options: CallOptions): Call {
  const { request, clock, path, asked, subscribers } = options;
  const controller = new AbortController();
  const leave = () => controller.abort(new ClientGone('the client closed the connection'));
  if (request.signal.aborted) leave();
  else request.signal.addEventListener('abort', leave, { once: true });
  let body: HeldBody | undefined;
  const id = options.ids.next('req_');
  const startedAt = clock.monotonic();
  const trace = new Trace({ id, startedAt, clock, subscribers });
  trace.tell({
    type: 'received',
    at: clock.wall(),
    method: request.method,
    path,
    askedPath: asked === path ? undefined : asked,
    userAgent: request.headers.get('user-agent') ?? undefined,
    isProbe: PROBES.has(path) || undefined,
  });
  return {
    id,
    request,
    headers: request.headers,
    url: servedUrl(request.url, path),
    asked,
    params: options.params,
    startedAt,
    signal: controller.signal,
    trace,
    warn: (code, warned, detail) =>
      trace.tell({ type: 'warning', code, path: warned, detail, routine: isRoutine(code, warned) }),
    abort: (reason) => controller.abort(reason),
    keepOpen: options.keepOpen,
    keepBody: options.keepBody,
    holdBody(held) {
      body = held;
    },
    letBodyGo: () => body?.release(),
  };
}
