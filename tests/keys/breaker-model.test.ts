/** The breaker compared with a simple model of it. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { BreakerState, Pass } from '../../src/keys/breaker.ts';
import {
  type BreakerFigures,
  BreakerModel,
  FIGURES,
  type ModelPass,
  openBreaker,
  START,
} from '../support/pools/breaker-model.ts';

type World = { suspected: boolean };
type Real = ReturnType<typeof openBreaker> & { passes: Pass[]; world: World };
type Model = { breaker: BreakerModel; now: number; passes: ModelPass[]; world: World };

const figuresIn = (world: World): BreakerFigures => ({
  ...FIGURES,
  suspect: { consecutive: 2, when: () => world.suspected },
});
const ASKERS = ['a', 'b', 'c'] as const;
type Asker = (typeof ASKERS)[number];

type Command = fc.Command<Model, Real>;

function compare({ breaker: model, now }: Model, { breaker }: Real): void {
  expect([breaker.state, breaker.opens, breaker.until, breaker.blamed]).toEqual([
    model.state(now),
    model.opens,
    model.until,
    model.blamed,
  ]);
  expect(ASKERS.map((asker) => breaker.freeAt(asker))).toEqual(ASKERS.map((asker) => model.freeAt(asker)));
}

const command = (name: string, run: (model: Model, real: Real) => void): Command => ({
  check: () => true,
  run(model, real) {
    run(model, real);
    compare(model, real);
  },
  toString: () => name,
});

const pass = (asker: Asker): Command =>
  command(`pass(${asker})`, (model, real) => {
    const { state, blamed } = real.breaker;
    const wasOut = model.breaker.probing && model.now < model.breaker.freeAt(asker);
    const expected = model.breaker.pass(model.now, asker);
    const given = real.breaker.pass(asker);
    expect(given === undefined).toBe(expected === undefined);
    const isHeld = blamed === undefined || blamed === asker;
    if ((state === 'open' || wasOut) && isHeld) expect(given).toBeUndefined();
    if (!isHeld) expect(given?.isProbe).toBe(false);
    if (!expected || !given) return;
    model.passes.push(expected);
    real.passes.push(given);
  });

/** Uses any pass that was ever given out. */
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

/** So that the sequences get far enough to open it. */
const storm = (failures: number, askers: readonly Asker[]) =>
  command(`storm(${failures}, ${askers})`, (model, real) => {
    for (let i = 0; i < failures; i++) {
      const asker = askers[i % askers.length] ?? 'a';
      const expected = model.breaker.pass(model.now, asker);
      const given = real.breaker.pass(asker);
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

/** An asker that is answered at once, where anything of this asker may pass. */
const answer = (asker: Asker) =>
  command(`answer(${asker})`, (model, real) => {
    const expected = model.breaker.pass(model.now, asker);
    const given = real.breaker.pass(asker);
    if (expected) model.breaker.succeed(expected, model.now);
    given?.succeeded();
  });

const learn = (ahead: number | undefined, opens: number, blamed: Asker | undefined) =>
  command(`learn(${ahead}, ${opens}, ${blamed})`, (model, real) => {
    const until = ahead === undefined ? 0 : model.now + ahead;
    model.breaker.learn(model.now, until, opens, blamed);
    real.breaker.learn(until === 0 ? 0 : real.date(until), opens, blamed);
  });

/**
 * Sets whether something besides the outcomes says that the model is in trouble (the option `suspect`): the breaker
 * then opens after fewer failures.
 */
const suspect = (suspected: boolean) =>
  command(`suspect(${suspected})`, (model, real) => {
    model.world.suspected = suspected;
    real.world.suspected = suspected;
  });

const COMMANDS = [
  fc.boolean().map(suspect),
  fc.constantFrom(...ASKERS).map(pass),
  fc.constantFrom(...ASKERS).map(answer),
  fc
    .tuple(fc.constantFrom('succeeded', 'failed', 'abandoned'), fc.nat(3))
    .map(([what, which]) => tell(what, which)),
  fc
    .tuple(fc.constantFrom(1, 4, 5, 10), fc.subarray([...ASKERS], { minLength: 1 }))
    .map(([failures, askers]) => storm(failures, askers)),
  fc.constantFrom(1, 2_999, 5_000, 10_000, 29_999, 30_000, 60_000).map(time),
  fc
    .tuple(
      fc.constantFrom(undefined, -1, 0, 1, 7_000, 60_000),
      fc.nat(6),
      fc.constantFrom(undefined, ...ASKERS),
    )
    .map((given) => learn(...given)),
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
