/** The pool against a model of it that is simple enough to be believed, and the turns that the model leaves open. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Backend } from '../../src/backend/backend.ts';
import { nextPacificMidnight } from '../../src/backend/pacific.ts';
import { KeyPool } from '../../src/backend/pool.ts';
import type { UpstreamError } from '../../src/gemini/errors.ts';
import { badKey, bare, keyNamed, noQuota, perDay, perMinute, refusal } from '../support/keys.ts';
import { ManualClock } from '../support/manual-clock.ts';

const NAMES = ['a', 'b', 'c'] as const;
type Name = (typeof NAMES)[number];
const MODELS = ['big', 'small'] as const;
const SESSIONS = [undefined, 's1', 's2', 's3', 's4'] as const;
const quiet = new AbortController().signal;

function openPool(clock = new ManualClock()) {
  const keys = { a: keyNamed('a'), b: keyNamed('b'), c: keyNamed('c') };
  return { clock, keys, pool: new KeyPool({ backends: [keys.a, keys.b, keys.c], clock }) };
}

// ── the model ─────────────────────────────────────────────────────────────────────────────────────────────────

type Told = 'day' | 'minute' | 'bare' | 'none' | 'bad' | 'overloaded';
const ERRORS: Readonly<Record<Told, () => UpstreamError>> = {
  day: perDay,
  minute: () => perMinute(20),
  bare,
  none: noQuota,
  bad: badKey,
  overloaded: () => refusal(503),
};

/** Everything that was said of each key, and from it who may be asked: no turns, no homes. */
class Model {
  now: number;
  readonly out = new Set<Name>();
  readonly denied = new Set<string>();
  readonly until = new Map<string, number>();
  readonly strikes = new Map<string, number>();
  readonly homes = new Map<string, Name>();

  constructor(now: number) {
    this.now = now;
  }

  freeAt = (name: Name, model: string) => this.until.get(name + model) ?? 0;

  candidates(model: string): Name[] {
    const left = NAMES.filter((name) => !this.out.has(name));
    const allowed = left.filter((name) => !this.denied.has(name + model));
    return allowed.length > 0 ? allowed : left;
  }

  free = (model: string): Name[] =>
    this.candidates(model).filter((name) => this.freeAt(name, model) <= this.now);

  fail(name: Name, model: string, told: Told): void {
    const at = name + model;
    const cooling = this.freeAt(name, model) > this.now;
    const coolUntil = (time: number) => this.until.set(at, Math.max(time, this.freeAt(name, model)));
    if (told === 'bad' && this.out.size < NAMES.length - 1) this.out.add(name);
    if (told === 'none') this.denied.add(at);
    if (told === 'day') coolUntil(nextPacificMidnight(this.now));
    if (told === 'minute') coolUntil(this.now + 20_000);
    if (told === 'bare' && !cooling) {
      const strikes = this.strikes.get(at) ?? 0;
      coolUntil(this.now + Math.min(60_000, 5_000 * 2 ** strikes));
      this.strikes.set(at, strikes + 1);
    }
  }

  succeed(name: Name, model: string): void {
    const at = name + model;
    if (!this.denied.has(at) && this.freeAt(name, model) > this.now) return;
    for (const memory of [this.denied, this.until, this.strikes]) memory.delete(at);
  }
}

type Real = ReturnType<typeof openPool>;
type Command = fc.AsyncCommand<Model, Real>;
const nameOf = ({ keyFingerprint }: Backend) => keyFingerprint as Name;

const choose = (id: string, session: string | undefined): Command => ({
  check: () => true,
  async run(model, { pool, clock }) {
    const choice = pool.choose(id, session);
    const name = nameOf(choice.backend);
    const free = model.free(id);
    if (free.length === 0) {
      const soonest = Math.min(...model.candidates(id).map((other) => model.freeAt(other, id)));
      expect(model.candidates(id)).toContain(name);
      expect([choice.freeAt, model.freeAt(name, id)]).toEqual([soonest, soonest]);
      return;
    }
    expect(choice.freeAt).toBe(clock.now());
    expect(free).toContain(name);
    if (session === undefined) return;
    const home = model.homes.get(id + session);
    if (home !== undefined && free.includes(home)) expect(name).toBe(home);
    model.homes.set(id + session, name);
  },
  toString: () => `choose(${id}, ${session})`,
});

const fail = (name: Name, id: string, told: Told): Command => ({
  check: () => true,
  async run(model, { pool, keys }) {
    pool.failed(keys[name], id, ERRORS[told]());
    model.fail(name, id, told);
  },
  toString: () => `fail(${name}, ${id}, ${told})`,
});

const succeed = (name: Name, id: string): Command => ({
  check: () => true,
  async run(model, { pool, keys }) {
    pool.succeeded(keys[name], id);
    model.succeed(name, id);
  },
  toString: () => `succeed(${name}, ${id})`,
});

const pass = (ms: number): Command => ({
  check: () => true,
  async run(model, { clock }) {
    await clock.advance(ms);
    model.now = clock.now();
  },
  toString: () => `pass(${ms})`,
});

/** What is told of the keys is what they are asked by. */
const tell = (): Command => ({
  check: () => true,
  async run(model, { pool }) {
    for (const { fingerprint, state, models } of pool.states()) {
      const name = fingerprint as Name;
      expect(state === 'out').toBe(model.out.has(name));
      for (const id of MODELS) {
        const told = models.find((found) => found.model === id);
        expect(told?.state === 'denied').toBe(model.denied.has(name + id));
        if (told?.state === 'denied') continue;
        const until = model.freeAt(name, id);
        expect(told?.until).toBe(until > model.now ? until : undefined);
      }
    }
  },
  toString: () => 'tell',
});

const key = fc.constantFrom(...NAMES);
const model = fc.constantFrom(...MODELS);
const told = fc.constantFrom(...(Object.keys(ERRORS) as Told[]));
const time = fc.constantFrom(1, 4_999, 5_000, 20_000, 60_000, 3_600_000, 90_000_000);

describe('the pool', () => {
  test('does what the model does, whatever comes', async () => {
    const commands = fc.commands(
      [
        fc.tuple(model, fc.constantFrom(...SESSIONS)).map(([id, session]) => choose(id, session)),
        fc.tuple(key, model, told).map(([name, id, error]) => fail(name, id, error)),
        fc.tuple(key, model).map(([name, id]) => succeed(name, id)),
        time.map((ms) => pass(ms)),
        fc.constant(tell()),
      ],
      { maxCommands: 60 },
    );
    await fc.assert(
      fc.asyncProperty(commands, async (run) => {
        const real = openPool();
        await fc.asyncModelRun(() => ({ model: new Model(real.clock.now()), real }), run);
      }),
      { numRuns: 300 },
    );
  });

  test('sessions take turns, each keeps its key, and models do not disturb each other', () => {
    const { pool } = openPool();
    const asked = ['s1', 's2', 's3', 's4', 's1', 's2'].map((session) => {
      pool.choose('small', session);
      return nameOf(pool.choose('big', session).backend);
    });
    expect(asked).toEqual(['a', 'b', 'c', 'a', 'a', 'b']);
  });

  test('without a session the keys take turns', () => {
    const { pool } = openPool();
    const asked = [1, 2, 3, 4].map(() => nameOf(pool.choose('big', undefined).backend));
    expect(asked).toEqual(['a', 'b', 'c', 'a']);
  });

  test('a session stays with the key that it was moved to', async () => {
    const { pool, clock, keys } = openPool();
    expect(nameOf(pool.choose('big', 's1').backend)).toBe('a');
    pool.failed(keys.a, 'big', perMinute(10));
    expect(nameOf(pool.choose('big', 's1').backend)).toBe('b');
    await clock.advance(11_000);
    expect(nameOf(pool.choose('big', 's1').backend)).toBe('b');
  });

  test('a tested key that works again is taken back', () => {
    const { pool, keys } = openPool();
    pool.note(keys.a, 'big', badKey());
    expect(pool.states()[0]?.state).toBe('out');
    pool.note(keys.a, 'big', undefined);
    expect(pool.states()[0]?.state).toBe('in use');
  });

  test('tells once what becomes of a key, by its fingerprint', () => {
    const lines: string[] = [];
    const [a, b] = [keyNamed('a'), keyNamed('b')] as const;
    const pool = new KeyPool({
      backends: [a, b],
      clock: new ManualClock(),
      onChange: (line) => lines.push(line),
    });
    pool.failed(a, 'big', perDay());
    pool.failed(a, 'big', perDay());
    pool.failed(a, 'small', noQuota());
    for (const backend of [a, a, b, b]) pool.failed(backend, 'big', badKey());
    expect(lines).toEqual([
      "key #a: the day's quota for big is used up; parked until midnight Pacific",
      'key #a: has no access to small',
      'key #a: refused; left out from now on',
      'key #b: refused; it is the last',
    ]);
  });
});

describe('a route', () => {
  test('moves to another key after a failure that the key is to blame for', async () => {
    const { pool } = openPool();
    const route = pool.route('big', 's1');
    expect([route.failed(refusal(503)), nameOf(route.backend)]).toEqual([false, 'a']);
    expect(route.failed(perDay())).toBe(true);
    await route.ready(0, quiet);
    expect(nameOf(route.backend)).toBe('b');
  });

  test("tells the last key's own error", async () => {
    const { pool } = openPool();
    const route = pool.route('big', undefined);
    const again: boolean[] = [];
    for (const _key of NAMES) {
      await route.ready(0, quiet);
      again.push(route.failed(badKey()));
    }
    expect(again).toEqual([true, true, false]);
    expect(pool.states().map(({ state }) => state)).toEqual(['out', 'out', 'refused']);
  });

  test('waits for the first key to come back, within its limit for all waits together', async () => {
    const { pool, clock, keys } = openPool();
    for (const [name, seconds] of [
      ['a', 20],
      ['b', 10],
      ['c', 25],
    ] as const)
      pool.failed(keys[name], 'big', perMinute(seconds));
    const route = pool.route('big', undefined);
    const ready = route.ready(15_000, quiet);
    await clock.advance(10_000);
    await ready;
    expect(nameOf(route.backend)).toBe('b');
    expect(route.failed(perMinute(60))).toBe(true);
    await expect(route.ready(15_000, quiet)).rejects.toMatchObject({ status: 429, retryAfter: 10 });
    expect(clock.sleeping).toBe(0);
  });

  test('a wait ends with its signal, and leaves no timer', async () => {
    const { pool, clock, keys } = openPool();
    for (const name of NAMES) pool.failed(keys[name], 'big', perMinute(20));
    const leave = new AbortController();
    const ready = pool.route('big', undefined).ready(30_000, leave.signal);
    leave.abort(new Error('left'));
    await expect(ready).rejects.toThrow('left');
    expect(clock.sleeping).toBe(0);
  });

  test('where every key is parked: which, until when, and what to do', async () => {
    const { pool, keys } = openPool();
    for (const name of NAMES) pool.failed(keys[name], 'big', perDay());
    const error = await pool
      .route('big', undefined)
      .ready(30_000, quiet)
      .catch((reason) => reason);
    expect(error.message).toContain("#a: the day's quota is used up, back at 1970-01-01T08:00:00.000Z");
    expect(error.message).toContain('API_KEYS');
  });
});
