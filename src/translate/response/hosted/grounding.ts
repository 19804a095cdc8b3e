/**
 * Reads what Google's search found. Usually this metadata comes with the last event, and is empty in earlier events.
 */
import type { GroundingMetadata } from '../../../gemini/wire.ts';
import { isObject, isSameJson } from '../../../lib/json.ts';
import type { SearchPlan } from '../../context.ts';
import type { Warn } from '../../warnings.ts';
import type { Source } from '../turn.ts';

export type Grounding = {
  queries: string[];
  /**
   * The pages by their number in Google's list; undefined for a page that must not be shown, and for an entry that is
   * no page.
   */
  sources: (Source | undefined)[];
  supports: NonNullable<GroundingMetadata['groundingSupports']>;
};

/** The host of Google's own links, which redirect to the pages. */
const REDIRECT_HOST = 'vertexaisearch.cloud.google.com';
/** Characters. Google's links have some hundred, and each link is repeated with every citation. */
const LONGEST_LINK = 8_192;
const LONGEST_TITLE = 1_000;
const DOMAIN = /^(?:[a-z0-9-]+\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)$/;

export const listOf = <T>(value: readonly T[] | undefined): readonly T[] =>
  Array.isArray(value) ? value : [];

/** The objects in a list of Google's: other values hold nothing to read. */
const objectsIn = <T>(value: readonly T[] | undefined): T[] => listOf(value).filter((item) => isObject(item));

/**
 * Joins the metadata of two events. Google's description of its API says that an event of a stream has only what is new,
 * and that the numbers of pages count over all events. A list that begins like the one before has all of it again.
 */
export function mergeGrounding(before: GroundingMetadata, next: GroundingMetadata): GroundingMetadata {
  const known: Readonly<Record<string, unknown>> = before;
  const said = Object.entries(next).map(([key, value]) => [key, joined(known[key], value)]);
  return { ...before, ...Object.fromEntries(said) };
}

function joined(before: unknown, next: unknown): unknown {
  if (!Array.isArray(before) || !Array.isArray(next)) return next;
  const isAgain = before.every((item, at) => isSameJson(item, next[at]));
  return isAgain ? next : [...before, ...next];
}

const isWithin = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

type Web = { uri?: unknown; title?: unknown; domain?: unknown };

/** The domain of a page, as far as it is known: usually Google's title, often without the subdomain. */
function hostOf(url: URL, { title, domain }: Web): string {
  if (url.hostname !== REDIRECT_HOST) return url.hostname;
  return [domain, title].find(
    (name) => typeof name === 'string' && DOMAIN.test(name.toLowerCase()),
  ) as string;
}

/**
 * True where the page may be shown. Google may leave out the subdomain, so we may not notice that a page's subdomain is
 * blocked, or is not allowed.
 */
export function isToldHost(
  host: string | undefined,
  { allowedDomains, blockedDomains }: Pick<SearchPlan, 'allowedDomains' | 'blockedDomains'>,
): boolean {
  const meets = (domain: string) =>
    host === undefined || isWithin(host.toLowerCase(), domain) || isWithin(domain, host.toLowerCase());
  if (allowedDomains.length > 0) return host !== undefined && allowedDomains.some(meets);
  return !blockedDomains.some(meets);
}

function toSource(web: unknown, plan: SearchPlan, warn: Warn): Source | undefined {
  if (!isObject(web)) return undefined;
  const page: Web = web;
  const url = typeof page.uri === 'string' && page.uri.length <= LONGEST_LINK ? URL.parse(page.uri) : null;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    warn('upstream-unknown', 'answer', 'a source without a link is left out');
    return undefined;
  }
  if (!isToldHost(hostOf(url, page), plan)) {
    warn('content-changed', 'answer', 'a source outside of the domains that may be told is left out');
    return undefined;
  }
  const title = typeof page.title === 'string' ? page.title.slice(0, LONGEST_TITLE).toWellFormed() : '';
  return { url: url.href, title: title || url.hostname };
}

export function readGrounding(metadata: GroundingMetadata, plan: SearchPlan, warn: Warn): Grounding {
  const queries = listOf(metadata.webSearchQueries).filter(
    (query) => typeof query === 'string' && query !== '',
  );
  const sources = listOf(metadata.groundingChunks).map((chunk) => toSource(chunk?.web, plan, warn));
  return { queries, sources, supports: objectsIn(metadata.groundingSupports) };
}

/** Each page once, in Google's order. */
export function eachSource(sources: readonly (Source | undefined)[]): Source[] {
  return [...new Map(sources.flatMap((source) => (source ? [[source.url, source] as const] : []))).values()];
}
