/** Mends a request in which Google could not read media by URL: the bytes replace the URLs. */

import type { UpstreamError } from '../../../gemini/errors.ts';
import type { GenerateContentRequest, RequestPart } from '../../../gemini/wire.ts';
import type { MediaFacts } from '../../context.ts';
import type { Warn } from '../../warnings.ts';
import { partOfBytes } from './inline-media.ts';
import { bytesInstead } from './url-media.ts';

/** Matches the status of Google's fetcher, such as `URL_ROBOTED-ROBOTED_DENIED`. */
const URL_REFUSED =
  /cannot fetch content|URL_(?:ROBOTED|REJECTED|UNREACHABLE|TIMEOUT|ERROR)|unsupported file ur[il]|(?:fetch|retriev|download|access)\w* (?:\w+ ){0,4}ur[il]\b/i;
/** Matches Google's sentence about bytes of another type than the URL promised. */
const UNREADABLE =
  /unable to process input image|provided image is not valid|unsupported mime type|document has no pages/i;

const isRefusal = ({ kind, status }: UpstreamError): boolean => kind === 'status' && status === 400;

/** True where Google could not read what a URL of the request leads to. */
export const isUrlRefused = (error: UpstreamError): boolean =>
  isRefusal(error) && URL_REFUSED.test(error.message);

/** True where it may help to send bytes instead of URLs. */
export const mayReadBytes = (error: UpstreamError): boolean =>
  isUrlRefused(error) || (isRefusal(error) && UNREADABLE.test(error.message));

const partsOf = (request: GenerateContentRequest): RequestPart[] =>
  request.contents.flatMap(({ parts }) => parts);

/** The URLs in a request that Google was to read, each once. */
export function linkedUrls(request: GenerateContentRequest): string[] {
  return [...new Set(partsOf(request).flatMap(({ fileData }) => (fileData ? [fileData.fileUri] : [])))];
}

type Media = Pick<MediaFacts, 'fetched' | 'converted' | 'moved'>;

/** Throws the error for the client about a URL whose bytes cannot be sent. `problem` is one or more whole sentences. */
type Refuse = (url: string, problem: string) => never;

/** True where the request contains bytes of media, from the client or fetched by this process. */
export const holdsMedia = (request: GenerateContentRequest): boolean =>
  partsOf(request).some(
    ({ inlineData, functionResponse }) => inlineData !== undefined || functionResponse?.parts !== undefined,
  );

/** The request with bytes in place of URLs. `media` has an entry for every URL in `request`. */
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
  const inline = partOfBytes(bytes, media, { path: 'messages', warn });
  return 'problem' in inline ? refuse(linked.fileUri, inline.problem) : { ...rest, ...inline };
}
