/** `GOOGLE_GEMINI_BASE_URL`, in whichever of the forms that other tools take: the SDK puts `/v1beta/models/…` behind it. */
import { ConfigError } from './read-value.ts';

/**
 * How a URL copied out of another tool's settings may end: version, collection, one method, OpenAI's dialect. Only at the end: a
 * gateway's own path may hold a `v1` further ahead.
 */
const API_PATH =
  /(?:\/v\d+(?:(?:alpha|beta)\d*)?)?(?:\/models(?:\/[^/]*)?|\/openai(?:\/chat(?:\/completions)?)?)?$/i;

/**
 * Without a version, a trailing slash, a query and a fragment; a path before the version stays (a gateway's). Throws a ConfigError
 * for what is no URL; what it says is not told: it may hold a key.
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
