/**
 * Mends a request that Google refused, where the cause is a signature that the proxy put in. Google cannot read a
 * signature of another key, model or route, and sometimes not even its own. The turn then goes on without signatures
 * (wire section 4).
 */

import type { UpstreamError } from '../../gemini/errors.ts';
import type { GeminiModel } from '../../gemini/models.ts';
import type { GenerateContentRequest, RequestContent, RequestPart } from '../../gemini/wire.ts';
import { SIGNATURE_SENTINEL } from './signature-placement.ts';

const SIGNATURE_REFUSED = /thought.?signature/i;
const SIGNATURE_MISSING = /missing a thought.?signature/i;

const isSignatureRefused = ({ kind, status, message }: UpstreamError): boolean =>
  kind === 'status' && status === 400 && SIGNATURE_REFUSED.test(message);

/** The changed request to send once more, and what was changed; undefined where that would not help. */
export function repairedRequest(
  error: UpstreamError,
  request: GenerateContentRequest,
  model: GeminiModel,
): { request: GenerateContentRequest; how: string } | undefined {
  if (!isSignatureRefused(error)) return undefined;
  if (SIGNATURE_MISSING.test(error.message) && request.contents.some(({ parts }) => parts.some(isUnsigned)))
    return { request: withStandIns(request), how: 'with a stand-in for each signature that is missing' };
  return { request: requestWithoutSignatures(request, model), how: 'without signatures' };
}

const isUnsigned = (part: RequestPart): boolean => part.functionCall !== undefined && !isSigned(part);

/** Here Google checks more calls than the first of each step, or wants signatures that the model's row does not know of. */
function withStandIns(request: GenerateContentRequest): GenerateContentRequest {
  const contents = request.contents.map((content) => ({
    ...content,
    parts: content.parts.map((part) =>
      isUnsigned(part) ? { ...part, thoughtSignature: SIGNATURE_SENTINEL } : part,
    ),
  }));
  return { ...request, contents };
}

/**
 * The request in the form for another key, which cannot read the signatures of this key. The same object where the
 * request has no signatures.
 */
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

/**
 * The content without signatures. All of them are taken out, in every turn, because Google does not say which one it
 * refused.
 */
function withoutSignatures(content: RequestContent, model: GeminiModel): RequestContent {
  const parts = content.parts
    .map(({ thoughtSignature: _dropped, ...part }): RequestPart => part)
    // An empty text was only there to carry its signature.
    .filter((part) => part.text !== '');
  const firstCall = parts.find((part) => part.functionCall !== undefined);
  if (firstCall && model.signatures === 'required') firstCall.thoughtSignature = SIGNATURE_SENTINEL;
  return { ...content, parts };
}
