/**
 * `/swagger/json`: the description of the API. It is made at the first request, because that loads code that nothing else
 * needs, and once more where the proxy gets a key, or loses it, while it serves.
 */
import type { AnyElysia } from 'elysia';
import { isLocked } from '../client-key.ts';
import type { Handler } from '../handle-request.ts';
import { jsonResponse } from '../responses.ts';

export function openApiAnswer(app: () => AnyElysia): Handler {
  const documents = new Map<boolean, Promise<unknown>>();
  const made = async (version: string, needsKey: boolean): Promise<unknown> => {
    const { buildOpenApi } = await import('../api-description/document.ts');
    return buildOpenApi(app(), { version, isLocked: needsKey });
  };
  return async (_client, { settings }) => {
    const needsKey = isLocked(settings);
    const document = documents.get(needsKey) ?? made(settings.version, needsKey);
    documents.set(needsKey, document);
    return jsonResponse(await document);
  };
}
