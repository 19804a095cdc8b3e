/**
 * Remembers verdicts on calls, so that the same call in the same surroundings costs one request. Only what the model
 * plainly said is kept: after a doubt or a failure it is asked again.
 */
import { shortHash } from '../../lib/hash.ts';
import { RecentMap } from '../../lib/recent-map.ts';
import type { CallVerdict } from '../../translate/safeguards/verdicts.ts';

const MOST = 2_000;
/** The characters of a whole SHA-256. */
const WHOLE_HASH = 43;

export class VerdictMemory {
  readonly #verdicts = new RecentMap<string, CallVerdict>(MOST);

  /**
   * The key depends on all that the verdict depends on: the model, and its whole question with rules, words and call. It
   * is cryptographic, because calls may be forged.
   */
  keyOf(model: string, question: unknown): string {
    return shortHash(JSON.stringify([model, question]), WHOLE_HASH);
  }

  get(key: string): CallVerdict | undefined {
    return this.#verdicts.get(key);
  }

  keep(key: string, verdict: CallVerdict): void {
    if (verdict.kind === 'flagged' || verdict.kind === 'not-flagged') this.#verdicts.set(key, verdict);
  }
}
