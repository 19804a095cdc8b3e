/**
 * Adds up the token counts of an answer that came over several requests. Google counts each request from its beginning,
 * and each reads the prompt again, which is paid for again.
 */
import type { UsageMetadata } from '../../gemini/wire.ts';

const SUMMED = [
  'promptTokenCount',
  'cachedContentTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'toolUsePromptTokenCount',
] as const satisfies readonly (keyof UsageMetadata)[];

export class UsageSum {
  /** The sum over all requests before the present one; undefined during the first request. */
  #before: UsageMetadata | undefined;
  #latest: UsageMetadata | undefined;

  /**
   * The counts of the whole answer, from the counts of the present request. `totalTokenCount` stays that of the present
   * request: it says how full the window is.
   */
  add(usage: UsageMetadata): UsageMetadata {
    this.#latest = this.#before ? sumOf(this.#before, usage) : usage;
    return this.#latest;
  }

  /** To be called when another request begins. */
  nextRequest(): void {
    this.#before = this.#latest;
  }
}

function sumOf(before: UsageMetadata, usage: UsageMetadata): UsageMetadata {
  const sum: UsageMetadata = { ...before, ...usage };
  for (const key of SUMMED) {
    const counts = [before[key], usage[key]].filter((count) => count !== undefined);
    if (counts.length > 0) sum[key] = counts.reduce((total, count) => total + count, 0);
  }
  return sum;
}
