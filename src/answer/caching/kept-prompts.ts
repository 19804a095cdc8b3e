/**
 * The prompts that Google keeps for this proxy, by the names of the beginnings that they are. Nothing here asks Google.
 * Times are milliseconds, by the monotonic clock.
 */
import type { Kept } from '../../gemini/cached-contents.ts';
import type { Clock } from '../../lib/ports.ts';

export type KeptPrompt = Kept & {
  /** The name of the beginning (`Prefixes`). */
  prefix: string;
  /** The fingerprint of the key that it belongs to. */
  key: string;
  model: string;
  ttlMs: number;
  until: number;
  usedAt: number;
  /** Whose requests have read it: one session, or several. */
  readers: { session: string | undefined; others: boolean };
  /** True where this process has had it kept, and must let it go. */
  isOwn: boolean;
};

/** A request that is under way when a kept prompt expires would be refused. */
const MARGIN_MS = 15_000;

export class KeptPrompts {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #most: { count: number; tokens: number };
  readonly #kept = new Map<string, KeptPrompt>();

  constructor(clock: Pick<Clock, 'monotonic'>, most: { count: number; tokens: number }) {
    this.#clock = clock;
    this.#most = most;
  }

  get(prefix: string): KeptPrompt | undefined {
    const kept = this.#kept.get(prefix);
    if (kept && kept.until - MARGIN_MS <= this.#clock.monotonic()) {
      this.#kept.delete(prefix);
      return undefined;
    }
    return kept;
  }

  /** Adds one. Returns those for which there is no more room: the ones that were used longest ago. */
  add(kept: KeptPrompt): KeptPrompt[] {
    this.#kept.set(kept.prefix, kept);
    const byAge = this.all().toSorted((a, b) => a.usedAt - b.usedAt);
    const dropped: KeptPrompt[] = [];
    for (const oldest of byAge) {
      if (this.#fits() || oldest === kept) break;
      this.#kept.delete(oldest.prefix);
      dropped.push(oldest);
    }
    return dropped;
  }

  delete(prefix: string): void {
    this.#kept.delete(prefix);
  }

  /** Those that have not expired. */
  all(): KeptPrompt[] {
    return [...this.#kept.keys()].flatMap((prefix) => this.get(prefix) ?? []);
  }

  #fits(): boolean {
    const all = [...this.#kept.values()];
    const tokens = all.reduce((sum, one) => sum + one.tokens, 0);
    return all.length <= this.#most.count && tokens <= this.#most.tokens;
  }
}

export function readBy({ readers }: KeptPrompt, session: string | undefined): void {
  if (session === undefined || session !== readers.session) readers.others = true;
}
