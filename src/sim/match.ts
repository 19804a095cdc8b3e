/**
 * Decides whether two requests are the same, for recording and for replay. Both use the redacted form: keys sorted,
 * arrays unchanged, and known noise removed or made equal. The list names the noise to ignore, and not the parts to
 * compare: if a kind of noise is missing in it, a request is not found, and somebody notices. All else must be equal.
 */
import { canonicalJson, isDeeperThan, isObject, tryParseJson } from '../lib/json.ts';

export type Matchable = { method: string; path: string; query: string; body: string };

/** Something that changes in a body from run to run and means nothing. `why` is for people. */
export type Noise = { why: string } & (NoisyPlace | Settled);

export type NoisyPlace = {
  /**
   * Keys and indexes from the top of the body. `*` stands for any one of them, and a last `**` for everything below.
   */
  at: readonly string[];
  /** Matches the part of the string that is removed. Without a pattern the whole value is removed. */
  pattern?: RegExp;
  /**
   * Only strings that begin like this are read. A pattern that looks behind for it would read a long text once for each
   * of its characters.
   */
  begins?: string;
};

export type Settled = {
  /**
   * Returns the same body for all bodies that mean the same. It accepts any JSON, and returns a body that it does not
   * know unchanged.
   */
  settle(body: unknown): unknown;
};

/** A key that is equal for equal requests. It is short, so it can be used in a map, and only means equality. */
export function requestKey(request: Matchable, noise: readonly Noise[]): string {
  const { method, path, query, body } = request;
  const text = `${method} ${path}?${query}\n${canonicalBody(body, noise)}`;
  return new Bun.CryptoHasher('sha256').update(text).digest('hex');
}

/**
 * The most levels of objects and lists that are read. Deeper bodies are refused elsewhere; here the recursion must not
 * overflow the stack.
 */
const MOST_LEVELS = 1_000;

/** The JSON in `body`; undefined where `body` is not JSON, or is nested too deep. */
export function readableJson(body: string): unknown {
  const value = tryParseJson(body);
  return isDeeperThan(value, MOST_LEVELS) ? undefined : value;
}

/** The body as JSON with sorted keys and without noise. A body that is not JSON is returned unchanged. */
export function canonicalBody(body: string, noise: readonly Noise[]): string {
  const value = readableJson(body);
  return value === undefined ? body : canonicalJson(withoutNoise(value, noise));
}

export const withoutNoise = (value: unknown, noise: readonly Noise[]): unknown =>
  noise.reduce(
    (quieter, one) => ('settle' in one ? one.settle(quieter) : quieten(quieter, one.at, one)),
    value,
  );

type Removed = Pick<NoisyPlace, 'pattern' | 'begins'>;

/** The value without noise. Only the parts that change are copied. */
function quieten(value: unknown, at: readonly string[], removed: Removed): unknown {
  const [step, ...rest] = at;
  if (step === '**') return quietenBelow(value, removed);
  if (step === undefined) return quietenOne(value, removed);
  const applies = (key: string) => step === '*' || step === key;
  if (Array.isArray(value)) {
    return value.map((item, index) => (applies(String(index)) ? quieten(item, rest, removed) : item));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, applies(key) ? quieten(item, rest, removed) : item]),
  );
}

function quietenOne(value: unknown, { pattern, begins = '' }: Removed): unknown {
  if (!pattern) return undefined;
  return typeof value === 'string' && value.startsWith(begins) ? value.replace(pattern, '') : value;
}

function quietenBelow(value: unknown, removed: Removed): unknown {
  if (Array.isArray(value)) return value.map((item) => quietenBelow(item, removed));
  if (!isObject(value)) return quietenOne(value, removed);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, quietenBelow(item, removed)]));
}
