/**
 * Takes a limit for output back to what the model gives in one request, where the model refuses a larger one. Gemini 4 is
 * documented to take any limit, because it gives a long answer in several requests.
 */
import type { UpstreamError } from '../../gemini/errors.ts';
import type { GeminiModel } from '../../gemini/models.ts';
import type { GenerateContentRequest } from '../../gemini/wire.ts';

const ABOUT_LIMIT = /max_?output_?tokens/i;

/** The request with the smaller limit. Undefined where `error` is about something else, or the limit is small enough. */
export function withinOneRequest(
  error: UpstreamError,
  request: GenerateContentRequest,
  model: GeminiModel,
): GenerateContentRequest | undefined {
  return ABOUT_LIMIT.test(error.message) ? withinLimit(request, model) : undefined;
}

export function withinLimit(
  request: GenerateContentRequest,
  { outputTokens }: GeminiModel,
): GenerateContentRequest | undefined {
  const { generationConfig } = request;
  if ((generationConfig?.maxOutputTokens ?? 0) <= outputTokens) return undefined;
  return { ...request, generationConfig: { ...generationConfig, maxOutputTokens: outputTokens } };
}
