/**
 * Pictures and documents that a request names by URL: which there are, which may be asked for, and what a refusal says. Clients
 * look for the block's path in it: Claude Code then leaves the block out and goes on (docs/decisions/0048-media-by-url.md).
 */
import type { ContentBlock } from '../../../anthropic/content.ts';
import type { Message } from '../../../anthropic/request.ts';
import type { GeminiModel } from '../../../gemini/models.ts';
import { isPublicAddress } from '../../../lib/public-address.ts';

/** Where a URL stands: `messages.0.content.1.image.source.url`. The URL is as it is sent. */
export type UrlPlace = { url: string; path: string };

/** Characters; what is longer is no address that anybody gave out. */
const LONGEST_URL = 8_192;
/** Names that no public server has. */
const LOCAL_NAME =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|private|corp|home|lan|home\.arpa|onion)$/;

const INSTEAD = 'Send its bytes instead (source type base64).';

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

export const refusalOf = (path: string, problem: string): string => `${path}: ${problem}. ${INSTEAD}`;

function placesIn(block: ContentBlock, path: string): UrlPlace[] {
  if (block.type === 'tool_result') {
    const inner = typeof block.content === 'string' ? [] : (block.content ?? []);
    return inner.flatMap((child, index) => placesIn(child, `${path}.tool_result.content.${index}`));
  }
  if (block.type !== 'image' && block.type !== 'document') return [];
  const { source } = block;
  if (source.type === 'url') return [{ url: sentUrl(source.url), path: `${path}.${block.type}.source.url` }];
  if (source.type !== 'content' || typeof source.content === 'string') return [];
  return source.content.flatMap((child, index) =>
    placesIn(child, `${path}.document.source.content.${index}`),
  );
}

/** In the order of the history. */
export function urlPlaces(messages: readonly Message[]): UrlPlace[] {
  return messages.flatMap(({ content }, index) =>
    typeof content === 'string'
      ? []
      : content.flatMap((block, position) => placesIn(block, `messages.${index}.content.${position}`)),
  );
}

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

/** Google reads no GIF; here its first picture is made a PNG, for which its bytes are needed. */
export const readByGoogle = (url: string): boolean => typeByEnding(url) !== 'image/gif';
