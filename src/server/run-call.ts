/**
 * What every route shares: who may come in, the error envelope, `request-id`, and one log line when all is said. A
 * handler only answers, or throws what the client is to be told.
 */
import { type ErrorType, MessagesError } from '../anthropic/errors.ts';
import { UpstreamError } from '../gemini/errors.ts';
import { toMessagesError } from '../translate/errors.ts';
import { type Call, ClientGone, openCall } from './call.ts';
import type { ServerDeps } from './deps.ts';
import { checkKey, checkOrigin } from './guard.ts';
import { logCall } from './request-log.ts';
import { errorResponse } from './responses.ts';

/** A response, and where its body goes on after it was returned, the promise of its end. */
export type Reply = { response: Response; ended: Promise<void> };
export type Handler = (call: Call, deps: ServerDeps) => Response | Reply | Promise<Response | Reply>;

/** Nginx's code for a client that left; seen in the log only. */
const CLIENT_GONE_STATUS = 499;

export type RouteContext = {
  request: Request;
  params: Readonly<Record<string, string>>;
  /** Lifts the server's idle limit for this request. */
  keepOpen(): void;
  /** The client must show the proxy's key. */
  needsKey: boolean;
};

/** What the client is told of `error`; bugs of ours are logged with their stack. */
export function tell(error: unknown, call: Call, deps: ServerDeps): MessagesError {
  const told = toMessagesError(error);
  if (error instanceof ClientGone) return told;
  const expected = error instanceof MessagesError || error instanceof UpstreamError;
  if (!expected) deps.logger.error({ request_id: call.id, error }, 'unexpected error');
  call.facts.error = told.type;
  deps.stats.countError(told.type, told.message, call.id);
  return told;
}

/** The client's own mistakes say nothing about the health of this proxy. */
const CLIENT_FAULTS: ReadonlySet<ErrorType | undefined> = new Set([
  undefined,
  'invalid_request_error',
  'not_found_error',
  'request_too_large',
]);

const asReply = (answer: Response | Reply): Reply =>
  answer instanceof Response ? { response: answer, ended: Promise.resolve() } : answer;

async function answer(call: Call, handler: Handler, route: RouteContext, deps: ServerDeps): Promise<Reply> {
  const { settings } = deps;
  try {
    checkOrigin(route.request.headers, settings.host, settings.allowedHosts);
    if (route.needsKey) checkKey(route.request.headers, settings.proxyApiKey);
    return asReply(await handler(call, deps));
  } catch (error) {
    return asReply(errorResponse(tell(error, call, deps), call.id));
  }
}

export async function runCall(handler: Handler, route: RouteContext, deps: ServerDeps): Promise<Response> {
  const { clock, logger, stats } = deps;
  const call = openCall({
    request: route.request,
    params: route.params,
    ids: deps.ids,
    clock,
    keepOpen: route.keepOpen,
    onWarning: (code, path, detail) => logger.debug({ request_id: call.id, code, path, detail }, 'warning'),
  });
  stats.requests++;
  deps.openCalls.add(call);
  const { response, ended } = await answer(call, handler, route, deps);
  response.headers.set('request-id', call.id);
  const status = () => (call.signal.reason instanceof ClientGone ? CLIENT_GONE_STATUS : response.status);
  void ended.then(() => {
    deps.openCalls.delete(call);
    if (call.facts.geminiModel) stats.countOutcome(!CLIENT_FAULTS.has(call.facts.error));
    logCall(call, status(), clock.now() - call.startedAt, logger);
  });
  return response;
}
