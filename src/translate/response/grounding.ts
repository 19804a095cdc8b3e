/**
 * What Google's search found, and which words of the answer rest on it. The metadata comes with the last event as a rule,
 * and empty with those before it; offsets are bytes of UTF-8 over the whole text, and are off by one at times, so the words
 * that Google says it means decide.
 */
import type { GroundingMetadata } from '../../gemini/wire.ts';
import { isObject } from '../../lib/json.ts';
import type { SearchPlan } from '../context.ts';
import type { Warn } from '../warnings.ts';
import type { Source } from './turn.ts';

export type Grounding = {
  queries: string[];
  /** By their number in Google's list; undefined where one must not be told, or is no page. */
  sources: (Source | undefined)[];
  supports: NonNullable<GroundingMetadata['groundingSupports']>;
};

/** A piece of the answer; cited where it rests on `sources`. */
export type Piece = { text: string; sources: readonly Source[] };

/** Google hides pages behind links of its own, which lead to them. */
const REDIRECT_HOST = 'vertexaisearch.cloud.google.com';
const DOMAIN = /^(?:[a-z0-9-]+\.)+[a-z]{2,}$/;

const listOf = <T>(value: readonly T[] | undefined): readonly T[] => (Array.isArray(value) ? value : []);

/** What is no object in one of Google's lists holds nothing to read. */
const objectsIn = <T>(value: readonly T[] | undefined): T[] => listOf(value).filter((item) => isObject(item));

/** Where several events carry some, the last that says anything of a thing is right. */
export function mergeGrounding(before: GroundingMetadata, next: GroundingMetadata): GroundingMetadata {
  const said = Object.entries(next).filter(([, value]) => !Array.isArray(value) || value.length > 0);
  return { ...before, ...Object.fromEntries(said) };
}

const isWithin = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

type Web = { uri?: unknown; title?: unknown; domain?: unknown };

/** What is known of where a page stands: Google's title is its domain as a rule, and often without the subdomain. */
function hostOf(url: URL, { title, domain }: Web): string {
  if (url.hostname !== REDIRECT_HOST) return url.hostname;
  return [domain, title].find(
    (name) => typeof name === 'string' && DOMAIN.test(name.toLowerCase()),
  ) as string;
}

/** A subdomain cannot be told from its domain: it may be an allowed one, and it may be a blocked one. */
function isTold(host: string | undefined, { allowedDomains, blockedDomains }: SearchPlan): boolean {
  const meets = (domain: string) =>
    host === undefined || isWithin(host.toLowerCase(), domain) || isWithin(domain, host.toLowerCase());
  if (allowedDomains.length > 0) return host !== undefined && allowedDomains.some(meets);
  return !blockedDomains.some(meets);
}

function toSource(web: unknown, plan: SearchPlan, warn: Warn): Source | undefined {
  if (!isObject(web)) return undefined;
  const page: Web = web;
  const url = typeof page.uri === 'string' ? URL.parse(page.uri) : null;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    warn('upstream-unknown', 'answer', 'a source without a link is left out');
    return undefined;
  }
  if (!isTold(hostOf(url, page), plan)) {
    warn('content-changed', 'answer', 'a source outside of the domains that may be told is left out');
    return undefined;
  }
  const title = typeof page.title === 'string' && page.title !== '' ? page.title : url.hostname;
  return { url: url.href, title };
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

/** The place in `text` that so many bytes of it reach; inside of a character, its beginning. */
function placeOf(bytes: Uint8Array, count: number): number {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return decoder.decode(bytes.subarray(0, count), { stream: true }).length;
}

type Segment = NonNullable<Grounding['supports'][number]['segment']>;

/** Where the words stand that Google means; undefined where the text has no such words. */
function rangeOf(
  text: string,
  bytes: Uint8Array,
  { startIndex = 0, endIndex = 0, text: words }: Segment,
): { start: number; end: number } | undefined {
  const start = placeOf(bytes, startIndex);
  if (typeof words !== 'string' || words === '') {
    const end = placeOf(bytes, endIndex);
    return end > start ? { start, end } : undefined;
  }
  const [before, after] = [text.lastIndexOf(words, start), text.indexOf(words, start)];
  if (before < 0 && after < 0) return undefined;
  const nearest = before < 0 || (after >= 0 && after - start < start - before) ? after : before;
  return { start: nearest, end: nearest + words.length };
}

type Range = { start: number; end: number; sources: Source[] };

function citedRanges(text: string, { supports, sources }: Grounding, warn: Warn): Range[] {
  const bytes = new TextEncoder().encode(text);
  return supports
    .flatMap(({ segment, groundingChunkIndices }) => {
      const cited = eachSource(listOf(groundingChunkIndices).map((index) => sources[index]));
      const range = segment && cited.length > 0 ? rangeOf(text, bytes, segment) : undefined;
      if (cited.length > 0 && !range)
        warn('upstream-unknown', 'answer', 'a citation of no words is left out');
      return range ? [{ ...range, sources: cited }] : [];
    })
    .sort((a, b) => a.start - b.start || a.end - b.end);
}

/** `text` in pieces that add up to it; of words that are cited twice, the first piece has them. */
export function citedPieces(text: string, grounding: Grounding, warn: Warn): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const { start, end, sources } of citedRanges(text, grounding, warn)) {
    const last = pieces.at(-1);
    if (end <= at) {
      if (last) last.sources = eachSource([...last.sources, ...sources]);
      continue;
    }
    if (start > at) pieces.push({ text: text.slice(at, start), sources: [] });
    pieces.push({ text: text.slice(Math.max(at, start), end), sources });
    at = end;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), sources: [] });
  return withoutBlank(pieces);
}

/** The first `length` characters of what the pieces say. */
export function cutPieces(pieces: readonly Piece[], length: number): Piece[] {
  let left = length;
  return pieces.flatMap((piece) => {
    const text = piece.text.slice(0, left);
    left -= text.length;
    return text === '' ? [] : [{ ...piece, text }];
  });
}

/** A block of white space alone is refused by Anthropic when a client sends it back: it goes to the piece before it. */
function withoutBlank(pieces: readonly Piece[]): Piece[] {
  const whole: Piece[] = [];
  for (const piece of pieces) {
    const last = whole.at(-1);
    if (last && piece.text.trim() === '') last.text += piece.text;
    else if (last?.text.trim() === '') whole.splice(-1, 1, { ...piece, text: last.text + piece.text });
    else whole.push({ ...piece });
  }
  return whole;
}
