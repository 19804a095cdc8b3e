/** One request's way through the pool: other keys, waits, and what it is told when nothing helps. */
import { describe, expect, test } from 'bun:test';
import { UpstreamError } from '../../src/gemini/errors.ts';
import type { KeyRoute, KeyWait } from '../../src/keys/keys.ts';
import type { KeyPool } from '../../src/keys/pool.ts';
import { type ManualClock, settle } from '../support/manual-clock.ts';
import { badKey, keyNamed, page, perDay, perMinute, refusal } from '../support/pools/keys.ts';
import { breakWith, failingPool, nameOf, openPool, patience, quiet } from '../support/pools/pools.ts';

const reasonOf = (work: Promise<void>): Promise<UpstreamError> =>
  work.then(
    () => Promise.reject(new Error('was not refused')),
    (error: unknown) => (error instanceof UpstreamError ? error : Promise.reject(error)),
  );

describe('a route', () => {
  test('moves to another key after a failure that the key is to blame for', async () => {
    const { pool } = openPool();
    const route = pool.route('big', 's1');
    expect([route.failed(refusal(503)), nameOf(route.backend())]).toEqual(['no', 'a']);
    expect(route.failed(perDay())).toBe('other-key');
    await route.ready(patience(), quiet);
    expect(nameOf(route.backend())).toBe('b');
  });

  test("tells the last key's own error", async () => {
    const { pool } = openPool();
    const route = pool.route('big', undefined);
    const again: string[] = [];
    for (let i = 0; i < 3; i++) {
      await route.ready(patience(), quiet);
      again.push(route.failed(badKey()));
    }
    expect(again).toEqual(['other-key', 'other-key', 'no']);
    expect(pool.states().map(({ state }) => state)).toEqual(['out', 'out', 'refused']);
  });

  test('waits for the first key to come back, within its limit for all waits together', async () => {
    const { pool, clock, keys } = openPool();
    pool.note(keys.a, 'big', perMinute(20));
    pool.note(keys.b, 'big', perMinute(10));
    pool.note(keys.c, 'big', perMinute(25));
    const route = pool.route('big', undefined);
    const ready = route.ready(patience(15_000), quiet);
    await clock.advance(10_000);
    await ready;
    expect(nameOf(route.backend())).toBe('b');
    expect(route.failed(perMinute(60))).toBe('other-key');
    await expect(route.ready(patience(15_000), quiet)).rejects.toMatchObject({ status: 429, retryAfter: 10 });
    expect(clock.sleeping).toBe(0);
  });

  test('a wait ends with its signal, and leaves no timer', async () => {
    const { pool, clock, keys } = openPool();
    for (const backend of Object.values(keys)) pool.note(backend, 'big', perMinute(20));
    const leave = new AbortController();
    const ready = pool.route('big', undefined).ready(patience(30_000), leave.signal);
    leave.abort(new Error('left'));
    await expect(ready).rejects.toThrow('left');
    expect(clock.sleeping).toBe(0);
  });

  test('many that wait together do not all come back in the same moment', async () => {
    const { pool, clock, keys } = openPool();
    for (const backend of Object.values(keys)) pool.note(backend, 'big', perMinute(20));
    const moments: number[] = [];
    const since = clock.monotonic();
    for (let i = 0; i < 20; i++)
      void pool
        .route('big', undefined)
        .ready(patience(30_000), quiet)
        .then(() => moments.push(clock.monotonic() - since));
    await clock.advance(21_000);
    expect(moments).toHaveLength(20);
    expect(Math.min(...moments)).toBe(20_000);
    expect(new Set(moments).size).toBeGreaterThan(15);
  });

  test('where every key is parked: which, until when, and what to do', async () => {
    const { pool, keys } = openPool();
    for (const backend of Object.values(keys)) pool.note(backend, 'big', perDay());
    const error = await reasonOf(pool.route('big', undefined).ready(patience(30_000), quiet));
    expect(error.message).toContain("#a: the day's quota is used up, back at 2026-11-30T08:00:00.000Z");
    expect(error.message).toContain('API_KEYS');
  });
});

describe('a route that may be asked at once', () => {
  test('is ready without a wait, and counts as sent', () => {
    const { pool } = openPool({ rates: { requests: 1, tokens: undefined }, backends: [keyNamed('only')] });
    const [first, second] = [pool.route('big', 's1'), pool.route('big', 's1')];
    expect([first.readyNow(patience(30_000)), second.readyNow(patience(30_000))]).toEqual([true, false]);
  });

  test('goes to another key where its own may not be asked', () => {
    const { pool, keys } = openPool();
    const route = pool.route('big', 's1');
    pool.note(keys.a, 'big', perMinute(20));
    expect([nameOf(route.backend()), route.readyNow(patience()), nameOf(route.backend())]).toEqual([
      'a',
      true,
      'b',
    ]);
  });

  test('is not ready, and throws nothing, where it will be refused', () => {
    const { pool, keys } = openPool();
    for (const backend of Object.values(keys)) pool.note(backend, 'big', perDay());
    expect(pool.route('big', 's1').readyNow(patience(30_000))).toBe(false);
  });

  test('gives back the probe that it had, and takes it again', async () => {
    const { pool, clock } = await failingPool();
    await clock.advance(5_000);
    const route = pool.route('big', undefined);
    expect([route.readyNow(patience()), route.readyNow(patience())]).toEqual([true, true]);
    expect(pool.usable('big')).toBe(false);
    route.released();
    expect(pool.usable('big')).toBe(true);
  });
});

describe('why a key is in the hand', () => {
  test('dealt, at home, moved, at its new home', () => {
    const { pool, keys } = openPool();
    const route = pool.route('big', 's1');
    expect(route.chosen()).toEqual({ why: 'dealt' });
    // The second look at the key that it has been dealt tells the same.
    expect([route.readyNow(patience()), route.chosen()]).toEqual([true, { why: 'dealt' }]);
    expect(pool.route('big', 's1').chosen()).toEqual({ why: 'home', home: 'a' });
    pool.note(keys.a, 'big', perMinute(20));
    expect([pool.route('big', 's1').chosen(), pool.route('big', 's1').chosen()]).toEqual([
      { why: 'moved', home: 'a' },
      { why: 'home', home: 'b' },
    ]);
  });

  test('moved after a failure', () => {
    const { pool } = openPool();
    const route = pool.route('big', 's1');
    expect([route.failed(perMinute(20)), route.chosen()]).toEqual(['other-key', { why: 'moved', home: 'a' }]);
  });

  test('for this attempt only: where none is free, and where a refusal is not explained', () => {
    const { pool, keys } = openPool();
    const barred = pool.route('big', 's1');
    expect([barred.failed(page(403)), barred.chosen()]).toEqual([
      'other-key',
      { why: 'fallback', home: 'a' },
    ]);
    for (const backend of Object.values(keys)) pool.note(backend, 'big', perMinute(20));
    expect(pool.route('big', 's1').chosen()).toEqual({ why: 'fallback', home: 'a' });
    expect(pool.route('big', 's2').chosen()).toEqual({ why: 'fallback', home: undefined });
  });

  test('without a session every key is dealt', () => {
    const { pool } = openPool();
    expect([1, 2].map(() => pool.route('big', undefined).chosen())).toEqual([
      { why: 'dealt' },
      { why: 'dealt' },
    ]);
  });
});

describe('a wait is told with what it is for', () => {
  /** Waits of one route until it is ready or refused, with how long each took. */
  async function waitsOf(pool: KeyPool, clock: ManualClock, tokens = 0) {
    const told: (KeyWait & { took?: number })[] = [];
    const onWait = (wait: KeyWait) => {
      const since = clock.monotonic();
      const one: KeyWait & { took?: number } = { ...wait, until: wait.until - since };
      told.push(one);
      return () => {
        one.took = clock.monotonic() - since;
      };
    };
    const asks = patience(30_000, { onWait, tokens: () => tokens });
    const ready = pool.route('big', undefined).ready(asks, quiet);
    await clock.advance(30_000);
    await ready.catch(() => {});
    return told;
  }

  test('of no key at all where one is free', async () => {
    const { pool, clock } = openPool();
    expect(await waitsOf(pool, clock)).toEqual([]);
  });

  test.each([
    ['KEY_RPM', { requests: 1, tokens: undefined }, 'KEY_RPM 1'],
    ['KEY_TPM', { requests: undefined, tokens: 100 }, 'KEY_TPM 100'],
  ] as const)('of %s', async (_name, rates, limit) => {
    const { pool, clock } = openPool({ rates, backends: [keyNamed('only')] });
    expect(pool.route('big', undefined).readyNow(patience(0, { tokens: () => 80 }))).toBe(true);
    await clock.advance(40_000);
    expect(await waitsOf(pool, clock, 80)).toEqual([
      { for: 'key', key: 'only', limit, until: 20_000, took: 20_000 },
    ]);
  });

  test('of a quota, and of a breaker: each wait for itself', async () => {
    const { pool, clock } = await failingPool();
    await clock.advance(1_000);
    const [only] = pool.backends;
    pool.note(only, 'big', perMinute(7));
    const waits = waitsOf(pool, clock);
    await clock.advance(7_000);
    expect(await waits).toEqual([{ for: 'key', key: 'only', limit: 'quota', until: 7_000, took: 7_000 }]);
    const other = await failingPool();
    expect(await waitsOf(other.pool, other.clock)).toEqual([
      { for: 'breaker', key: 'only', until: 5_000, took: 5_000 },
    ]);
  });

  test('and ends when the client leaves', async () => {
    const { pool, keys, clock } = openPool();
    for (const backend of Object.values(keys)) pool.note(backend, 'big', perMinute(20));
    const leave = new AbortController();
    let open = 0;
    const onWait = () => {
      open++;
      return () => void open--;
    };
    const ready = pool.route('big', undefined).ready(patience(30_000, { onWait }), leave.signal);
    await settle();
    expect([open, clock.sleeping]).toEqual([1, 1]);
    leave.abort(new Error('left'));
    await expect(ready).rejects.toThrow('left');
    expect([open, clock.sleeping]).toEqual([0, 0]);
  });
});

describe('KEY_RPM and KEY_TPM', () => {
  test('a key at its limit gives way to the next; where all are, one waits', async () => {
    const { pool, clock } = openPool({ rates: { requests: 1, tokens: undefined } });
    const found: string[] = [];
    for (let i = 0; i < 3; i++) {
      const route = pool.route('big', 's1');
      await route.ready(patience(), quiet);
      found.push(nameOf(route.backend()));
      await clock.advance(15_000);
    }
    expect(found).toEqual(['a', 'b', 'c']);
    const ready = pool.route('big', 's1').ready(patience(30_000), quiet);
    await clock.advance(14_999);
    expect(clock.sleeping).toBe(1);
    await clock.advance(1);
    await ready;
  });

  test('requests that come at once count as well as those that come one by one', async () => {
    const { pool } = openPool({ rates: { requests: 2, tokens: undefined } });
    const routes = Array.from({ length: 10 }, () => pool.route('big', undefined));
    const outcomes = await Promise.allSettled(routes.map((route) => route.ready(patience(), quiet)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(6);
  });

  test('tokens are counted only where they have a limit', async () => {
    const tokens = () => {
      throw new Error('counted');
    };
    const { pool } = openPool({ rates: { requests: 5, tokens: undefined } });
    await pool.route('big', undefined).ready(patience(0, { tokens }), quiet);
  });

  test('who has to wait too long for its tokens is told how long, and why', async () => {
    const { pool } = openPool({ backends: [keyNamed('only')], rates: { requests: undefined, tokens: 100 } });
    const ask = () => pool.route('big', undefined).ready(patience(30_000, { tokens: () => 80 }), quiet);
    await ask();
    const error = await reasonOf(ask());
    expect(error).toMatchObject({ kind: 'not-sent', status: 429, retryAfter: 60 });
    expect(error.message).toContain('at its KEY_RPM or KEY_TPM, back at 2026-11-30T00:17:40.000Z');
  });
});

describe('a route to a model that fails', () => {
  /** Asks once; this is the probe, if one is due. */
  const probe = async (route: KeyRoute, error?: UpstreamError) => {
    await route.ready(patience(30_000), quiet);
    if (error) route.failed(error);
    else route.succeeded();
    route.released();
  };

  test('waits until it may be tried', async () => {
    const { pool, clock } = await failingPool();
    const route = pool.route('big', undefined);
    const ready = route.ready(patience(30_000), quiet);
    await clock.advance(4_999);
    expect(clock.sleeping).toBe(1);
    await clock.advance(1);
    await ready;
  });

  test('does not wait where another model can answer', async () => {
    const { pool, clock } = await failingPool();
    const waiting = pool.route('big', undefined).ready(patience(30_000, { forBreaker: () => false }), quiet);
    expect(await reasonOf(waiting)).toMatchObject({ kind: 'not-sent', status: 503, retryAfter: 5 });
    expect(clock.sleeping).toBe(0);
  });

  test('is told at once after three openings in a row', async () => {
    const { pool, clock } = await failingPool();
    for (const wait of [5_000, 10_000]) {
      await clock.advance(wait);
      await probe(pool.route('big', undefined), refusal(503));
    }
    const error = await reasonOf(pool.route('big', undefined).ready(patience(30_000), quiet));
    expect(error).toMatchObject({ kind: 'not-sent', status: 503, retryAfter: 20 });
    expect(error.message).toContain('#only: failing, tried again at');
    await clock.advance(20_000);
    await probe(pool.route('big', undefined));
    expect(pool.usable('big')).toBe(true);
  });

  test('of 100 at once one goes; when it was answered, so do all others, within a second', async () => {
    const { pool, clock } = await failingPool();
    let gone = 0;
    const routes = Array.from({ length: 100 }, () => pool.route('big', undefined));
    const waiting = routes.map(async (route) => {
      await route.ready(patience(30_000), quiet);
      gone++;
      return route;
    });
    await clock.advance(5_000 + 1_000);
    expect(gone).toBe(1);
    const first = await Promise.race(waiting);
    first.succeeded();
    await clock.advance(1_000);
    expect([gone, clock.sleeping]).toEqual([100, 0]);
    await Promise.all(waiting);
  });

  test('a probe whose client left is followed by the next that waits, at once', async () => {
    const { pool, clock } = await failingPool();
    await clock.advance(5_000);
    const [left, next] = [pool.route('big', undefined), pool.route('big', undefined)];
    await left.ready(patience(), quiet);
    const ready = next.ready(patience(30_000), quiet);
    await settle();
    left.released();
    await ready;
    expect(clock.sleeping).toBe(0);
  });

  test('a quota error is no answer of the model: the probe is left to the next', async () => {
    const { pool, clock } = await failingPool();
    await clock.advance(5_000);
    await probe(pool.route('big', undefined), perMinute(2));
    expect(pool.states()[0]?.models.map(({ state }) => state)).toEqual(['cooling', 'half-open']);
    await clock.advance(2_000);
    await probe(pool.route('big', undefined));
    expect(pool.states()[0]?.models).toEqual([]);
  });

  test('nor is a refusal of the request itself, which makes room at once', async () => {
    const { pool, clock } = await failingPool();
    await clock.advance(5_000);
    const route = pool.route('big', undefined);
    await route.ready(patience(), quiet);
    expect(pool.usable('big')).toBe(false);
    route.failed(refusal(400, 'Request contains an invalid argument.'));
    expect(pool.usable('big')).toBe(true);
  });

  test('who was answered by another key meanwhile says nothing of this one', async () => {
    const { pool } = openPool();
    const early = pool.route('big', 's1');
    await early.ready(patience(), quiet);
    await breakWith(pool.route('big', 's1'));
    early.succeeded();
    expect(pool.states()[0]?.models).toMatchObject([{ model: 'big', state: 'open' }]);
  });
});
