/** Reads and checks the acts of a scenario file: what a rule or a state does. */
import { hintAt } from '../../lib/edit-distance.ts';
import { FaultError, type FaultRule } from '../faults/index.ts';
import { ACT_KEYS } from './act-schema.ts';
import { list } from './conditions.ts';
import { isErrorName, parseScenarioError, parseScenarioFaults, SCENARIO_ERRORS } from './faults.ts';
import type { Path, Tell } from './problems.ts';
import type { ActData, ActOrChance } from './schema.ts';
import { toBlock, toSpeech } from './speech.ts';
import type { Act, PlainAct, ScenarioCall } from './types.ts';

/** Stands for an act that cannot be read. */
const NOTHING: PlainAct = { kind: 'spoil', faults: [] };

/** What makes an answer, as opposed to what comes with one. */
const SAYING = ['text', 'calls', 'parts', 'finish', 'candidates'] as const;

/** Reads an act. Tells where there is nothing to do, and where parts exclude each other. */
export function toAct({ one_of: ways, ...data }: ActOrChance, at: Path, tell: Tell): Act {
  if (ways === undefined) return toPlainAct(data, at, tell);
  for (const beside of keysOf(data))
    tell([...at, beside], 'stands beside one_of; say it in the alternatives');
  if (ways.every(({ weight }) => weight === 0))
    tell([...at, 'one_of'], 'one alternative needs a weight above 0');
  return {
    kind: 'chance',
    ways: ways.map(({ weight = 1, ...way }, index) => ({
      weight,
      act: toPlainAct(way, [...at, 'one_of', index], tell),
    })),
  };
}

/** The calls of an act, by chance or not. */
export function callsOf(act: Act): readonly ScenarioCall[] {
  if (act.kind === 'chance') return act.ways.flatMap(({ act: way }) => callsOf(way));
  if (act.kind !== 'say') return [];
  return act.speech.parts.flatMap((part) => (part.kind === 'call' ? [part.call] : []));
}

const keysOf = (data: ActData): (keyof ActData)[] => ACT_KEYS.filter((key) => data[key] !== undefined);

/** What stands alone, and what may stand beside it. */
const ALONE: readonly (readonly [key: keyof ActData, beside: readonly (keyof ActData)[]])[] = [
  ['errand', []],
  ['error', []],
  ['block', ['safety', 'usage', 'fault']],
];

function toPlainAct(data: ActData, at: Path, tell: Tell): PlainAct {
  const keys = keysOf(data);
  for (const [key, allowed] of ALONE) {
    const other = keys.find((one) => one !== key && !allowed.includes(one));
    if (keys.includes(key) && other) tell([...at, key], `stands alone; no ${other} beside it`);
  }
  if (data.errand) return { kind: 'errand' };
  if (data.error !== undefined) return toRefusal(data.error, [...at, 'error'], tell);
  const faults = toFaults(data.fault, [...at, 'fault'], tell);
  if (data.block !== undefined) return { kind: 'block', block: toBlock(data, at, tell), faults };
  if (SAYING.some((key) => data[key] !== undefined))
    return { kind: 'say', speech: toSpeech(data, at, tell), faults };
  const [first] = keys.filter((key) => key !== 'fault');
  if (first) tell([...at, first], `comes with an answer; it needs one of ${SAYING.join(', ')}`);
  else if (data.fault === undefined) tell(at, 'needs text, calls, parts, finish, block, error or fault');
  return { kind: 'spoil', faults };
}

function toRefusal(error: NonNullable<ActData['error']>, at: Path, tell: Tell): PlainAct {
  const { name, retry_after: wait } =
    typeof error === 'string' ? { name: error, retry_after: undefined } : error;
  const [word = ''] = name.split(/[\s:]/);
  if (!isErrorName(word)) {
    tell(at, `no error is called ${word}${hintAt(word, SCENARIO_ERRORS)}`);
    return NOTHING;
  }
  return guarded(at, tell, NOTHING, () => ({
    kind: 'refuse',
    refusal: parseScenarioError(wait === undefined ? name : `${name} retry-info=${wait}s`),
  }));
}

const toFaults = (fault: ActData['fault'], at: Path, tell: Tell): readonly FaultRule[] =>
  fault === undefined ? [] : guarded(at, tell, [], () => parseScenarioFaults(list(fault)));

/** What `read` returns. Tells why where it throws a FaultError, and returns `otherwise`. */
function guarded<T>(at: Path, tell: Tell, otherwise: T, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    tell(at, error.message);
    return otherwise;
  }
}
