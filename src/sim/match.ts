/**
 * When two requests are the same. One function for those who record and those who look up, over the redacted form: sorted
 * keys, arrays as they are, and named noise taken out or settled. A piece of noise that is missing from the list is a loud
 * miss; that is why there is a list of what to leave out, and none of what to look at. Never fuzzy.
 */
import { canonicalJson, isDeeperThan, isObject, tryParseJson } from '../lib/json.ts';

export type Matchable = { method: string; path: string; query: string; body: string };

/** What changes in a body from run to run without meaning anything; `why` is for whoever wonders. */
export type Noise = { why: string } & (NoisyPlace | Settled);

export type NoisyPlace = {
  /** Keys and indexes from the top of the body; `*` is any, a last `**` is everything below. */
  at: readonly string[];
  /** What to take out of the string there; without it, the whole value goes. */
  pattern?: RegExp;
};

export type Settled = {
  /** The body as one form stands for all that mean the same. Takes any JSON; gives back what it does not know as it is. */
  settle(body: unknown): unknown;
};

/** Equal for equal requests. Opaque; short enough to be a key of a map. */
export function requestKey(request: Matchable, noise: readonly Noise[]): string {
  const { method, path, query, body } = request;
  const text = `${method} ${path}?${query}\n${canonicalBody(body, noise)}`;
  return new Bun.CryptoHasher('sha256').update(text).digest('hex');
}

/** Levels of objects and lists. Deeper ones are refused wherever they are understood, and here no recursion is to end in them. */
const MOST_LEVELS = 1_000;

/** The JSON of `body`, or undefined where it is none, or none to be read. */
export function readableJson(body: string): unknown {
  const value = tryParseJson(body);
  return isDeeperThan(value, MOST_LEVELS) ? undefined : value;
}

/** JSON with sorted keys and without noise; what is no JSON, as it is. */
export function canonicalBody(body: string, noise: readonly Noise[]): string {
  const value = readableJson(body);
  return value === undefined ? body : canonicalJson(withoutNoise(value, noise));
}

export const withoutNoise = (value: unknown, noise: readonly Noise[]): unknown =>
  noise.reduce(
    (quieter, one) => ('settle' in one ? one.settle(quieter) : quieten(quieter, one.at, one.pattern)),
    value,
  );

/** Copies only what changes. */
function quieten(value: unknown, at: readonly string[], pattern: RegExp | undefined): unknown {
  const [step, ...rest] = at;
  if (step === '**') return quietenBelow(value, pattern);
  if (step === undefined) {
    if (!pattern) return undefined;
    return typeof value === 'string' ? value.replace(pattern, '') : value;
  }
  const applies = (key: string) => step === '*' || step === key;
  if (Array.isArray(value)) {
    return value.map((item, index) => (applies(String(index)) ? quieten(item, rest, pattern) : item));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, applies(key) ? quieten(item, rest, pattern) : item]),
  );
}

function quietenBelow(value: unknown, pattern: RegExp | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => quietenBelow(item, pattern));
  if (!isObject(value)) return quieten(value, [], pattern);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, quietenBelow(item, pattern)]));
}
