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
  #present: UsageMetadata | undefined;
  readonly #others: UsageMetadata[] = [];

  /**
   * The counts of the whole answer, from the counts of the present request. `totalTokenCount` stays that of the present
   * request: it says how full the window is.
   */
  add(usage: UsageMetadata): UsageMetadata {
    this.#present = usage;
    return this.#before ? sumOf(this.#before, usage) : usage;
  }

  /**
   * Adds a request that was made for the answer meanwhile. How full its window was says nothing of this one. Returns the
   * counts of the whole answer.
   */
  aside({ totalTokenCount: _, ...counts }: UsageMetadata): UsageMetadata {
    this.#close(counts);
    return sumOf(this.#before ?? {}, this.#present ?? {});
  }

  /** To be called when another request begins. */
  nextRequest(): void {
    if (this.#present) this.#close(this.#present);
    this.#present = undefined;
  }

  /** The counts of each request. The present one is the last: its prompt is the conversation as it is now. */
  get requests(): readonly UsageMetadata[] {
    return [...this.#others, ...(this.#present ? [this.#present] : [])];
  }

  #close(usage: UsageMetadata): void {
    this.#others.push(usage);
    this.#before = this.#before ? sumOf(this.#before, usage) : usage;
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
