/**
 * Every fault as it is by default on all turns of `fixtures/turns`, and in all its settings on a few turns of the usual
 * shapes; each streamed and whole.
 */
import type { Outcome } from '../../src/sim/faults/fault.ts';
import { FAULTS, type FaultName } from '../../src/sim/faults/table.ts';
import { type Bench, type Mode, openBench, type Told } from './fault-bench.ts';
import { judge, type Result } from './fault-judge.ts';
import { SETTINGS } from './fault-settings.ts';
import { type FaultTurn, fixtureTurns, shapes } from './fault-turns.ts';

export const MODES: readonly Mode[] = ['stream', 'whole'];

export type Report = {
  /** By the fault's name, with its setting if it has one. */
  problems: Record<string, string[]>;
  counts: Partial<Record<Result, number>>;
  runs: number;
};

/** Ten megabytes come in the other settings; on every turn they would take most of the time of all. */
const ON_FIXTURES: ReadonlyMap<FaultName, string> = new Map([['big-event', 'size=100kB']]);

/** Turns whose own oddity a fault takes away or makes worse, and what must come of the two together. */
const TOGETHER: Readonly<Record<string, Outcome>> = {
  // What is left ends with a finishReason of its own: nobody can know that another one was to follow.
  'cut on end-two-reasons': { kind: 'as-sent' },
  'cut on silence-in-code-execution': { kind: 'as-sent' },
  'reset on end-two-reasons': { kind: 'as-sent' },
  'stall-after-text on end-two-reasons': { kind: 'as-sent' },
  // What is to come after the next event does not come where there is none.
  'reorder on silence-after-finish': { kind: 'error', error: 'timeout', retried: true },
};

/** What happens before the body is the same on every turn. */
const FEW_SHAPES = 2;

type Trial = { name: FaultName; setting: string; outcome: Outcome; requests: readonly string[] };

/** The first try, and every try; where nothing is tried again the two are the same. */
const requestsOf = (outcome: Outcome): readonly string[] =>
  (outcome.kind === 'error' && outcome.retried) || outcome.kind === 'for-the-client' ? ['1', '*'] : ['1'];

const shapesFor = (name: FaultName): readonly FaultTurn[] => {
  const { family } = FAULTS[name];
  return family === 'connection' || family === 'head' ? shapes().slice(0, FEW_SHAPES) : shapes();
};

/** Faults after which another place in the answer is that of `max_tokens`. */
const MOVES_LIMIT: ReadonlySet<FaultName> = new Set([
  'duplicate',
  'invalid-utf8',
  'late',
  'no-usage',
  'reorder',
]);
const isCutAtLimit = ({ name }: FaultTurn): boolean => name.startsWith('end-at-max-tokens');

/** A result that comes last, and then silence: the model was to go on, and no answer of the turn's own is like it. */
const BEYOND_JUDGING: ReadonlySet<string> = new Set(['reorder on silence-in-code-execution']);

/** What strikes the body of an answer leaves a refusal alone. */
const concerns = (name: FaultName, turn: FaultTurn): boolean =>
  (turn.reply.status === 200 || FAULTS[name].family !== 'stream') &&
  !(MOVES_LIMIT.has(name) && isCutAtLimit(turn)) &&
  !BEYOND_JUDGING.has(`${name} on ${turn.name}`);

class Matrix {
  readonly report: Report = { problems: {}, counts: {}, runs: 0 };
  readonly #benches: { streamed: Bench; unary: Bench };
  /** What each turn comes to without a fault. */
  readonly #healthy = new Map<string, Told>();

  constructor(benches: { streamed: Bench; unary: Bench }) {
    this.#benches = benches;
  }

  async tryAll(key: string, trial: Trial, turns: readonly FaultTurn[]): Promise<void> {
    const problems: string[] = [];
    this.report.problems[key] = problems;
    for (const turn of turns.filter((each) => concerns(trial.name, each)))
      for (const mode of MODES)
        for (const which of trial.requests) problems.push(...(await this.#try(trial, which, turn, mode)));
  }

  async #try({ name, setting, outcome }: Trial, which: string, turn: FaultTurn, mode: Mode) {
    const rule = `${name}@${which} ${setting}`.trim();
    const at = {
      turn,
      mode,
      outcome: TOGETHER[`${name} on ${turn.name}`] ?? outcome,
      told: await this.#benchFor(turn).run(turn, rule, mode),
      healthy: await this.#unbroken(turn, mode),
    };
    const { result, problems } = judge(at);
    this.report.runs++;
    this.report.counts[result] = (this.report.counts[result] ?? 0) + 1;
    return problems.map((problem) => `${rule} on ${turn.name}, ${mode}: ${problem}`);
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
  using unary = await openBench({ streaming: false });
  const matrix = new Matrix({ streamed, unary });
  const fixtures = fixtureTurns();
  for (const name of names) {
    const { outcome } = FAULTS[name];
    const setting = ON_FIXTURES.get(name) ?? '';
    await matrix.tryAll(name, { name, setting, outcome, requests: ['1'] }, fixtures);
  }
  for (const [name, setting, outcome = FAULTS[name].outcome] of SETTINGS) {
    if (!names.includes(name)) continue;
    const trial = { name, setting, outcome, requests: requestsOf(outcome) };
    await matrix.tryAll(`${name}:${setting}`, trial, shapesFor(name));
  }
  return matrix.report;
}
