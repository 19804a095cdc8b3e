/**
 * Tells at the end which faults and which rules of the user's own scenarios never struck: a misspelt condition shows by
 * nothing else.
 */
import type { FaultRule } from '../sim/faults/index.ts';
import type { Ports } from './settings.ts';

/** The most rules that are named: a folder may hold hundreds, of which a short test plays one. */
const MOST_NAMED = 20;

export class Unstruck {
  readonly #faults: readonly FaultRule[];
  readonly #ports: Pick<Ports, 'logger' | 'worker'>;
  readonly #struck = new Set<FaultRule>();
  readonly #played = new Set<string>();
  /** Says what was never played, where the mock was asked. */
  #scenarios: ((played: ReadonlySet<string>) => readonly string[]) | undefined;

  constructor(faults: readonly FaultRule[], ports: Pick<Ports, 'logger' | 'worker'>) {
    this.#faults = faults;
    this.#ports = ports;
  }

  readonly onStrike = (rule: FaultRule): void => void this.#struck.add(rule);
  readonly onPlayed = (source: string): void => void this.#played.add(source);

  watch(scenarios: (played: ReadonlySet<string>) => readonly string[]): void {
    this.#scenarios = scenarios;
  }

  close(): void {
    // Of several processes none knows what the others were asked.
    if (this.#ports.worker !== undefined) return;
    const { logger } = this.#ports;
    const faults = this.#faults.filter((rule) => !this.#struck.has(rule)).map(({ text }) => text);
    if (faults.length > 0) logger.info({ faults }, `faults that never struck: ${faults.join(', ')}`);
    const rules = this.#scenarios?.(this.#played) ?? [];
    if (rules.length === 0) return;
    const named = rules.slice(0, MOST_NAMED);
    const more = rules.length > named.length ? `, and ${rules.length - named.length} more` : '';
    logger.info({ rules: named }, `rules and states that never answered: ${named.join(', ')}${more}`);
  }
}
