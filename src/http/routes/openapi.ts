/**
 * `/swagger/json`: the description of the API. It is made at the first request, because that loads code that nothing else
 * needs, and once more where the proxy gets a key, or loses it, while it serves.
 */
import type { AnyElysia } from 'elysia';
import type { Handler } from '../handle-request.ts';
import { jsonResponse } from '../responses.ts';

export function openApiAnswer(app: () => AnyElysia): Handler {
  const documents = new Map<boolean, Promise<unknown>>();
  const made = async (version: string, isLocked: boolean): Promise<unknown> => {
    const { buildOpenApi } = await import('../api-description/document.ts');
    return buildOpenApi(app(), { version, isLocked });
  };
  return async (_client, { settings }) => {
    const isLocked = settings.proxyApiKey !== undefined;
    const document = documents.get(isLocked) ?? made(settings.version, isLocked);
    documents.set(isLocked, document);
    return jsonResponse(await document);
  };
}
