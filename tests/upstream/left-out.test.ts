/**
 * Keys for which Google serves no request: which are left out, which are asked all the same, and how one comes back.
 */
import { describe, expect, test } from 'bun:test';
import { badKey, page, perMinute, refusal } from '../support/pools/keys.ts';
import { asked, nameOf, openPool, patience, quiet } from '../support/pools/pools.ts';

const HOUR = 3_600_000;
const unpaid = () => refusal(429, 'Your prepayment credits are depleted.');
const TROUBLES = [
  ['key', badKey],
  ['billing', unpaid],
] as const;

describe.each(TROUBLES)('a key that is left out for its %s', (why, error) => {
  test('is named with the reason and the time of its test, and told of in the log', () => {
    const { pool, keys, clock, lines } = openPool();
    pool.note(keys.a, 'big', error());
    expect(pool.states()[0]).toMatchObject({ state: 'out', why, testedAt: clock.monotonic() + HOUR });
    expect(lines.join()).toContain(why === 'billing' ? 'billing' : 'refused by Google');
  });

  test('is tested by one request an hour, which goes to another key where it fails', async () => {
    const { pool, keys, clock } = openPool();
    pool.note(keys.a, 'big', error());
    await clock.advance(HOUR - 1);
    expect([1, 2, 3].map(() => asked(pool, 'big'))).not.toContain('a');
    await clock.advance(1);
    const routes = [1, 2, 3].map(() => pool.route('big', undefined));
    const test = routes.find((route) => nameOf(route.backend()) === 'a');
    await test?.ready(patience(), quiet);
    expect([1, 2, 3].map(() => asked(pool, 'big'))).not.toContain('a');
    expect(test?.failed(error())).toBe('other-key');
    expect(pool.states()[0]).toMatchObject({ state: 'out', why, testedAt: clock.monotonic() + HOUR });
  });

  test('is in use again once that request is answered', async () => {
    const { pool, keys, clock } = openPool();
    pool.note(keys.a, 'big', error());
    await clock.advance(HOUR);
    const routes = [1, 2, 3].map(() => pool.route('big', undefined));
    const test = routes.find((route) => nameOf(route.backend()) === 'a');
    await test?.ready(patience(), quiet);
    test?.succeeded();
    expect(pool.states()[0]).toEqual({ fingerprint: 'a', state: 'in use', sentLately: 1, models: [] });
  });

  test('takes no session from its key to be tested', async () => {
    const { pool, keys, clock } = openPool();
    pool.note(keys.a, 'big', error());
    const home = asked(pool, 'big', 's1');
    await clock.advance(HOUR);
    expect(asked(pool, 'big', 's1')).toBe(home);
  });

  test('is not taken back by an answer to what was sent before', async () => {
    const { pool, keys, clock } = openPool();
    const route = pool.route('big', undefined);
    await route.ready(patience(), quiet);
    expect(nameOf(route.backend())).toBe('a');
    await clock.advance(1);
    pool.note(keys.a, 'big', error());
    route.succeeded();
    expect(pool.states()[0]?.state).toBe('out');
  });

  test('is asked all the same where it is the last: nobody tells us when it is mended', () => {
    const { pool, keys } = openPool();
    for (const backend of Object.values(keys)) pool.note(backend, 'big', error());
    expect(pool.states().map(({ state }) => state)).toEqual(['out', 'out', 'refused']);
    expect(asked(pool, 'big')).toBe('c');
  });
});

describe('a refusal that says nothing of the key', () => {
  test('goes to one other key, and no further', async () => {
    const { pool } = openPool();
    const route = pool.route('big', 's1');
    await route.ready(patience(), quiet);
    expect([nameOf(route.backend()), route.failed(page(403))]).toEqual(['a', 'other-key']);
    await route.ready(patience(), quiet);
    expect([nameOf(route.backend()), route.failed(page(403))]).toEqual(['b', 'no']);
    expect(pool.states().map(({ state, models }) => [state, models])).toEqual([
      ['in use', []],
      ['in use', []],
      ['in use', []],
    ]);
  });

  test('goes nowhere where no other key is free', async () => {
    const { pool, keys } = openPool();
    for (const backend of [keys.b, keys.c]) pool.note(backend, 'big', perMinute(20));
    const route = pool.route('big', undefined);
    await route.ready(patience(), quiet);
    expect(route.failed(page(401))).toBe('no');
  });
});

test('a quota that was said to be gone for two days is back with the first answer', async () => {
  const { pool, keys, clock } = openPool();
  pool.note(keys.a, 'big', refusal(429, 'Please retry in 48h.'));
  expect(pool.states()[0]?.models).toHaveLength(1);
  await clock.advance(1);
  pool.note(keys.a, 'big', undefined);
  expect(pool.states()[0]?.models).toEqual([]);
});

test('an answer to what was sent before a quota was gone takes nothing back', async () => {
  const { pool, keys, clock } = openPool();
  const route = pool.route('big', undefined);
  await route.ready(patience(), quiet);
  await clock.advance(1);
  pool.note(keys.a, 'big', refusal(429, 'Please retry in 48h.'));
  route.succeeded();
  expect(pool.states()[0]?.models).toHaveLength(1);
});
