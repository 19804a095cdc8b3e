/** The addresses from which the page gets its data. All of them need the proxy's key, where one is set. */
import { detailOf } from '../../inspector/detail/detail.ts';
import type { Inspector } from '../../inspector/inspector.ts';
import type { KeptRequest } from '../../inspector/kept-request.ts';
import type { ClientRequest } from '../client-request.ts';
import type { Reply, ServerDeps } from '../deps.ts';
import type { Handler } from '../handle-request.ts';
import { jsonResponse, notFound } from '../responses.ts';
import { answerLooker } from './live.ts';

/** What a route of the page is given beside the request. */
export type Looking = { client: ClientRequest; deps: ServerDeps; inspector: Inspector };

const OFF = '. The inspector is off; INSPECTOR=true switches it on';

/** A handler for which the inspector has to be on. */
export const inspected =
  (answer: (looking: Looking) => Response | Reply | Promise<Response | Reply>): Handler =>
  (client, deps) => {
    const { inspector } = deps;
    if (!inspector) throw notFound(client.url.pathname, OFF);
    inspector.hide(deps.settings.secrets);
    return answer({ client, deps, inspector });
  };

/** The questions of other processes that serve the port: their requests are answered here, and passed on no further. */
export const ofColleagues = new WeakSet<Request>();

/** A question to the other processes: a request of the page. */
export type Passed = { method: string; path: string; body: string };
/** The answer. `base64`: the bytes of the body. */
export type PassedAnswer = { status: number; type: string; base64: string };

const NOT_FOUND = 404;

/** Asks the other processes. The first that knows of the request has served it. */
async function elsewhere({ client, deps }: Looking): Promise<Response | undefined> {
  if (ofColleagues.has(client.request)) return undefined;
  const { pathname, search } = client.url;
  const body = client.request.method === 'POST' ? await client.request.text() : '';
  const passed: Passed = { method: client.request.method, path: `${pathname}${search}`, body };
  const answers = await deps.questions.ask(JSON.stringify(passed));
  for (const text of answers.values()) {
    const { status, type, base64 } = JSON.parse(text) as PassedAnswer;
    if (status === NOT_FOUND) continue;
    const headers = {
      'content-type': type,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    };
    return new Response(Buffer.from(base64, 'base64'), { status, headers });
  }
  return undefined;
}

/** A handler for one request, whichever of the processes that serve the port has served that. */
export const ofRequest = (
  answer: (looking: Looking, request: KeptRequest) => Response | Promise<Response>,
): Handler =>
  inspected(async (looking) => {
    const { client, inspector } = looking;
    const request = inspector.request(client.params['id'] ?? '');
    if (request) return answer(looking, request);
    const other = await elsewhere(looking);
    if (other) return other;
    throw notFound(client.url.pathname, '. The request is not kept any more');
  });

/** What is shown is not to be kept by browsers. */
export const shownJson = <T>(value: T): Response => jsonResponse(value, 200, { 'cache-control': 'no-store' });

export const showRequest: Handler = ofRequest(({ inspector, deps }, request) =>
  shownJson(detailOf(request, inspector, deps.settings)),
);

export const streamRows: Handler = inspected(({ client, deps, inspector }) =>
  answerLooker(client, deps, inspector),
);
