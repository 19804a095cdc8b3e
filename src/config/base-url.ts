/**
 * Reads `GOOGLE_GEMINI_BASE_URL` in all forms in which other tools accept such a URL. The SDK adds `/v1beta/models/…`.
 */
import { ConfigError } from './read-value.ts';

/**
 * Matches endings of URLs that were copied from another tool's settings: a version, a collection, one method, the path
 * of OpenAI's API. Only the end counts: a gateway's own path may have a `v1` in the middle.
 */
const API_PATH =
  /(?:\/v\d+(?:(?:alpha|beta)\d*)?)?(?:\/models(?:\/[^/]*)?|\/openai(?:\/chat(?:\/completions)?)?)?$/i;

/**
 * The URL without version, trailing slash, query and fragment. A gateway's path before the version stays. Throws a
 * ConfigError for a text that is no URL. The error does not quote the text, because it may contain a key.
 */
export function readBaseUrl(text: string | undefined, notices: string[]): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (!url)
    throw new ConfigError(
      'GOOGLE_GEMINI_BASE_URL: cannot be read as a URL; use a form such as https://host:port',
    );
  if (url.search !== '' || url.hash !== '')
    notices.push(
      'GOOGLE_GEMINI_BASE_URL: what stands behind ? or # is left out; keys belong in GEMINI_API_KEY',
    );
  url.search = '';
  url.hash = '';
  url.pathname = url.pathname
    .replace(/\/{2,}/g, '/')
    .replace(/\/$/, '')
    .replace(API_PATH, '');
  return url.href.replace(/\/$/, '');
}
