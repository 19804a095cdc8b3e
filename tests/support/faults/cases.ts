/**
 * Scenes for a rebuild that must change nothing: every byte, request and time must stay the same. They are the trials
 * of the matrix, pairs of faults, several keys and models, breakers, quotas, and clients that leave or come together.
 */
import { FAULT_ROWS, type FaultName } from '../../../src/sim/faults/table.ts';
import { ONE_FAULT, type Scene, UNARY } from './bench.ts';
import type { Client, Mode } from './client.ts';
import { ODD_REQUEST, REFUSALS, refusing } from './refusals.ts';
import { MODES, trialsOf } from './trials.ts';
import { type FaultTurn, shapes } from './turns.ts';

type Settings = Readonly<Record<string, string>>;

/** Played by a system of its own. */
export type FaultCase = { name: string; settings: Settings; scene: Scene };

const NAMES = FAULT_ROWS.map(([name]) => name);
/** Left out on large answers: each would take as long as a hundred others, and shows the same on small ones. */
const HEAVY: ReadonlySet<FaultName> = new Set(['big-event', 'giant-headers']);
const LIGHT = NAMES.filter((name) => !HEAVY.has(name));

const KEYS = ['key-a-0123456789', 'key-b-0123456789', 'key-c-0123456789'] as const;
const [A, B, C] = KEYS;

type World = { name: string; settings: Settings };
const world = (name: string, keys: readonly string[], settings: Settings = {}): World => ({
  name,
  settings: { BACKEND: 'gemini', API_KEYS: keys.join(','), ...settings },
});
const ONE_MODEL = { MODEL_FALLBACKS: 'none' };
const ONE_KEY = world('one key', [A]);
const ALONE = world('one key, one model', [A], ONE_MODEL);
const THREE_KEYS = world('three keys', KEYS);
const KEYS_ALONE = world('three keys, one model', KEYS, ONE_MODEL);
const HURRIED = world('a short deadline', KEYS, {
  REQUEST_TIMEOUT: '20',
  HEAD_TIMEOUT: '5',
  STREAM_IDLE_TIMEOUT: '8',
});
const WORLDS = [
  ONE_KEY,
  ALONE,
  THREE_KEYS,
  HURRIED,
  world('no retries', [A], { ...ONE_MODEL, MAX_RETRIES: '0', MAX_STREAMING_RETRIES: '0' }),
  world('unary upstream', [A], { ...ONE_MODEL, ...UNARY }),
];
const RATED = [{ KEY_RPM: '1' }, { KEY_RPM: '2' }, { KEY_TPM: '100' }].flatMap((rates) => {
  const told = Object.entries(rates).join().replace(',', '=');
  return [world(`one key of ${told}`, [A], rates), world(`three keys of ${told}`, KEYS, rates)];
});

const shapeNamed = (name: string): FaultTurn => {
  const found = shapes().find((shape) => shape.name === name);
  if (!found) throw new Error(`no shape is named "${name}"`);
  return found;
};
const TEXT = shapeNamed('text');
const FEW = [TEXT, shapeNamed('thinking and parallel calls'), shapeNamed('text, then a call')];

const ODD: FaultTurn = { ...TEXT, name: 'an odd request', request: { ...TEXT.request, ...ODD_REQUEST } };

const COUNT: FaultTurn = {
  name: 'a count of tokens',
  path: '/v1/messages/count_tokens',
  request: { model: 'claude-opus-5-5', messages: [{ role: 'user', content: 'Go on.' }] },
  headers: {},
  reply: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: new TextEncoder().encode('{"totalTokens": 7}'),
    end: 'eof',
  },
  streamed: false,
};

type More = {
  turn?: FaultTurn;
  mode?: Mode | undefined;
  clients?: readonly Client[];
  google?: Scene['google'];
};

function caseOf(
  what: string,
  { name, settings }: World,
  faults: Scene['faults'],
  { turn = TEXT, mode = 'stream', clients = [{ mode }], google }: More = {},
): FaultCase {
  const rules = typeof faults === 'string' ? faults : JSON.stringify(faults);
  return {
    name: `${what}, ${name}: ${rules || 'no fault'} on ${turn.name}, ${mode}`,
    settings,
    scene: { turn, faults, clients, ...(google ? { google } : {}) },
  };
}

function* matrix(): Generator<FaultCase> {
  for (const { key, rule, turn, mode } of trialsOf(NAMES)) {
    const settings = turn.streamed ? ONE_FAULT : { ...ONE_FAULT, ...UNARY };
    yield caseOf(`matrix ${key}`, { name: 'one retry', settings }, rule, { turn, mode });
  }
}

function* pairs(): Generator<FaultCase> {
  for (const outer of LIGHT) for (const inner of LIGHT) yield caseOf('pair', ALONE, `${outer}@1,${inner}`);
}

/** The fault strikes once, twice, several times, always. */
function* worlds(): Generator<FaultCase> {
  for (const each of WORLDS)
    for (const name of LIGHT)
      for (const which of ['1', '1-2', '1-5', '*'])
        for (const turn of FEW)
          for (const mode of MODES) yield caseOf('world', each, `${name}@${which}`, { turn, mode });
}

/** One fault for some keys, another for the others. */
function* keys(): Generator<FaultCase> {
  const share = (faults: Readonly<Record<string, string>>, mode: Mode) =>
    caseOf('by key', THREE_KEYS, faults, { mode });
  for (const name of LIGHT)
    for (const mode of MODES) {
      yield share({ [A]: name, [B]: '', [C]: '' }, mode);
      yield share({ [A]: name, [B]: name, [C]: '' }, mode);
      yield share({ [A]: `${name}@1`, [B]: `${name}@1`, [C]: `${name}@1` }, mode);
    }
  const ways = LIGHT.filter((name) => /^http-|quota|bad-key|refused|empty|stall$/.test(name));
  for (const one of ways)
    for (const two of ways)
      for (const mode of MODES) yield share({ [A]: one, [B]: two, [C]: `${two}@1-2,${one}@3` }, mode);
}

/** One model fails, or all models of a group, or all models. */
function* models(): Generator<FaultCase> {
  for (const name of LIGHT)
    for (const model of ['gemini-4-argon', 'gemini-4-*', '*'])
      for (const each of [ONE_KEY, THREE_KEYS])
        for (const mode of MODES) yield caseOf('models', each, `${name}@*: model=${model}`, { mode });
}

/** Several sessions, one after the other. */
const row = (count: number, apart: number, mode?: Mode): Client[] =>
  Array.from({ length: count }, (_, index) => ({
    mode: mode ?? (index % 3 === 2 ? 'whole' : 'stream'),
    startsAt: 1 + index * apart,
    session: `session ${index % 4}`,
  }));

const WAITS = [
  'retry-after=2s',
  'retry-after=50s',
  'retry-info=20s',
  'retry-info=10m',
  'retry-after=2s retry-info=3s',
];

/** Waits that Google asks for, keys that wait for their minute, and more requests than the quota allows. */
function* quotas(): Generator<FaultCase> {
  for (const code of [429, 503, 500])
    for (const wait of WAITS)
      for (const which of ['1', '1-3', '1-6', '*'])
        for (const each of [ONE_KEY, THREE_KEYS, KEYS_ALONE])
          for (const mode of MODES) yield caseOf('wait', each, `http-${code}@${which} ${wait}`, { mode });
  for (const each of RATED)
    for (const faults of ['', 'http-503@2', 'http-429@2 retry-info=5s', 'daily-quota@3'])
      yield caseOf('rates', each, faults, { clients: row(8, 700) });
}

/** Until breakers open and budgets end, and until both have recovered. */
function* rows(): Generator<FaultCase> {
  const paces = [
    [3, '1-40'],
    [900, '1-12'],
    [11_000, '1-20'],
    [400, '*'],
  ] as const;
  for (const name of LIGHT)
    for (const [apart, which] of paces)
      for (const each of [ONE_KEY, THREE_KEYS, ALONE])
        yield caseOf(`a client each ${apart} ms`, each, `${name}@${which}`, { clients: row(16, apart) });
}

function* leavers(): Generator<FaultCase> {
  for (const name of LIGHT)
    for (const leavesAfter of [0, 700, 2_500, 30_000, 130_000])
      for (const mode of MODES)
        yield caseOf(`leaves after ${leavesAfter} ms`, THREE_KEYS, `${name}@*`, {
          mode,
          clients: [{ mode, leavesAfter }],
        });
}

function* counts(): Generator<FaultCase> {
  for (const name of LIGHT)
    for (const which of ['1', '1-3', '*'])
      for (const each of [ONE_KEY, THREE_KEYS, HURRIED])
        yield caseOf('count', each, `${name}@${which}: caller=*`, { turn: COUNT });
}

function* refusals(): Generator<FaultCase> {
  const some = [row(1, 0, 'stream'), row(1, 0, 'whole'), row(5, 2_000)];
  for (const [what, judge] of Object.entries(REFUSALS))
    for (const faults of ['', 'http-503@1', 'http-503@2', 'cut@2', 'http-429@2 retry-info=5s', 'http-500@*'])
      for (const each of [ONE_KEY, THREE_KEYS])
        for (const clients of some)
          yield caseOf(`${what} is refused ${clients.length} times`, each, faults, {
            turn: ODD,
            mode: clients[0]?.mode,
            clients,
            google: refusing(judge),
          });
}

export const CASE_GROUPS = {
  matrix,
  pairs,
  worlds,
  keys,
  models,
  quotas,
  rows,
  leavers,
  counts,
  refusals,
};

export type GroupName = keyof typeof CASE_GROUPS;
