/** One client request on its way through the server. */

import type { AnswerKeeper, Job } from '../answer/job.ts';
import type { Logger } from '../lib/log.ts';
import type { Clock, Ids } from '../lib/ports.ts';
import { namesShown } from '../lib/shown-text.ts';
import type { ClientKey } from '../limits/client-key.ts';
import { type Subscriber, Trace } from '../trace/trace.ts';
import { isRoutine } from '../translate/warnings.ts';
import type { HeldBody } from './body-budget.ts';

export type ClientRequest = Job & {
  /** The client, where it has a name. */
  readonly named: ClientKey | undefined;
  readonly request: Request;
  /** The URL of the request, with the path of the route, however the client wrote the path. */
  readonly url: URL;
  /** The path as the client wrote it. */
  readonly asked: string;
  /** The variable parts of the path, by name. */
  readonly params: Readonly<Record<string, string>>;
  abort(reason: unknown): void;
  /**
   * Lifts the server's idle limit for this request. The limit is meant for silent clients, but an answer may be silent
   * for minutes, too.
   */
  keepOpen(): void;
  /** Gets the unpacked body, where a recorder or a replay wants it. */
  readonly keepBody: ((bytes: Uint8Array) => void) | undefined;
  /** Keeps what comes and goes, where somebody may want to see it later. */
  readonly kept: RequestKeeper | undefined;
  /** Holds the room of the request's body until `letBodyGo`. */
  holdBody(held: HeldBody): void;
};

/** Keeps what an answer is made of, the unpacked body, and the bytes that the client gets. */
export type RequestKeeper = AnswerKeeper & {
  keepBody(bytes: Uint8Array): void;
  keepAnswer(bytes: Uint8Array): void;
};

/** Keeps everything with each of `keepers`; undefined where there are none. */
export function keptByAll(keepers: readonly RequestKeeper[]): RequestKeeper | undefined {
  const [first, second] = keepers;
  if (!first || !second) return first;
  return {
    resends: keepers.find(({ resends }) => resends !== undefined)?.resends,
    asked: (request) => each(keepers, (keeper) => keeper.asked(request)),
    translated: (request, ctx) => each(keepers, (keeper) => keeper.translated(request, ctx)),
    keepBody: (bytes) => each(keepers, (keeper) => keeper.keepBody(bytes)),
    keepAnswer: (bytes) => each(keepers, (keeper) => keeper.keepAnswer(bytes)),
    sent(url, body) {
      const responses = keepers.map((keeper) => keeper.sent(url, body));
      return {
        head: (status, headers) => each(responses, (response) => response.head(status, headers)),
        read: (bytes) => each(responses, (response) => response.read(bytes)),
        failed: (error) => each(responses, (response) => response.failed(error)),
      };
    },
  };
}

function each<T>(all: readonly T[], act: (one: T) => void): void {
  for (const one of all) act(one);
}

/** The reason of an abort because the client has left. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

export type ClientRequestOptions = {
  request: Request;
  path: string;
  asked: string;
  params: Readonly<Record<string, string>>;
  ids: Ids;
  clock: Clock;
  keepOpen(): void;
  keepBody?: ((bytes: Uint8Array) => void) | undefined;
  kept?: RequestKeeper | undefined;
  /** The client, where it has a name. */
  named?: ClientKey | undefined;
  subscribers: readonly Subscriber[];
  secrets: readonly string[];
  logger: Pick<Logger, 'error'>;
};

/** The URL for a request whose Host makes no URL. Such a request is refused. */
const NOWHERE = 'http://nowhere.invalid/';

/** The paths that orchestrators and monitors ask for every few seconds. Log lines for these would hide the rest of the log. */
const PROBES: ReadonlySet<string> = new Set(['/livez', '/readyz', '/health', '/api/hello', '/metrics']);
/** The page of the inspector, its files, and what it asks for. At `/` the page is for browsers. */
const isOfPage = (path: string, { headers }: Request) =>
  path === '/ui' || path.startsWith('/ui/') || (path === '/' && isBrowser(headers));
/** True where a person looks, with a browser. */
export const isBrowser = (headers: Headers): boolean => headers.get('accept')?.includes('text/html') ?? false;

function servedUrl(asked: string, path: string): URL {
  const url = URL.parse(asked) ?? new URL(NOWHERE);
  url.pathname = path;
  return url;
}

export function openRequest(options: ClientRequestOptions): ClientRequest {
  const { request, clock, path, asked, subscribers, logger } = options;
  const controller = new AbortController();
  const leave = () => controller.abort(new ClientGone('the client closed the connection'));
  if (request.signal.aborted) leave();
  else request.signal.addEventListener('abort', leave, { once: true });
  let body: HeldBody | undefined;
  const id = options.ids.next('req_');
  const startedAt = clock.monotonic();
  const onFailure = (error: unknown) =>
    logger.error({ request_id: id, error }, 'what happens to a request could not be told');
  const shownName = namesShown(options.secrets);
  const trace = new Trace({ id, startedAt, clock, subscribers, shownName, onFailure });
  trace.tell({
    type: 'received',
    at: clock.wall(),
    method: request.method,
    path,
    askedPath: asked === path ? undefined : asked,
    userAgent: request.headers.get('user-agent') ?? undefined,
    traceParent: request.headers.get('traceparent') ?? undefined,
    isProbe: PROBES.has(path) || isOfPage(path, request) || undefined,
  });
  return {
    id,
    request,
    headers: request.headers,
    url: servedUrl(request.url, path),
    asked,
    params: options.params,
    startedAt,
    named: options.named,
    client: options.named?.name,
    signal: controller.signal,
    trace,
    warn: (code, warned, detail) =>
      trace.tell({ type: 'warning', code, path: warned, detail, routine: isRoutine(code, warned, detail) }),
    abort: (reason) => controller.abort(reason),
    keepOpen: options.keepOpen,
    keepBody: options.keepBody,
    kept: options.kept,
    holdBody(held) {
      body = held;
    },
    letBodyGo: () => body?.release(),
  };
}
