/**
 * Pictures and documents that a request names by URL: which there are, which may be asked for, and what a refusal says. Clients
 * look for the block's path in it: Claude Code then leaves the block out and goes on (docs/decisions/0048-media-by-url.md).
 */
import type { GeminiModel } from '../../../gemini/models.ts';
import { isPublicAddress } from '../../../lib/public-address.ts';
import type { MediaPlace } from './media-places.ts';

/** Where a URL stands: `messages.0.content.1.image.source.url`. The URL is as it is sent. */
export type UrlPlace = { url: string; path: string };

/** Characters; what is longer is no address that anybody gave out. */
const LONGEST_URL = 8_192;
/** Names that no public server has. */
const LOCAL_NAME =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|private|corp|home|lan|home\.arpa|onion)$/;

const isPublicHost = (hostname: string): boolean => {
  const host = hostname.replace(/^\[|\]$|\.+$/g, '').toLowerCase();
  // A number is an address: the URL parser has written every form of one as four parts.
  if (host.includes(':') || /^[\d.]+$/.test(host)) return isPublicAddress(host);
  return host.includes('.') && !LOCAL_NAME.test(host);
};

/** As it was understood here: Google might read an odd writing in another way, and find another host in it. */
export const sentUrl = (url: string): string => URL.parse(url)?.href ?? url;

/** Why nobody may be sent to `url`; undefined for a public https URL. What its name resolves to is not known here. */
export function urlProblem(url: string): string | undefined {
  if (url.length > LONGEST_URL) return `longer than ${LONGEST_URL} characters`;
  const parsed = URL.parse(url);
  if (!parsed) return 'not a URL';
  if (parsed.protocol !== 'https:') return 'only https URLs can be read';
  if (parsed.username !== '' || parsed.password !== '') return 'a URL with a user in it cannot be read';
  return isPublicHost(parsed.hostname) ? undefined : 'its host is not public';
}

/** What the client is told of a URL that nobody can read. */
export const bytesInstead = (problem: string): string =>
  `${problem}. Send its bytes instead (source type base64).`;

/** In the order of the history. */
export const urlPlaces = (places: readonly MediaPlace[]): UrlPlace[] =>
  places.flatMap(({ block, path }) =>
    block.source.type === 'url'
      ? [{ url: sentUrl(block.source.url), path: `${path}.${block.type}.source.url` }]
      : [],
  );

/** The URLs that this process is to read, each once: all that may be read at all and that Google is not sent to. */
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

/** The media type that the URL's path ends in, where it does. */
export function typeByEnding(url: string): string | undefined {
  const ending = /\.([a-z]+)$/i.exec(URL.parse(url)?.pathname ?? '')?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(TYPES_BY_ENDING, ending) ? TYPES_BY_ENDING[ending] : undefined;
}

/** Google reads no GIF; this process makes a PNG of its first picture, and needs its bytes for that. */
export const readByGoogle = (url: string): boolean => typeByEnding(url) !== 'image/gif';
