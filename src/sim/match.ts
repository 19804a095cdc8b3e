/**
 * Decides when two requests are the same, for those who record and those who look up. Both use the redacted form:
 * sorted keys, arrays as they are, and known noise taken out or made equal. If a kind of noise is missing from the
 * list, the request is not found, and somebody notices. That is why the list says what to leave out, and not what to
 * look at. Nothing is compared loosely.
 */
import { canonicalJson, isDeeperThan, isObject, tryParseJson } from '../lib/json.ts';

export type Matchable = { method: string; path: string; query: string; body: string };

/** What changes in a body from run to run without any meaning. `why` is for people. */
export type Noise = { why: string } & (NoisyPlace | Settled);

export type NoisyPlace = {
  /** Keys and indexes from the top of the body. `*` stands for any of them, and a last `**` for everything below. */
  at: readonly string[];
  /** The part of the string that is taken out; without it the whole value goes. */
  pattern?: RegExp;
};

export type Settled = {
  /**
   * Gives one form to all bodies that mean the same. It takes any JSON, and returns what it does not know unchanged.
   */
  settle(body: unknown): unknown;
};

/** Equal for equal requests. Opaque, and short enough to be a key of a map. */
export function requestKey(request: Matchable, noise: readonly Noise[]): string {
  const { method, path, query, body } = request;
  const text = `${method} ${path}?${query}\n${canonicalBody(body, noise)}`;
  return new Bun.CryptoHasher('sha256').update(text).digest('hex');
}

/** The most levels of objects and lists. Deeper bodies are refused elsewhere; here the recursion must not overflow. */
const MOST_LEVELS = 1_000;

/** The JSON in `body`; undefined where it is none, or is nested too deep. */
export function readableJson(body: string): unknown {
  const value = tryParseJson(body);
  return isDeeperThan(value, MOST_LEVELS) ? undefined : value;
}

/** JSON with sorted keys and without noise. A body that is no JSON stays as it is. */
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
