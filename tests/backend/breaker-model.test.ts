/** The breaker against a model of it that is simple enough to be believed. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { BreakerState, Pass } from '../../src/backend/breaker.ts';
import {
  type BreakerFigures,
  BreakerModel,
  FIGURES,
  type ModelPass,
  openBreaker,
  START,
} from '../support/breaker-model.ts';

type World = { suspected: boolean };
type Real = ReturnType<typeof openBreaker> & { passes: Pass[]; world: World };
type Model = { breaker: BreakerModel; now: number; passes: ModelPass[]; world: World };

const figuresIn = (world: World): BreakerFigures => ({
  ...FIGURES,
  suspect: { consecutive: 2, when: () => world.suspected },
});
type Command = fc.Command<Model, Real>;

function compare({ breaker: model, now }: Model, { breaker }: Real): void {
  expect([breaker.state, breaker.opens, breaker.until, breaker.freeAt()]).toEqual([
    model.state(now),
    model.opens,
    model.until,
    model.freeAt,
  ]);
}

const command = (name: string, run: (model: Model, real: Real) => void): Command => ({
  check: () => true,
  run(model, real) {
    run(model, real);
    compare(model, real);
  },
  toString: () => name,
});

const pass = command('pass', (model, real) => {
  const state = real.breaker.state;
  const wasOut = model.breaker.probing && model.now < model.breaker.freeAt;
  const expected = model.breaker.pass(model.now);
  const given = real.breaker.pass();
  expect(given === undefined).toBe(expected === undefined);
  if (state === 'open' || wasOut) expect(given).toBeUndefined();
  if (!expected || !given) return;
  model.passes.push(expected);
  real.passes.push(given);
});

/** Of any pass that was ever given out. */
const tell = (what: 'succeeded' | 'failed' | 'abandoned', which: number): Command => ({
  ...command(`${what}(${which})`, (model, real) => {
    const at = which % model.passes.length;
    const [expected, given] = [model.passes.at(-1 - at), real.passes.at(-1 - at)];
    if (!expected || !given) return;
    given[what]();
    if (what === 'succeeded') model.breaker.succeed(expected, model.now);
    if (what === 'failed') model.breaker.fail(expected, model.now);
    if (what === 'abandoned') model.breaker.abandon(expected);
  }),
  check: ({ passes }) => passes.length > 0,
});

/** So that sequences get to where it opens. */
const storm = (failures: number) =>
  command(`storm(${failures})`, (model, real) => {
    for (let i = 0; i < failures; i++) {
      const expected = model.breaker.pass(model.now);
      const given = real.breaker.pass();
      expect(given === undefined).toBe(expected === undefined);
      if (expected) model.breaker.fail(expected, model.now);
      given?.failed();
    }
  });

const time = (ms: number) =>
  command(`time(${ms})`, (model, real) => {
    model.now += ms;
    real.time.now += ms;
  });

const learn = (ahead: number | undefined, opens: number) =>
  command(`learn(${ahead}, ${opens})`, (model, real) => {
    const until = ahead === undefined ? 0 : model.now + ahead;
    model.breaker.learn(model.now, until, opens);
    real.breaker.learn(until, opens);
  });

/** There is another reason to think that it fails, or none any more. */
const suspect = (suspected: boolean) =>
  command(`suspect(${suspected})`, (model, real) => {
    model.world.suspected = suspected;
    real.world.suspected = suspected;
  });

const COMMANDS = [
  fc.boolean().map(suspect),
  fc.constant(pass),
  fc
    .tuple(fc.constantFrom('succeeded', 'failed', 'abandoned'), fc.nat(3))
    .map(([what, which]) => tell(what, which)),
  fc.constantFrom(1, 4, 5, 10).map(storm),
  fc.constantFrom(1, 2_999, 5_000, 10_000, 29_999, 30_000, 60_000).map(time),
  fc
    .tuple(fc.constantFrom(undefined, -1, 0, 1, 7_000, 60_000), fc.nat(6))
    .map(([ahead, opens]) => learn(ahead, opens)),
];

describe('the breaker and its model', () => {
  test('do the same, whatever comes', () => {
    const seen = new Set<BreakerState>();
    fc.assert(
      fc.property(fc.commands(COMMANDS, { maxCommands: 80, size: 'max' }), (commands) => {
        const [mine, its] = [{ suspected: false }, { suspected: false }];
        const real: Real = { ...openBreaker(figuresIn(its)), passes: [], world: its };
        const breaker = new BreakerModel(figuresIn(mine));
        const model: Model = { breaker, now: START, passes: [], world: mine };
        fc.modelRun(() => ({ model, real }), commands);
        seen.add(real.breaker.state);
      }),
      { numRuns: 1_000 },
    );
    expect(seen.size).toBe(3);
  });
});
