/**
 * Gives function responses a content of their own. Vertex AI, from Gemini 3.7 on, reads a content with anything else after
 * its responses as a turn of the model, and refuses the request. The Gemini API takes both forms, and there the joined
 * one says that the turn goes on (wire section 4).
 */
import type { UpstreamError } from '../../gemini/errors.ts';
import type { GenerateContentRequest, RequestContent } from '../../gemini/wire.ts';

const READ_AS_MODEL = /\bending with a model turn\b/i;

/** The contents, cut behind their responses. Responses stand first in their content. */
export function withResponsesAlone(contents: readonly RequestContent[]): RequestContent[] {
  return contents.flatMap((content) => {
    const first = content.parts.findIndex((part) => part.functionResponse === undefined);
    if (first <= 0) return [content];
    const { parts, ...rest } = content;
    return [
      { ...rest, parts: parts.slice(0, first) },
      { ...rest, parts: parts.slice(first) },
    ];
  });
}

/** The request in that form. Undefined where `error` is about something else, or where the request has it. */
export function mendedByResponsesAlone(
  error: UpstreamError,
  request: GenerateContentRequest,
): GenerateContentRequest | undefined {
  if (!READ_AS_MODEL.test(error.message)) return undefined;
  const contents = withResponsesAlone(request.contents);
  return contents.length > request.contents.length ? { ...request, contents } : undefined;
}
