/**
 * Checks a countTokens request. It has bare contents, or a whole request under `generateContentRequest`; never both.
 */
import type { GeminiModel } from '../../gemini/models.ts';
import { type ReadRequest, readRequest, type ValidateOptions } from './index.ts';
import { parseMessage } from './parse.ts';
import { badRequest, invalidArgument } from './refusal.ts';
import type { ApiRequest } from './request.ts';

export function readCountRequest(
  model: GeminiModel,
  body: unknown,
  options: ValidateOptions = {},
): ReadRequest {
  const parsed = parseMessage('CountTokensRequest', body);
  if (parsed.violations.length > 0) return { ok: false, error: badRequest(parsed.violations) };
  const { contents, generateContentRequest: whole } = parsed.value as {
    contents?: ApiRequest['contents'];
    generateContentRequest?: ApiRequest;
  };
  if (contents && contents.length > 0 && whole) {
    return {
      ok: false,
      error: invalidArgument('Only one of contents and generate_content_request can be set.'),
    };
  }
  if (whole && !whole.model) {
    return {
      ok: false,
      error: invalidArgument('* CountTokensRequest.generate_content_request.model: model is not specified\n'),
    };
  }
  return readRequest(model, whole ?? { contents: contents ?? [] }, { ...options, counting: true });
}
