/**
 * A request that Google refused, mended: only for refusals whose cause is known and lies in what we added. Google cannot read a
 * signature of another key, model or route, and sometimes not one of its own; the turn goes on without (wire section 4).
 */

import type { UpstreamError } from '../../gemini/errors.ts';
import type { GeminiModel } from '../../gemini/models.ts';
import type { GenerateContentRequest, RequestContent, RequestPart } from '../../gemini/wire.ts';
import { SIGNATURE_SENTINEL } from './signature-placement.ts';

const SIGNATURE_REFUSED = /thought.?signature/i;

const isSignatureRefused = ({ kind, status, message }: UpstreamError): boolean =>
  kind === 'status' && status === 400 && SIGNATURE_REFUSED.test(message);

/** The request to ask with once more, or undefined where asking again would be no use. */
export function repairedRequest(
  error: UpstreamError,
  request: GenerateContentRequest,
  model: GeminiModel,
): GenerateContentRequest | undefined {
  return isSignatureRefused(error) ? requestWithoutSignatures(request, model) : undefined;
}

/** The request for another key, which can read no signature of this one. The very same where there is none in it. */
export function requestWithoutSignatures(
  request: GenerateContentRequest,
  model: GeminiModel,
): GenerateContentRequest {
  if (!request.contents.some(({ parts }) => parts.some(isSigned))) return request;
  const contents = request.contents
    .map((content) => withoutSignatures(content, model))
    .filter(({ parts }) => parts.length > 0);
  return { ...request, contents };
}

const isSigned = ({ thoughtSignature }: RequestPart): boolean => thoughtSignature !== undefined;

/** All of them, in every turn: which one was refused is not told. */
function withoutSignatures(content: RequestContent, model: GeminiModel): RequestContent {
  const parts = content.parts
    .map(({ thoughtSignature: _dropped, ...part }): RequestPart => part)
    // An empty text was there for its signature alone.
    .filter((part) => part.text !== '');
  const firstCall = parts.find((part) => part.functionCall !== undefined);
  if (firstCall && model.signatures === 'required') firstCall.thoughtSignature = SIGNATURE_SENTINEL;
  return { ...content, parts };
}
