/** What a request does while another instance probes its model. */
import { describe, expect, test } from 'bun:test';
import type { RateLimits } from '../../src/keys/rate-window.ts';
import { joinedPools } from '../support/joined-pools.ts';
import { perMinute } from '../support/keys.ts';
import { breakWith, nameOf, patience, quiet } from '../support/pools.ts';

/** Milliseconds between two looks at another instance's probe. */
const CLAIM_LOOK = 2_000;

describe("another instance's probe", () => {
  /** Key a fails, and the first of `count` instances has begun to probe it. */
  async function probing(names: readonly string[], rates?: RateLimits, count = 2) {
    const { clock, all, a, b } = joinedPools(count, rates, names);
    await breakWith(a.pool.route('big', 's1'));
    await clock.advance(5_000);
    const probe = a.pool.route('big', 's1');
    await probe.ready(patience(), quiet);
    return { clock, all, b, probe };
  }

  test.each([true, false])('holds nobody back from a key that is well (would wait: %p)', async (waits) => {
    const { b } = await probing(['a', 'b']);
    const route = b.pool.route('big', 's1');
    await route.ready(patience(30_000, { forBreaker: () => waits }), quiet);
    expect(nameOf(route.backend)).toBe('b');
  });

  test('keeps nobody from waiting for a key that cools', async () => {
    const { clock, b } = await probing(['a', 'b']);
    b.pool.note(b.pool.backends[1] ?? b.pool.backends[0], 'big', perMinute(3));
    const since = clock.monotonic();
    const route = b.pool.route('big', 's1');
    const waited = route
      .ready(patience(30_000, { forBreaker: () => false }), quiet)
      .then(() => clock.monotonic() - since);
    await clock.advance(10_000);
    expect([nameOf(route.backend), await waited]).toEqual(['b', 3_000]);
  });

  test('is waited for no longer than one of our own where the model is down', async () => {
    const { clock, a, b } = joinedPools(2, undefined, ['only']);
    await breakWith(a.pool.route('big', 's1'));
    for (let opens = 1; opens < 3; opens++) {
      await clock.advance(60_000);
      await breakWith(a.pool.route('big', 's1'), 1);
    }
    await clock.advance(60_000);
    await a.pool.route('big', 's1').ready(patience(), quiet);
    const since = clock.monotonic();
    const refused = await b.pool.route('big', 's2').ready(patience(30_000), quiet).catch(String);
    expect([refused, clock.monotonic() - since]).toEqual([expect.stringContaining('keeps failing'), 0]);
  });

  test('that is given up is told to all who wait here', async () => {
    const { clock, b, probe } = await probing(['only']);
    const leaving = new AbortController();
    const first = b.pool.route('big', 's2').ready(patience(30_000), leaving.signal);
    const failed = first.catch(() => 'left');
    await clock.advance(100);
    let isReady = false;
    const second = b.pool.route('big', 's3').ready(patience(30_000), quiet);
    void second.then(() => {
      isReady = true;
    });
    await clock.advance(100);
    probe.released();
    leaving.abort();
    await clock.advance(CLAIM_LOOK);
    expect([await failed, isReady]).toEqual(['left', true]);
  });

  test('costs nothing of KEY_RPM while it is waited for', async () => {
    const { clock, b, probe } = await probing(['only'], { requests: 7, tokens: undefined });
    const route = b.pool.route('big', 's2');
    const ready = route.ready(patience(30_000), quiet);
    await clock.advance(12_000);
    probe.succeeded();
    probe.released();
    await clock.advance(2_000);
    await ready;
    expect(b.shared.told.filter(({ kind }) => kind === 'sent')).toHaveLength(1);
  });

  test('is not given away by one that was slower', async () => {
    const { clock, all, b, probe } = await probing(['only'], undefined, 3);
    await clock.advance(30_000);
    const second = b.pool.route('big', undefined);
    await second.ready(patience(), quiet);
    probe.released();
    const third = all[2]?.pool.route('big', undefined);
    expect(third?.ready(patience(), quiet)).rejects.toThrow('keeps failing');
  });
});
