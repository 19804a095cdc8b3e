/**
 * Pictures and documents that a request names by URL: where they are, which may be read, and how a refusal is worded.
 * Clients look for the path of the block in a refusal: Claude Code then leaves the block out and goes on
 * (docs/decisions/0048-media-by-url.md).
 */
import type { GeminiModel } from '../../../gemini/models.ts';
import { isPublicAddress } from '../../../lib/public-address.ts';
import type { MediaPlace } from './media-places.ts';

/** A URL (as it will be sent) and its path: `messages.0.content.1.image.source.url`. */
export type UrlPlace = { url: string; path: string };

/** Characters. Nobody gives out a longer address. */
const LONGEST_URL = 8_192;
/** Names that no public server has. */
const LOCAL_NAME =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|private|corp|home|lan|home\.arpa|onion)$/;

const isPublicHost = (hostname: string): boolean => {
  const host = hostname.replace(/^\[|\]$|\.+$/g, '').toLowerCase();
  // Only digits and points: an address. The URL parser has already turned every way to write one into four numbers.
  if (host.includes(':') || /^[\d.]+$/.test(host)) return isPublicAddress(host);
  return host.includes('.') && !LOCAL_NAME.test(host);
};

/** The URL as it was understood here. In an odd spelling Google might find another host. */
export const sentUrl = (url: string): string => URL.parse(url)?.href ?? url;

/**
 * Why `url` may not be read by anybody; undefined for a public https URL. What the name resolves to is checked later.
 */
export function urlProblem(url: string): string | undefined {
  if (url.length > LONGEST_URL) return `longer than ${LONGEST_URL} characters`;
  const parsed = URL.parse(url);
  if (!parsed) return 'not a URL';
  if (parsed.protocol !== 'https:') return 'only https URLs can be read';
  if (parsed.username !== '' || parsed.password !== '') return 'a URL with a user in it cannot be read';
  return isPublicHost(parsed.hostname) ? undefined : 'its host is not public';
}

/** What the client is told about a URL that cannot be read. */
export const bytesInstead = (problem: string): string =>
  `${problem}. Send its bytes instead (source type base64).`;

/** In the order of the history. */
export const urlPlaces = (places: readonly MediaPlace[]): UrlPlace[] =>
  places.flatMap(({ block, path }) =>
    block.source.type === 'url'
      ? [{ url: sentUrl(block.source.url), path: `${path}.${block.type}.source.url` }]
      : [],
  );

/** The URLs that this process must read, each once: those that may be read and that Google is not sent to. */
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

/** The media type by the ending of the URL's path; undefined where the ending tells none. */
export function typeByEnding(url: string): string | undefined {
  const ending = /\.([a-z]+)$/i.exec(URL.parse(url)?.pathname ?? '')?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(TYPES_BY_ENDING, ending) ? TYPES_BY_ENDING[ending] : undefined;
}

/** Google reads no GIF. This process converts it to PNG, for which it needs the bytes. */
export const readByGoogle = (url: string): boolean => typeByEnding(url) !== 'image/gif';
