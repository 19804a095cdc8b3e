/** Runs the trials of the matrix and judges what came of them. */
import type { FaultName } from '../../../src/sim/faults/table.ts';
import { type Bench, ONE_FAULT, openBench, type Told, UNARY } from './bench.ts';
import type { Mode } from './client.ts';
import { judge, type Result } from './judge.ts';
import { type Trial, trialsOf } from './trials.ts';
import type { FaultTurn } from './turns.ts';

export type Report = {
  /** By the fault's name, with its setting if it has one. */
  problems: Record<string, string[]>;
  counts: Partial<Record<Result, number>>;
  runs: number;
};

class Matrix {
  readonly report: Report = { problems: {}, counts: {}, runs: 0 };
  readonly #benches: { streamed: Bench; unary: Bench };
  /** The result of each turn without a fault. */
  readonly #healthy = new Map<string, Told>();

  constructor(benches: { streamed: Bench; unary: Bench }) {
    this.#benches = benches;
  }

  async try({ key, rule, turn, mode, effect }: Trial): Promise<void> {
    const told = await this.#benchFor(turn).run(turn, rule, mode);
    const healthy = await this.#unbroken(turn, mode);
    const { result, problems } = judge({ turn, mode, effect, told, healthy });
    this.report.runs++;
    this.report.counts[result] = (this.report.counts[result] ?? 0) + 1;
    this.report.problems[key] ??= [];
    this.report.problems[key].push(
      ...problems.map((problem) => `${rule} on ${turn.name}, ${mode}: ${problem}`),
    );
  }

  #benchFor({ streamed }: FaultTurn): Bench {
    return streamed ? this.#benches.streamed : this.#benches.unary;
  }

  async #unbroken(turn: FaultTurn, mode: Mode): Promise<Told> {
    const key = `${turn.name}, ${mode}`;
    const told = this.#healthy.get(key) ?? (await this.#benchFor(turn).run(turn, '', mode));
    this.#healthy.set(key, told);
    return told;
  }
}

export async function runMatrix(names: readonly FaultName[]): Promise<Report> {
  using streamed = await openBench();
  using unary = await openBench({ ...ONE_FAULT, ...UNARY });
  const matrix = new Matrix({ streamed, unary });
  for (const trial of trialsOf(names)) await matrix.try(trial);
  return matrix.report;
}
