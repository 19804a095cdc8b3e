/**
 * Which key is asked, in examples. The model: pool-model.test.ts; waits: route.test.ts; instances: pool-shared.test.ts
 */
import { describe, expect, test } from 'bun:test';
import { toMessagesError } from '../../src/translate/errors.ts';
import { badKey, keyNamed, noQuota, perDay, perMinute, refusal } from '../support/pools/keys.ts';
import { WITH_COMPANY } from '../support/pools/pool-model.ts';
import {
  asked,
  breakAll,
  breakWith,
  failingPool,
  nameOf,
  openPool,
  patience,
  quiet,
} from '../support/pools/pools.ts';

describe('turns', () => {
  test('sessions take them, each keeps its key, and models do not disturb each other', () => {
    const { pool } = openPool();
    const found = ['s1', 's2', 's3', 's4', 's1', 's2'].map((session) => {
      asked(pool, 'small', session);
      return asked(pool, 'big', session);
    });
    expect(found).toEqual(['a', 'b', 'c', 'a', 'a', 'b']);
  });

  test('without a session every request takes one', () => {
    const { pool } = openPool();
    expect([1, 2, 3, 4].map(() => asked(pool, 'big'))).toEqual(['a', 'b', 'c', 'a']);
  });

  test('a session stays with the key that it was moved to', async () => {
    const { pool, clock, keys } = openPool();
    expect(asked(pool, 'big', 's1')).toBe('a');
    pool.note(keys.a, 'big', perMinute(10));
    expect(asked(pool, 'big', 's1')).toBe('b');
    await clock.advance(11_000);
    expect(asked(pool, 'big', 's1')).toBe('b');
  });
});

describe('a key', () => {
  test('that works again when it is tested is taken back', () => {
    const { pool, keys } = openPool();
    pool.note(keys.a, 'big', badKey());
    expect(pool.states()[0]?.state).toBe('out');
    pool.note(keys.a, 'big', undefined);
    expect(pool.states()[0]?.state).toBe('in use');
  });

  test('without access to a model is asked for it again after an hour', async () => {
    const { pool, clock, keys } = openPool();
    for (const backend of Object.values(keys)) pool.note(backend, 'big', noQuota());
    expect([pool.usable('big'), pool.usable('small')]).toEqual([false, true]);
    await clock.advance(3_599_999);
    expect(pool.usable('big')).toBe(false);
    await clock.advance(1);
    expect([pool.usable('big'), pool.states()[0]?.models]).toEqual([true, []]);
  });

  test('is told of once, by its fingerprint', async () => {
    const [a, b] = [keyNamed('a'), keyNamed('b')] as const;
    const { pool, clock, lines } = openPool({ backends: [a, b] });
    pool.note(a, 'big', perDay());
    pool.note(a, 'big', perDay());
    pool.note(a, 'small', noQuota());
    for (const backend of [a, a, b, b]) pool.note(backend, 'big', badKey());
    const route = pool.route('small', undefined);
    await breakWith(route);
    await clock.advance(5_000);
    await route.ready(patience(), quiet);
    route.succeeded();
    expect(lines).toEqual([
      "key #a: the day's quota for big is used up; not used for it until midnight Pacific",
      'key #a: has no access to small',
      'key #a: refused by Google; left out, but for a test every hour',
      'key #b: refused by Google; it is the last, and asked all the same',
      'key #b: small keeps failing; not asked until 2026-11-30T00:16:45.000Z (overloaded)',
      'key #b: small is tried with one request',
      'key #b: works again',
      'key #b: small works again',
    ]);
  });
});

describe('a model that fails', () => {
  test('with one key is asked with the others', async () => {
    const { pool } = openPool();
    await breakWith(pool.route('big', 's1'));
    expect(asked(pool, 'big', 's1')).toBe('b');
    expect(pool.usable('big')).toBe(true);
    expect(asked(pool, 'small')).toBe('a');
  });

  test('with one key already is given up by the others sooner, and only that model', async () => {
    const { pool } = openPool();
    await breakWith(pool.route('big', 's1'));
    await breakWith(pool.route('big', 's2'), WITH_COMPANY);
    await breakWith(pool.route('small', 's2'), WITH_COMPANY);
    expect(pool.states().map(({ models }) => models.map(({ model }) => model))).toEqual([
      ['big'],
      ['big'],
      [],
    ]);
  });

  test('with every key is not usable, until it may be tried', async () => {
    const { pool, clock } = openPool();
    await breakAll(pool, 'big', ['s1', 's2', 's3']);
    expect(pool.usable('big')).toBe(false);
    await clock.advance(5_000);
    expect(pool.usable('big')).toBe(true);
  });

  test('with every key but one whose day is over is not usable either', async () => {
    const { pool, keys } = openPool();
    pool.note(keys.a, 'big', perDay());
    expect(pool.usable('big')).toBe(true);
    await breakAll(pool, 'big', ['s1', 's2']);
    expect(pool.usable('big')).toBe(false);
  });

  test.each([
    ['a day', perDay(), false],
    ['ten minutes', perMinute(600), false],
    ['a minute', perMinute(60), true],
  ])('is usable, out of quota with all keys for %s: %p', (_name, error, usable) => {
    const { pool, keys } = openPool();
    const [first, ...others] = Object.values(keys);
    for (const backend of others) pool.note(backend, 'big', error);
    expect(pool.usable('big')).toBe(true);
    if (first) pool.note(first, 'big', error);
    expect(pool.usable('big')).toBe(usable);
  });

  test('is told by the best of all keys, those included that it was not asked with', async () => {
    const { pool, keys } = openPool();
    await breakWith(pool.route('big', 's1'));
    expect(pool.modelStates()).toEqual(new Map([['big', 'closed']]));
    for (const backend of [keys.b, keys.c]) pool.note(backend, 'small', badKey());
    expect(pool.modelStates()).toEqual(new Map([['big', 'open']]));
  });

  test('asking whether it is usable leaves no trace', () => {
    const { pool } = openPool();
    for (let i = 0; i < 10; i++) pool.usable(`gemini-${i}`);
    expect([pool.modelStates().size, pool.states()[0]?.models]).toEqual([0, []]);
  });

  test('five failures of whatever kind count, and nothing that the request did wrong', async () => {
    const { pool } = openPool();
    const route = pool.route('big', 's1');
    for (let i = 0; i < 20; i++) {
      await route.ready(patience(), quiet);
      route.failed(refusal(400, 'Request contains an invalid argument.'));
    }
    expect(pool.modelStates().size).toBe(0);
  });
});

describe('a reload', () => {
  test('keeps what is known of a key that stays, and gives a refused one another chance', async () => {
    const { pool, keys } = openPool();
    pool.note(keys.a, 'big', badKey());
    pool.note(keys.b, 'big', perDay());
    pool.note(keys.c, 'big', noQuota());
    await breakWith(pool.route('small', 's1'));
    pool.replace([keys.a, keys.b, keys.c], { requests: 100, tokens: undefined });
    expect(pool.states().map(({ state }) => state)).toEqual(['in use', 'in use', 'in use']);
    expect(pool.states().map(({ models }) => models.map(({ state }) => state))).toEqual([
      [],
      ['parked', 'open'],
      [],
    ]);
  });

  test('other rates hold for what was sent before', async () => {
    const { pool, keys } = openPool({ rates: { requests: 100, tokens: undefined } });
    for (let i = 0; i < 5; i++) {
      const route = pool.route('big', 's1');
      await route.ready(patience(), quiet);
      route.released();
    }
    pool.replace([keys.a], { requests: 5, tokens: undefined });
    expect(pool.choose({ model: 'big', session: 's1', tokens: 0, asker: '' }).hindrance.why).toBe('rate');
  });

  test('a request under way ends with the key that it has, and goes on with one that is there', async () => {
    const { pool, keys } = openPool();
    const route = pool.route('big', 's1');
    await route.ready(patience(), quiet);
    pool.replace([keys.b, keys.c]);
    expect([route.failed(perDay()), nameOf(route.backend())]).toEqual(['other-key', 'c']);
    expect(pool.states().map(({ fingerprint, models }) => [fingerprint, models])).toEqual([
      ['b', []],
      ['c', []],
    ]);
  });

  test('wakes who waits', async () => {
    const { pool, clock, only } = await failingPool();
    const ready = pool.route('big', undefined).ready(patience(30_000), quiet);
    pool.replace([keyNamed('new'), only]);
    await ready;
    expect(clock.sleeping).toBe(0);
  });
});

describe('an answer', () => {
  test('that takes longer than a probe may still closes the breaker', async () => {
    const { pool, clock } = await failingPool();
    const refused: unknown[] = [];
    await clock.advance(5_000);
    for (let i = 0; i < 40; i++) {
      const route = pool.route('big', undefined);
      const answered = route.ready(patience(30_000), quiet).then(async () => {
        await clock.sleep(45_000);
        route.succeeded();
        route.released();
      });
      answered.catch((error: unknown) => refused.push(error));
      await clock.advance(5_000);
    }
    expect([refused.length, pool.states()[0]?.models]).toEqual([1, []]);
  });

  test('to what was sent before a refusal does not take it back', async () => {
    const { pool, keys, lines, clock } = openPool();
    const old = pool.route('big', 's1');
    await old.ready(patience(), quiet);
    await clock.advance(1);
    pool.note(keys.a, 'big', noQuota());
    old.succeeded();
    old.succeeded();
    expect(pool.states()[0]?.models.map(({ state }) => state)).toEqual(['denied']);
    expect(lines).toEqual(['key #a: has no access to big']);
  });
});

test("a key's return is told as it is now, not as Google told it then", async () => {
  const { pool, clock } = openPool({ backends: [keyNamed('only')] });
  pool.note(pool.backends[0], 'big', refusal(429, 'Quota exceeded. Please retry in 9m58.2s.'));
  await clock.advance(550_000);
  const error = await pool.route('big', undefined).ready(patience(30_000), quiet).catch(toMessagesError);
  expect(error).toMatchObject({ status: 429, retryAfter: 49, shouldRetry: undefined });
  expect(String(error)).not.toContain('9m58');
});
