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

/** What is shown is not to be kept by browsers. */
export const shownJson = <T>(value: T): Response => jsonResponse(value, 200, { 'cache-control': 'no-store' });

/** The request that the path names. Throws where it was let go, or never was. */
export function requestIn({ client, inspector }: Looking): KeptRequest {
  const request = inspector.request(client.params['id'] ?? '');
  if (request) return request;
  throw notFound(client.url.pathname, '. The request is not kept any more, or another process has served it');
}

export const showRequest: Handler = inspected((looking) =>
  shownJson(detailOf(requestIn(looking), looking.inspector)),
);

export const streamRows: Handler = inspected(({ client, deps, inspector }) =>
  answerLooker(client, deps, inspector),
);
