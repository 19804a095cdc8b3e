/** The pool and its routes compared with a simple model. Turns and texts: pool.test.ts */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { UpstreamError } from '../../src/gemini/errors.ts';
import type { KeyRoute } from '../../src/keys/keys.ts';
import { KeyPool } from '../../src/keys/pool.ts';
import type { RateLimits } from '../../src/keys/rate-window.ts';
import { createSeededRandom } from '../../src/lib/ports.ts';
import type { Backend } from '../../src/upstream/backend.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { keyNamed } from '../support/pools/keys.ts';
import {
  ERRORS,
  givenUp,
  givesUp,
  type KeyModel,
  MODELS,
  NAMES,
  type Name,
  PoolModel,
  RATES,
  type RouteModel,
  type Told,
} from '../support/pools/pool-model.ts';
import { patience, quiet } from '../support/pools/pools.ts';

type Model = { pool: PoolModel; routes: RouteModel[] };
type Real = { pool: KeyPool; routes: KeyRoute[]; clock: ManualClock; keys: Record<Name, Backend> };
type Command = fc.AsyncCommand<Model, Real>;

function open(rates: RateLimits): { model: Model; real: Real } {
  const clock = new ManualClock();
  const keys = { a: keyNamed('a'), b: keyNamed('b'), c: keyNamed('c') };
  const random = createSeededRandom(1);
  const pool = new KeyPool({ backends: [keys.a, keys.b, keys.c], clock, random, rates });
  return {
    model: { pool: new PoolModel(clock, rates), routes: [] },
    real: { pool, routes: [], clock, keys },
  };
}

/** Keys are chosen by exactly what is told about them. */
function compare({ pool: model }: Model, { pool }: Real): void {
  const told = pool
    .states()
    .flatMap(({ fingerprint, state, models }) => [
      `${fingerprint} ${state}`,
      ...models.map((row) => `${fingerprint} ${row.model} ${row.state} ${row.until}`),
    ]);
  expect(told.sort()).toEqual(model.told().sort());
  for (const id of MODELS) {
    expect([id, pool.usable(id)]).toEqual([id, model.usable(id)]);
    expect([id, pool.modelStates().get(id)]).toEqual([id, model.best(id)]);
  }
}

const command = (name: string, run: (model: Model, real: Real) => void | Promise<void>): Command => ({
  check: () => true,
  async run(model, real) {
    await run(model, real);
    compare(model, real);
  },
  toString: () => name,
});

/** `name` is an allowed choice; notes what follows for the session. */
function chosen(
  { pool }: Model,
  name: Name,
  id: string,
  session: string | undefined,
  tokens: number,
  avoided: readonly Name[] = [],
): KeyModel {
  const open = pool.free(id, tokens).map((key) => key.name);
  const fresh = open.filter((key) => !avoided.includes(key));
  const free = fresh.length > 0 ? fresh : open;
  if (free.length === 0) expect(pool.soonest(id, tokens).keys.map((key) => key.name)).toContain(name);
  else expect(free).toContain(name);
  if (free.length > 0 && session !== undefined) {
    const home = pool.homes.get(id + session);
    if (home !== undefined && free.includes(home)) expect(name).toBe(home);
    pool.homes.set(id + session, name);
  }
  const key = pool.named(name);
  if (!key) throw new Error(`${name} is not in the pool`);
  return key;
}

const choose = (id: string, session: string | undefined, tokens: number): Command =>
  command(`choose(${id}, ${session}, ${tokens})`, (model, real) => {
    const { until } = model.pool.soonest(id, tokens);
    const choice = real.pool.choose({ model: id, session, tokens, asker: '' });
    chosen(model, choice.record.backend.keyFingerprint as Name, id, session, tokens);
    expect(choice.hindrance.until).toBe(until);
  });

const route = (id: string, session: string | undefined): Command =>
  command(`route(${id}, ${session})`, (model, real) => {
    const opened = real.pool.route(id, session);
    const key = chosen(model, opened.backend().keyFingerprint as Name, id, session, 0);
    real.routes.push(opened);
    model.routes.push({
      key,
      model: id,
      session,
      pass: undefined,
      hopeless: new Set(),
      failures: new Map(),
      wentElsewhere: false,
      sentAt: model.pool.now,
    });
  });

async function getReady(model: Model, real: Real, which: number, size: number): Promise<void> {
  const [mine, its] = [model.routes.at(-1 - which), real.routes.at(-1 - which)];
  if (!mine || !its) return;
  // Without a limit for tokens they are not even counted.
  const tokens = model.pool.rates.tokens === undefined ? 0 : size;
  if (mine.pass) model.pool.breaker(mine.key, mine.model).abandon(mine.pass);
  mine.pass = undefined;
  const free = model.pool.free(mine.model, tokens);
  const { until } = model.pool.soonest(mine.model, tokens);
  const refused = await its
    .ready(patience(0, { tokens: () => size }), quiet)
    .catch((error: unknown) => error);
  if (free.length === 0) {
    expect(refused).toBeInstanceOf(UpstreamError);
    expect(refused).toMatchObject({
      kind: 'not-sent',
      retryAfter: Math.max(1, Math.ceil((until - model.pool.now) / 1000)),
    });
    return;
  }
  expect(refused).toBeUndefined();
  const name = its.backend().keyFingerprint as Name;
  const fresh = free.filter((key) => !givenUp(mine).includes(key.name));
  const preferred = fresh.length > 0 ? fresh : free;
  if (preferred.includes(mine.key)) expect(name).toBe(mine.key.name);
  expect(preferred.map((key) => key.name)).toContain(name);
  if (mine.session !== undefined) model.pool.homes.set(mine.model + mine.session, name);
  mine.key = model.pool.named(name) ?? mine.key;
  mine.sentAt = model.pool.now;
  mine.pass = model.pool.send(mine.key, mine.model, tokens);
  expect(mine.pass).toBeDefined();
}

/** Once, to a key that is free; the session moves to it when it is asked. */
function goElsewhere({ pool }: Model, mine: RouteModel, its: KeyRoute, again: string): void {
  const isFree = (key: KeyModel) =>
    key.name !== mine.key.name &&
    !givenUp(mine).includes(key.name) &&
    pool.freeAt(key, mine.model, 0) <= pool.now;
  const others = mine.wentElsewhere ? [] : pool.allowed(mine.model).filter(isFree);
  expect(again).toBe(others.length > 0 ? 'other-key' : 'no');
  mine.wentElsewhere ||= others.length > 0;
  mine.key = others.find(({ name }) => name === its.backend().keyFingerprint) ?? mine.key;
  expect(mine.key.name).toBe(its.backend().keyFingerprint as Name);
}

function fail(model: Model, real: Real, which: number, told: Told): void {
  const [mine, its] = [model.routes.at(-1 - which), real.routes.at(-1 - which)];
  if (!mine || !its) return;
  const { means, make } = ERRORS[told];
  const again = its.failed(make());
  model.pool.fail(mine.key, mine.model, told);
  if (mine.pass && means === 'trouble')
    model.pool.breaker(mine.key, mine.model).fail(mine.pass, model.pool.now);
  else if (mine.pass) {
    model.pool.breaker(mine.key, mine.model).abandon(mine.pass);
    mine.pass = undefined;
  }
  if (means === 'trouble' || means === 'blameless') {
    const opened = model.pool.breaker(mine.key, mine.model).state(model.pool.now) === 'open';
    const goesOn = means === 'trouble' && [givesUp(mine), opened].includes(true);
    expect(again).toBe(goesOn ? 'retry' : 'no');
    return;
  }
  if (means === 'unclear') {
    goElsewhere(model, mine, its, again);
    return;
  }
  if (means !== 'quota') mine.hopeless.add(mine.key.name);
  if (again !== 'no') {
    const name = its.backend().keyFingerprint as Name;
    mine.key = chosen(model, name, mine.model, mine.session, 0, givenUp(mine));
    expect(mine.hopeless).not.toContain(mine.key.name);
    return;
  }
  expect(model.pool.candidates(mine.model).some(({ name }) => mine.hopeless.has(name))).toBe(true);
  // The route chose another key among those that fail this request, and does not tell which one.
  model.pool.homes.delete(mine.model + mine.session);
}

const failRoute = (which: number, told: Told): Command =>
  command(`fail(${which}, ${told})`, (model, real) => fail(model, real, which, told));

const ready = (which: number, tokens: number): Command =>
  command(`ready(${which}, ${tokens})`, (model, real) => getReady(model, real, which, tokens));

/** So that the sequences get far enough to open a breaker. */
const storm = (which: number, times: number): Command =>
  command(`storm(${which}, ${times})`, async (model, real) => {
    for (let i = 0; i < times; i++) {
      await getReady(model, real, which, 0);
      if (model.routes.at(-1 - which)?.pass) fail(model, real, which, 'overloaded');
    }
  });

const end = (which: number, how: 'succeeded' | 'released'): Command =>
  command(`${how}(${which})`, (model, real) => {
    const [mine, its] = [model.routes.at(-1 - which), real.routes.at(-1 - which)];
    if (!mine || !its) return;
    its[how]();
    if (how === 'succeeded') {
      model.pool.succeed(mine.key, mine.model, mine.sentAt);
      if (mine.pass) model.pool.breaker(mine.key, mine.model).succeed(mine.pass, model.pool.now);
      return;
    }
    if (mine.pass) model.pool.breaker(mine.key, mine.model).abandon(mine.pass);
    mine.pass = undefined;
  });

const note = (name: Name, id: string, told: Told | undefined): Command =>
  command(`note(${name}, ${id}, ${told})`, (model, real) => {
    real.pool.note(real.keys[name], id, told && ERRORS[told].make());
    const key = model.pool.named(name);
    if (!key) return;
    if (told) model.pool.fail(key, id, told);
    else model.pool.test(key, id);
  });

/** Whatever happens to counts, `compare` finds keys, models and sessions as they were. */
const count = (id: string, session: string | undefined, outcomes: readonly (Told | undefined)[]): Command =>
  command(`count(${id}, ${session}, ${outcomes})`, (_model, real) => {
    const counting = real.pool.countRoute(id, session);
    for (const told of outcomes) told ? counting.failed(ERRORS[told].make()) : counting.succeeded();
  });

const replace = (names: readonly Name[], rates: RateLimits): Command =>
  command(`replace(${names}, ${JSON.stringify(rates)})`, (model, real) => {
    const [first, ...others] = names.map((name) => real.keys[name]);
    if (!first) return;
    real.pool.replace([first, ...others], rates);
    model.pool.replace(names, rates);
  });

const time = (ms: number): Command =>
  command(`time(${ms})`, async (model, real) => {
    await real.clock.advance(ms);
    model.pool.now = real.clock.monotonic();
  });

/** Somebody sets the wall clock: only quotas of the day depend on it. */
const setWall = (ms: number): Command =>
  command(`setWall(${ms})`, (model, real) => {
    real.clock.setWall(ms);
    model.pool.ahead += ms;
  });

const name = fc.constantFrom(...NAMES);
const model = fc.constantFrom(...MODELS);
const session = fc.constantFrom(undefined, 's1', 's2', 's3', 's4');
const told = fc.constantFrom(...(Object.keys(ERRORS) as Told[]));
const tokens = fc.constantFrom(0, 10, 60, 150);
const which = fc.nat(3);
const rates = fc.constantFrom(...RATES);
const times = [1, 999, 4_999, 5_000, 20_000, 30_000, 60_000, 3_600_000, 90_000_000];

const COMMANDS = [
  fc.tuple(model, session, tokens).map((given) => choose(...given)),
  fc.tuple(model, session).map((given) => route(...given)),
  fc.tuple(which, tokens).map((given) => ready(...given)),
  fc.tuple(which, told).map((given) => failRoute(...given)),
  fc.tuple(which, fc.constantFrom(2, 5, 15)).map((given) => storm(...given)),
  fc.tuple(which, fc.constantFrom('succeeded' as const, 'released' as const)).map((given) => end(...given)),
  fc.tuple(name, model, fc.option(told, { nil: undefined })).map((given) => note(...given)),
  fc
    .tuple(model, session, fc.array(fc.option(told, { nil: undefined }), { maxLength: 3 }))
    .map((given) => count(...given)),
  fc.tuple(fc.shuffledSubarray([...NAMES], { minLength: 1 }), rates).map((given) => replace(...given)),
  fc.constantFrom(...times).map(time),
  fc.constantFrom(...times).map(time),
  fc.constantFrom(-3_600_000, 3_600_000, -5_000, 86_400_000).map(setWall),
];

describe('the pool and its model', () => {
  test('do the same, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        rates,
        fc.commands(COMMANDS, { maxCommands: 60, size: 'max' }),
        async (given, commands) => {
          const { model, real } = open(given);
          await fc.asyncModelRun(() => ({ model, real }), commands);
          expect(real.clock.sleeping).toBe(0);
        },
      ),
      { numRuns: 400 },
    );
  });
});
