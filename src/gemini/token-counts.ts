/** Reads token counts without trusting them: gateways write them as texts, and nonsense must not reach a client. */
import { isObject } from '../lib/json.ts';
import type { UsageMetadata } from './wire.ts';

const COUNTS = [
  'promptTokenCount',
  'cachedContentTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'toolUsePromptTokenCount',
  'totalTokenCount',
] as const satisfies readonly (keyof UsageMetadata)[];

/** Google's counts have 32 bits. A larger number is no token count. */
const MOST = 2 ** 31 - 1;
const DIGITS = /^\s*\d{1,10}(?:\.\d{0,20})?\s*$/;

/** `value` as a whole number of tokens; undefined where it is none. */
export function tokenCount(value: unknown): number | undefined {
  const count = typeof value === 'string' && DIGITS.test(value) ? Number(value) : value;
  return typeof count === 'number' && count >= 0 && count <= MOST ? Math.round(count) : undefined;
}

/**
 * The counts in `usageMetadata`; undefined where it has none. (Vertex sends the object with every event, but counts
 * only with the last.)
 */
export function tokenCounts(usageMetadata: unknown): UsageMetadata | undefined {
  if (!isObject(usageMetadata)) return undefined;
  const counts: UsageMetadata = {};
  let any = false;
  for (const key of COUNTS) {
    const count = tokenCount(usageMetadata[key]);
    if (count === undefined) continue;
    counts[key] = count;
    any = true;
  }
  return any ? counts : undefined;
}
