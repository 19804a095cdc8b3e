/**
 * Reads token counts, and checks them: gateways write them as texts, and impossible numbers must not reach a client.
 */
import { isObject } from '../lib/json.ts';
import type { UsageMetadata } from './wire.ts';

const COUNTS = [
  'promptTokenCount',
  'cachedContentTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'toolUsePromptTokenCount',
  'totalTokenCount',
] as const satisfies readonly Exclude<keyof UsageMetadata, 'serviceTier'>[];

/** The largest token count: Google's counts have 32 bits. */
const MOST = 2 ** 31 - 1;
const DIGITS = /^\s*\d{1,10}(?:\.\d{0,20})?\s*$/;

/** `value` as a whole number of tokens; undefined for any other value. */
export function tokenCount(value: unknown): number | undefined {
  const count = typeof value === 'string' && DIGITS.test(value) ? Number(value) : value;
  return typeof count === 'number' && count >= 0 && count <= MOST ? Math.round(count) : undefined;
}

/**
 * The counts in `usageMetadata`; undefined where it has no counts. (Vertex sends the object with every event, but puts
 * counts only into the last one.)
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
  if (!any) return undefined;
  const { serviceTier } = usageMetadata;
  return typeof serviceTier === 'string' ? { ...counts, serviceTier } : counts;
}
