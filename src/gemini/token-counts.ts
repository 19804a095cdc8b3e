/** Token counts, read without trust: gateways write them as texts, and what is no count must not reach a client. */
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

/** Google's counts have 32 bits; larger ones count no tokens. */
const MOST = 2 ** 31 - 1;
const DIGITS = /^\s*\d{1,10}(?:\.\d{0,20})?\s*$/;

/** The whole number of tokens that `value` tells, or undefined where it tells none. */
export function tokenCount(value: unknown): number | undefined {
  const count = typeof value === 'string' && DIGITS.test(value) ? Number(value) : value;
  return typeof count === 'number' && count >= 0 && count <= MOST ? Math.round(count) : undefined;
}

/** The counts in `usageMetadata`; undefined without any: Vertex sends the object on every event but counts only on the last. */
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
