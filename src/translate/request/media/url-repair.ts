/** Mends a request whose media Google could not read by URL: the bytes take the place of the URLs. */

import type { UpstreamError } from '../../../gemini/errors.ts';
import type { GenerateContentRequest, RequestPart } from '../../../gemini/wire.ts';
import type { MediaFacts } from '../../context.ts';
import type { Warn } from '../../warnings.ts';
import { inlinePart } from './inline-media.ts';
import { bytesInstead } from './url-media.ts';

/** Google's fetcher reports its own status, such as `URL_ROBOTED-ROBOTED_DENIED`. */
const URL_REFUSED =
  /cannot fetch content|URL_(?:ROBOTED|REJECTED|UNREACHABLE|TIMEOUT|ERROR)|unsupported file ur[il]|(?:fetch|retriev|download|access)\w* (?:\w+ ){0,4}ur[il]\b/i;
/** Google's words for bytes of another type than the URL promised. */
const UNREADABLE =
  /unable to process input image|provided image is not valid|unsupported mime type|document has no pages/i;

const isRefusal = ({ kind, status }: UpstreamError): boolean => kind === 'status' && status === 400;

/** Whether Google failed to read what is behind a URL of the request. */
export const isUrlRefused = (error: UpstreamError): boolean =>
  isRefusal(error) && URL_REFUSED.test(error.message);

/** Whether sending bytes instead of URLs may help. */
export const mayReadBytes = (error: UpstreamError): boolean =>
  isUrlRefused(error) || (isRefusal(error) && UNREADABLE.test(error.message));

const partsOf = (request: GenerateContentRequest): RequestPart[] =>
  request.contents.flatMap(({ parts }) => parts);

/** The URLs that Google was sent to, each once. */
export function linkedUrls(request: GenerateContentRequest): string[] {
  return [...new Set(partsOf(request).flatMap(({ fileData }) => (fileData ? [fileData.fileUri] : [])))];
}

type Media = Pick<MediaFacts, 'fetched' | 'converted'>;

/** Throws what the client is told about a URL whose bytes cannot be sent. `problem` is whole sentences. */
type Refuse = (url: string, problem: string) => never;

/** Whether the request holds bytes, from the client or fetched here. */
export const holdsMedia = (request: GenerateContentRequest): boolean =>
  partsOf(request).some(
    ({ inlineData, functionResponse }) => inlineData !== undefined || functionResponse?.parts !== undefined,
  );

/** `media` has an entry for every URL in `request`. */
export function requestWithBytes(
  request: GenerateContentRequest,
  media: Media,
  warn: Warn,
  refuse: Refuse,
): GenerateContentRequest {
  const contents = request.contents.map((content) => ({
    ...content,
    parts: content.parts.map((part) => withBytes(part, media, warn, refuse)),
  }));
  return { ...request, contents };
}

function withBytes(
  { fileData: linked, ...rest }: RequestPart,
  media: Media,
  warn: Warn,
  refuse: Refuse,
): RequestPart {
  const found = linked && media.fetched.get(linked.fileUri);
  if (!found) return linked ? { ...rest, fileData: linked } : rest;
  if ('problem' in found) return refuse(linked.fileUri, bytesInstead(found.problem));
  const bytes = { declared: found.mimeType, data: found.data };
  const inline = inlinePart(bytes, media, { path: 'messages', warn });
  return 'problem' in inline ? refuse(linked.fileUri, inline.problem) : { ...rest, ...inline };
}
