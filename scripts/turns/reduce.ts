/** Makes a recorded request smaller step by step, as long as a run over what upstream said has the same outcome. */
import type { RecordedRequest } from '../../src/sim/cassette/types.ts';
import { runTurn, type TurnRun } from '../../tests/support/turns/run.ts';
import { knownStore } from '../../tests/support/turns/signatures.ts';

/** A request, and what today's code makes of it. */
export type Run = { recorded: RecordedRequest; run: TurnRun };

export class Reduction {
  /** The last one that was accepted. */
  best: Run;
  readonly #first: TurnRun;
  readonly #outcomeOf: (run: TurnRun) => string;
  readonly #outcome: string;
  #runsLeft: number;

  constructor(first: Run, outcomeOf: (run: TurnRun) => string, maxRuns: number) {
    this.best = first;
    this.#first = first.run;
    this.#outcomeOf = outcomeOf;
    this.#outcome = outcomeOf(first.run);
    this.#runsLeft = maxRuns;
  }

  /** Runs `candidate`. Returns false where its outcome is another one, or where no run is left. */
  async accepts(candidate: RecordedRequest): Promise<boolean> {
    if (this.#runsLeft === 0) return false;
    this.#runsLeft--;
    const run = await runTurn(candidate, knownStore(this.#first.found));
    if (this.#outcomeOf(run) !== this.#outcome) return false;
    this.best = { recorded: candidate, run };
    return true;
  }
}

/** Keeps each piece that may go out, and repeats until a round changes nothing. */
export async function reduce<Whole>(
  whole: Whole,
  candidatesOf: (whole: Whole) => Iterable<(whole: Whole) => Whole | undefined>,
  accepts: (candidate: Whole) => Promise<boolean>,
): Promise<Whole> {
  let best = whole;
  for (let changed = true; changed; ) {
    changed = false;
    for (const change of candidatesOf(best)) {
      const candidate = change(best);
      if (candidate === undefined || !(await accepts(candidate))) continue;
      best = candidate;
      changed = true;
    }
  }
  return best;
}
