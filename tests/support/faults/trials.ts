/**
 * The trials of the matrix: every fault in its default form on all turns of `fixtures/turns`, and in all its settings
 * on a few turns of the usual shapes; each both streamed and whole.
 */
import type { Effect } from '../../../src/sim/faults/fault.ts';
import { FAULTS, type FaultName } from '../../../src/sim/faults/table.ts';
import type { Mode } from './client.ts';
import { SETTINGS } from './settings.ts';
import { type FaultTurn, fixtureTurns, shapes } from './turns.ts';

export const MODES: readonly Mode[] = ['stream', 'whole'];

export type Trial = {
  /** The fault's name, with its setting if it has one. */
  key: string;
  /** As `parseFaults` reads it. */
  rule: string;
  turn: FaultTurn;
  mode: Mode;
  effect: Effect;
};

/** Ten megabytes come in the other settings; on every turn they would take most of the whole time. */
const ON_FIXTURES: ReadonlyMap<FaultName, string> = new Map([['big-event', 'size=100kB']]);

/** Turns with an oddity of their own that a fault removes or makes worse, and what must come of both together. */
const TOGETHER: Readonly<Record<string, Effect>> = {
  // What is left ends with a finishReason of its own: nobody can know that another was to follow.
  'cut on end-two-reasons': { kind: 'as-sent' },
  'cut on silence-in-code-execution': { kind: 'as-sent' },
  'reset on end-two-reasons': { kind: 'as-sent' },
  'stall-after-text on end-two-reasons': { kind: 'as-sent' },
  // What should come after the next event does not come where there is no next event.
  'reorder on silence-after-finish': { kind: 'error', error: 'timeout', retried: true },
};

/** What happens before the body is the same on every turn. */
const FEW_SHAPES = 2;

/** Strikes at the first attempt, and at every attempt. Where nothing is tried again the two are the same. */
const requestsOf = (effect: Effect): readonly string[] =>
  (effect.kind === 'error' && effect.retried) || effect.kind === 'for-the-client' ? ['1', '*'] : ['1'];

const shapesFor = (name: FaultName): readonly FaultTurn[] => {
  const { family } = FAULTS[name];
  return family === 'connection' || family === 'head' ? shapes().slice(0, FEW_SHAPES) : shapes();
};

/** After these faults the place of `max_tokens` in the answer is another one. */
const MOVES_LIMIT: ReadonlySet<FaultName> = new Set([
  'duplicate',
  'invalid-utf8',
  'late',
  'no-usage',
  'reorder',
]);
const isCutAtLimit = ({ name }: FaultTurn): boolean => /^(?:end-at|long-(?:at|past))-max-tokens/.test(name);

const BEYOND_JUDGING: ReadonlySet<string> = new Set([
  // A result comes last, and then silence: the model was to go on, and the turn itself has no answer like that.
  'reorder on silence-in-code-execution',
  // Without a summary there is no pause, and the turn itself has one.
  'thoughts-only on context-compacted-pause',
]);

/** What strikes the body of an answer leaves a refusal alone. */
const concerns = (name: FaultName, turn: FaultTurn): boolean =>
  (turn.reply.status === 200 || FAULTS[name].family !== 'stream') &&
  !(MOVES_LIMIT.has(name) && isCutAtLimit(turn)) &&
  !BEYOND_JUDGING.has(`${name} on ${turn.name}`);

type Plan = { key: string; name: FaultName; setting: string; effect: Effect; requests: readonly string[] };

export function* trialsOf(names: readonly FaultName[]): Generator<Trial> {
  const fixtures = fixtureTurns();
  for (const name of names) {
    const setting = ON_FIXTURES.get(name) ?? '';
    yield* trialsOn(fixtures, { key: name, name, setting, effect: FAULTS[name].effect, requests: ['1'] });
  }
  for (const [name, setting, effect = FAULTS[name].effect] of SETTINGS) {
    if (!names.includes(name)) continue;
    const plan = { key: `${name}:${setting}`, name, setting, effect, requests: requestsOf(effect) };
    yield* trialsOn(shapesFor(name), plan);
  }
}

function* trialsOn(turns: readonly FaultTurn[], plan: Plan): Generator<Trial> {
  const { key, name, setting, requests } = plan;
  for (const turn of turns.filter((each) => concerns(name, each)))
    for (const mode of MODES)
      for (const which of requests) {
        const rule = `${name}@${which} ${setting}`.trim();
        yield { key, rule, turn, mode, effect: TOGETHER[`${name} on ${turn.name}`] ?? plan.effect };
      }
}
