/**
 * What all routes share: who may come in, the form of an error, `request-id`, and one log line at the end. A handler
 * only answers, or throws the error for the client.
 */

import { quotesAnswer } from '../answer/story.ts';
import { type ErrorType, MessagesError } from '../anthropic/errors.ts';
import { UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { FailureClass } from '../gemini/failure-class.ts';
import type { OngoingRequest } from '../inspector/ongoing-request.ts';
import type { ClientKey } from '../limits/client-key.ts';
import type { Blame } from '../trace/events.ts';
import { toClientError } from '../translate/client-error.ts';
import { checkHost, checkLocal, checkSite } from './access.ts';
import { checkKey, clientOfBatch } from './client-key.ts';
import { ClientGone, type ClientRequest, keptByAll, openRequest } from './client-request.ts';
import { addCorsHeaders } from './cors.ts';
import type { Reply, RequestScope, ServerDeps } from './deps.ts';
import { checkTest, testIdOf } from './mocking/test-id.ts';
import { errorResponse } from './responses.ts';
import { SOURCE_HEADER, ToldHeaders } from './told-headers.ts';

export type Handler = (
  client: ClientRequest,
  deps: ServerDeps,
) => Response | Reply | Promise<Response | Reply>;

/** Nginx's code for a client that has left. It stands in the log only. */
const CLIENT_GONE_STATUS = 499;

export type RouteContext = {
  request: Request;
  /** `path` is the served path; `asked` is the path as the client wrote it. */
  path: string;
  asked: string;
  params: Readonly<Record<string, string>>;
  /** Lifts the server's idle limit for this request. */
  keepOpen(): void;
  /** True where the client must send the proxy's key. */
  needsKey?: true | undefined;
  /** True where the key must be the operator's, if there is one. */
  isOperators?: true | undefined;
  /** True where the route asks a model: its requests are recorded, and can be replayed. */
  asksModel?: true | undefined;
  /** True where the route costs something although it is a GET. */
  spends?: true | undefined;
  /** True where only programs of this machine may ask. */
  isLocal?: true | undefined;
  /** True where the request is none for the pages and states of the proxy itself: the journal has it. */
  isClients: boolean;
  /** The address of the client; undefined where the request came through no socket. */
  peer(): string | undefined;
};

/** Errors that the client causes. They say nothing about the health of this proxy. */
const CLIENT_FAULTS: ReadonlySet<ErrorType> = new Set([
  'invalid_request_error',
  'not_found_error',
  'request_too_large',
]);

/** Failures that the request itself may have caused: another request might have been answered. */
const MAY_BE_THE_REQUEST: ReadonlySet<FailureClass | undefined> = new Set([
  undefined,
  'internal',
  'overloaded',
  'timeout',
  'malformed',
]);

function blameFor(type: ErrorType, failure: FailureClass | undefined): Blame {
  if (CLIENT_FAULTS.has(type)) return 'client';
  // A limit of upstream comes with a failure. Without one it is a limit of CLIENT_KEYS, or the budget of the day.
  if (type === 'rate_limit_error' && failure === undefined) return 'client';
  return MAY_BE_THE_REQUEST.has(failure) ? 'request' : 'others';
}

/** The error that the client gets where a request ends with `error`. Also tells that error as a story event, unless the client has left. */
export function tell(error: unknown, client: ClientRequest, deps: ServerDeps): MessagesError {
  const told = toClientError(error, deps.settings.secrets);
  if (error instanceof ClientGone) return told;
  const upstream = told.cause instanceof UpstreamError ? told.cause : undefined;
  const failure = upstream && failureClass(upstream);
  const isExpected = error instanceof MessagesError || error instanceof UpstreamError;
  client.trace.tell({
    type: 'error',
    error: told.type,
    class: failure,
    message: told.message,
    quotesAnswer: upstream && quotesAnswer(upstream),
    blame: blameFor(told.type, failure),
    bug: isExpected ? undefined : error,
  });
  return told;
}

const asReply = (answer: Response | Reply): Reply =>
  answer instanceof Response ? { response: answer, ended: Promise.resolve() } : answer;

type Coming = { refusal?: MessagesError; named?: ClientKey | undefined };

/** Whether the client may come in, and its name. */
function comingIn(route: RouteContext, { settings, admission, mocking }: ServerDeps): Coming {
  const { request, path, needsKey, isOperators = false, spends = false, isLocal = false } = route;
  if (admission.batched.has(request)) return { named: clientOfBatch(request.headers, settings.clients) };
  try {
    checkHost(request);
    checkSite(request.headers, path, spends, settings);
    if (isLocal) checkLocal(request, route.peer());
    if (mocking) checkTest(request, mocking);
    return needsKey ? { named: checkKey(request.headers, settings, isOperators) } : {};
  } catch (error) {
    if (error instanceof MessagesError) return { refusal: error };
    throw error;
  }
}

/** Opens what the request is served with. Recorders and replays see no request that was refused before. */
async function openScope(route: RouteContext, { refusal }: Coming, deps: ServerDeps): Promise<RequestScope> {
  const plain = { request: route.request, deps };
  if (refusal) return { ...plain, refusal };
  if (!route.asksModel || !deps.openScope) return plain;
  try {
    return await deps.openScope(route.request, route.path, deps);
  } catch (error) {
    return { ...plain, refusal: error };
  }
}

async function answer(client: ClientRequest, handler: Handler, scope: RequestScope): Promise<Reply> {
  try {
    if (scope.refusal !== undefined) throw scope.refusal;
    return asReply(await handler(client, scope.deps));
  } catch (thrown) {
    // Once the signal is aborted, its reason is the true cause, whatever else the request has thrown.
    const error = client.signal.aborted ? client.signal.reason : thrown;
    return asReply(errorResponse(tell(scope.failure?.() ?? error, client, scope.deps), client.id));
  }
}

/** Keeps an answer that is no stream. The bytes of a stream are kept as they are sent. */
async function keepWhole({ response }: Reply, kept: OngoingRequest | undefined): Promise<void> {
  if (!kept || response.headers.get('content-type')?.startsWith('text/event-stream')) return;
  kept.keepAnswer(new Uint8Array(await response.clone().arrayBuffer()));
}

export async function handleRequest(
  handler: Handler,
  route: RouteContext,
  server: ServerDeps,
): Promise<Response> {
  const coming = comingIn(route, server);
  const scope = await openScope(route, coming, server);
  const { deps } = scope;
  const told = deps.settings.responseHeaders ? new ToldHeaders() : undefined;
  const isKept = route.asksModel && scope.refusal === undefined;
  const kept = isKept ? deps.inspector?.open(route.request, route.path, deps.clock) : undefined;
  const journaled = route.isClients
    ? deps.mocking?.journal.open(testIdOf(route.request), route.request)
    : undefined;
  if (scope.body) journaled?.keepBody(scope.body);
  const keepers = [kept, journaled].filter((keeper) => keeper !== undefined);
  const client = openRequest({
    request: scope.request,
    path: route.path,
    asked: route.asked,
    params: route.params,
    ids: deps.ids,
    clock: deps.clock,
    named: coming.named,
    keepOpen: route.keepOpen,
    keepBody: scope.keepBody,
    kept: keptByAll(keepers),
    subscribers: [
      ...deps.subscribers,
      ...(told ? [() => told.hear] : []),
      ...keepers.map(({ subscriber }) => subscriber),
    ],
    secrets: deps.settings.secrets,
    logger: deps.logger,
  });
  deps.openRequests.add(client);
  scope.begin?.(client);
  const reply = await answer(client, handler, scope);
  await keepWhole(reply, kept);
  // Nobody gets an answer once the client has left.
  if (!(client.signal.reason instanceof ClientGone)) journaled?.answered(reply.response.status);
  if (told && journaled?.source) reply.response.headers.set(SOURCE_HEADER, journaled.source);
  reply.response.headers.set('request-id', client.id);
  told?.addTo(reply.response.headers);
  addCorsHeaders(reply.response.headers, route.request.headers, route.path, deps.settings);
  const { response, ended } = scope.watch ? await scope.watch(reply, client) : reply;
  void ended.then(() => {
    deps.openRequests.delete(client);
    client.letBodyGo();
    const clientLeft = client.signal.reason instanceof ClientGone;
    client.trace.tell({ type: 'end', status: clientLeft ? CLIENT_GONE_STATUS : response.status, clientLeft });
  });
  return response;
}
