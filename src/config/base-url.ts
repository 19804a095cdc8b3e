/** `GOOGLE_GEMINI_BASE_URL`, in all forms in which other tools take such a URL. The SDK adds `/v1beta/models/…`. */
import { ConfigError } from './read-value.ts';

/**
 * Endings of URLs that were copied from another tool's settings: a version, a collection, one method, OpenAI's dialect.
 * Only the end counts: a gateway's own path may have a `v1` in the middle.
 */
const API_PATH =
  /(?:\/v\d+(?:(?:alpha|beta)\d*)?)?(?:\/models(?:\/[^/]*)?|\/openai(?:\/chat(?:\/completions)?)?)?$/i;

/**
 * The URL without version, trailing slash, query and fragment. A path before the version (a gateway's) stays. Throws a
 * ConfigError for what is no URL, without quoting it: it may hold a key.
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
