/**
 * `/swagger/json`: the description of the API. It is made at the first request, because that loads code that nothing else
 * needs.
 */
import type { AnyElysia } from 'elysia';
import type { Handler } from '../handle-request.ts';
import { jsonResponse } from '../responses.ts';

export function openApiAnswer(app: () => AnyElysia): Handler {
  let document: Promise<unknown> | undefined;
  return async (_client, deps) => {
    document ??= import('../api-description/document.ts').then(({ buildOpenApi }) =>
      buildOpenApi(app(), deps.settings.version),
    );
    return jsonResponse(await document);
  };
}
