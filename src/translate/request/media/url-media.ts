/**
 * Pictures and documents that a request names by URL: finds them, decides which may be read, and words refusals.
 * Clients look for the path of the block in a refusal: Claude Code then leaves the block out and goes on
 * (docs/decisions/0048-media-by-url.md).
 */
import type { GeminiModel } from '../../../gemini/models.ts';
import { isPublicAddress } from '../../../lib/public-address.ts';
import type { MediaPlace } from './media-places.ts';

/** A URL in the form in which it will be sent, and its path in the request: `messages.0.content.1.image.source.url`. */
export type UrlPlace = { url: string; path: string };

/** Characters. No real address is longer. */
const LONGEST_URL = 8_192;
/** Matches host names that no public server has. */
const LOCAL_NAME =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|private|corp|home|lan|home\.arpa|onion)$/;

const isPublicHost = (hostname: string): boolean => {
  const host = hostname.replace(/^\[|\]$|\.+$/g, '').toLowerCase();
  // A host of only digits and points is an address: the URL parser has already turned all ways to write an IPv4 address
  // into four numbers.
  if (host.includes(':') || /^[\d.]+$/.test(host)) return isPublicAddress(host);
  return host.includes('.') && !LOCAL_NAME.test(host);
};

/** The URL as this process has understood it. From an odd spelling Google might read another host. */
export const sentUrl = (url: string): string => URL.parse(url)?.href ?? url;

/** Why nobody may read `url`; undefined for a public https URL. The addresses of its host name are checked later. */
export function urlProblem(url: string): string | undefined {
  if (url.length > LONGEST_URL) return `longer than ${LONGEST_URL} characters`;
  const parsed = URL.parse(url);
  if (!parsed) return 'not a URL';
  if (parsed.protocol !== 'https:') return 'only https URLs can be read';
  if (parsed.username !== '' || parsed.password !== '') return 'a URL with a user in it cannot be read';
  return isPublicHost(parsed.hostname) ? undefined : 'its host is not public';
}

/** The text for the client about a URL that cannot be read. */
export const bytesInstead = (problem: string): string =>
  `${problem}. Send its bytes instead (source type base64).`;

/** Lists the URLs in the order of the history. */
export const urlPlaces = (places: readonly MediaPlace[]): UrlPlace[] =>
  places.flatMap(({ block, path }) =>
    block.source.type === 'url'
      ? [{ url: sentUrl(block.source.url), path: `${path}.${block.type}.source.url` }]
      : [],
  );

/**
 * The URLs that this process must read, each once: the URLs that may be read and that Google will not be asked to read.
 */
export function urlsToFetch(places: readonly UrlPlace[], model: GeminiModel, byGoogle: boolean): string[] {
  const urls = places.map(({ url }) => url);
  const isForGoogle = (url: string) => byGoogle && model.readsUrls && readByGoogle(url);
  return [...new Set(urls)].filter((url) => urlProblem(url) === undefined && !isForGoogle(url));
}

const TYPES_BY_ENDING: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  heif: 'image/heif',
  pdf: 'application/pdf',
};

/** The media type that the ending of the URL's path means; undefined where the ending means none. */
export function typeByEnding(url: string): string | undefined {
  const ending = /\.([a-z]+)$/i.exec(URL.parse(url)?.pathname ?? '')?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(TYPES_BY_ENDING, ending) ? TYPES_BY_ENDING[ending] : undefined;
}

/**
 * True for a URL that Google can read. Google reads no GIF: this process must read the bytes itself, to convert them to
 * PNG.
 */
export const readByGoogle = (url: string): boolean => typeByEnding(url) !== 'image/gif';
