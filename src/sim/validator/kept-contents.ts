/** Checks what is to be kept (`cachedContents`), and a request that names what is kept. */

import type { GeminiModel } from '../../gemini/models.ts';
import type { GoogleError } from '../../gemini/wire.ts';
import { isObject } from '../../lib/json.ts';
import { checkParts, checkRoles } from './contents.ts';
import { parseMessage } from './parse.ts';
import { badRequest, invalidArgument, listed } from './refusal.ts';
import type { ApiRequest } from './request.ts';
import { checkDeclarations, checkTools } from './tools.ts';

/** What may be kept, as it was asked for. */
export type ApiKept = Pick<
  ApiRequest,
  'model' | 'contents' | 'systemInstruction' | 'tools' | 'toolConfig'
> & {
  ttl?: string;
  displayName?: string;
};

export type ReadKept = { ok: true; kept: ApiKept } | { ok: false; error: GoogleError };

/** Parses and checks the body that has something kept, except for its size. */
export function readKeptContents(model: GeminiModel, body: unknown): ReadKept {
  const parsed = parseMessage('CachedContent', body);
  if (parsed.violations.length > 0) return { ok: false, error: badRequest(parsed.violations) };
  const kept = parsed.value as ApiKept;
  const lines = [...(kept.contents ? checkParts(kept) : []), ...checkDeclarations(kept)];
  const error = lines.length > 0 ? listed(lines) : (checkRoles(kept) ?? checkTools(model, kept));
  return error ? { ok: false, error } : { ok: true, kept };
}

/** The name of what is kept in the body of a request; undefined where it has none. */
export const keptNameIn = (body: unknown): string | undefined =>
  isObject(body) && typeof body['cachedContent'] === 'string' ? body['cachedContent'] : undefined;

/**
 * The whole request, or Google's refusal. That turns are checked over both parts together is not documented: it is taken
 * for so because the model reads them together.
 */
export function withKept(
  body: unknown,
  kept: ApiKept,
  model: string,
): { body: unknown } | { error: GoogleError } {
  const { cachedContent: _, ...own } = isObject(body) ? body : {};
  if ('systemInstruction' in own || 'tools' in own || 'toolConfig' in own) {
    return {
      error: invalidArgument(
        'CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.',
      ),
    };
  }
  if (kept.model !== `models/${model}`)
    return { error: invalidArgument('Cached content model does not match the model in the request.') };
  const { systemInstruction, tools, toolConfig, contents = [] } = kept;
  const rest: unknown[] = Array.isArray(own['contents']) ? own['contents'] : [];
  // A content that was cut in two is one content.
  const [last, first] = [contents.at(-1), rest[0]];
  const isOne = last && isObject(first) && first['role'] === last.role && Array.isArray(first['parts']);
  const joined = isOne
    ? [
        ...contents.slice(0, -1),
        { ...last, parts: [...(last.parts ?? []), ...(first['parts'] as unknown[])] },
        ...rest.slice(1),
      ]
    : [...contents, ...rest];
  return {
    body: {
      ...own,
      ...(systemInstruction ? { systemInstruction } : {}),
      ...(tools ? { tools } : {}),
      ...(toolConfig ? { toolConfig } : {}),
      contents: joined,
    },
  };
}
