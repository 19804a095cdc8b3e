import { describe, expect, test } from 'bun:test';
import { systemClock } from '../../../src/lib/ports.ts';
import { parsePace } from '../../../src/sim/replay/pace.ts';
import { VirtualClock } from '../../../src/sim/replay/virtual-clock.ts';
import { afterOf, clockOf } from '../../support/manual-clock.ts';

const open = (real = systemClock) => new VirtualClock(1_000, () => 0, real);

/** Never reached unless time is real: a test that waits for it hangs. */
const stuck = clockOf(() => 0);

const turns = async () => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe('virtual time', () => {
  test('jumps over what upstream leaves to wait for, and wakes others on the way, in order', async () => {
    const clock = open(stuck);
    const woken: string[] = [];
    const note = (name: string) => () => void woken.push(`${name} at ${clock.monotonic()}`);
    const others = [30, 10, 20].map((ms) => clock.sleep(ms).then(note(`${ms}`)));
    await clock.waitForUpstream(25, undefined).then(note('upstream'));
    expect(woken).toEqual(['10 at 1010', '20 at 1020', 'upstream at 1025']);
    clock.setUpstreamOpen(false);
    await Promise.all(others);
    expect(clock.monotonic()).toBe(1_030);
  });

  test('stands still while nobody waits for upstream', async () => {
    const clock = open(stuck);
    let woken = false;
    void clock.sleep(10).then(() => {
      woken = true;
    });
    await turns();
    expect([woken, clock.monotonic()]).toEqual([false, 1_000]);
  });

  test('jumps between two attempts', async () => {
    const clock = open(stuck);
    clock.setUpstreamOpen(false);
    await clock.sleep(5_000);
    expect(clock.monotonic()).toBe(6_000);
  });

  test('stands still while work is done where it cannot see it, and goes on after that', async () => {
    const clock = open(stuck);
    clock.setUpstreamOpen(false);
    const work = Promise.withResolvers<string>();
    let woken = false;
    const sleeping = clock.sleep(10).then(() => {
      woken = true;
    });
    const during = clock.during(work.promise);
    await turns();
    expect([woken, clock.monotonic()]).toEqual([false, 1_000]);
    work.resolve('done');
    expect(await during).toBe('done');
    await sleeping;
    expect(clock.monotonic()).toBe(1_010);
  });

  test('falls back to real time where someone else is slow', async () => {
    const clock = open();
    await clock.sleep(5);
    expect(clock.monotonic()).toBe(1_005);
  });

  test('a sleep that is called off rejects with the reason, and costs no time', async () => {
    const clock = open(stuck);
    const off = new AbortController();
    const sleeping = clock.waitForUpstream(Number.POSITIVE_INFINITY, off.signal);
    off.abort('enough');
    expect(await sleeping.catch((reason) => reason)).toBe('enough');
    expect(clock.monotonic()).toBe(1_000);
    expect(await clock.sleep(1, off.signal).catch((reason) => reason)).toBe('enough');
  });

  test('of two for the same moment the first one is woken first', async () => {
    const clock = open(stuck);
    const woken: number[] = [];
    const sleeping = [1, 2, 3].map((n) => clock.waitForUpstream(7, undefined).then(() => woken.push(n)));
    await Promise.all(sleeping);
    expect(woken).toEqual([1, 2, 3]);
  });
});

describe('a clock that stands', () => {
  test('wakes nobody, until it is let go', async () => {
    const clock = open(stuck);
    const leaving = new AbortController();
    const standing = clock.standStill(leaving.signal).catch((reason) => reason);
    const woken: string[] = [];
    const others = [clock.sleep(1), clock.waitForUpstream(2, undefined)].map((sleep) =>
      sleep.then(() => woken.push('one')),
    );
    await turns();
    expect([woken, clock.monotonic()]).toEqual([[], 1_000]);
    leaving.abort('left');
    expect(await standing).toBe('left');
    await Promise.all(others);
    expect(clock.monotonic()).toBe(1_002);
  });

  test('rejects at once for who has left before', async () => {
    expect(
      await open(stuck)
        .standStill(AbortSignal.abort('left'))
        .catch((reason) => reason),
    ).toBe('left');
  });
});

/** A real clock whose every sleep is late. */
function lateClock(lateBy: (sleep: number) => number) {
  let now = 50_000;
  let sleeps = 0;
  const sleep = async (ms: number) => {
    now += ms + lateBy(sleeps++);
  };
  return {
    monotonic: () => now,
    wall: () => new Date(now),
    sleep,
    after: afterOf(sleep),
    /** The same, where work takes time too. */
    work(ms: number) {
      now += ms;
    },
  };
}

describe('a pace', () => {
  test.each([
    ['instant', 0],
    ['real', 1_000],
    ['x10', 100],
    ['x0.5', 2_000],
    ['max200', 200],
    ['max5000', 1_000],
  ])('%s makes a second last %d ms', (text, ms) => {
    expect(parsePace(text)?.(1_000)).toBe(ms);
  });

  test.each(['', 'fast', 'x', 'x0', '-1', 'max', 'max1.5', 'instantly'])('%j is none', (text) => {
    expect(parsePace(text)).toBeUndefined();
  });

  test('is kept', async () => {
    const slept: number[] = [];
    const real = clockOf(
      () => 0,
      async (ms) => void slept.push(ms),
    );
    const clock = new VirtualClock(0, (ms) => ms / 2, real);
    await clock.waitForUpstream(10, undefined);
    expect(slept).toEqual([5]);
  });

  test.each([
    ['real', 30_000],
    ['x10', 3_000],
    ['max50', 30_000 / 2],
  ])('of %s is kept over 300 waits, though every one of them is late', async (text, wanted) => {
    const real = lateClock((sleep) => sleep % 5);
    const clock = new VirtualClock(0, parsePace(text) ?? (() => 0), real);
    const start = real.monotonic();
    for (let i = 0; i < 300; i++) {
      await clock.waitForUpstream(100, undefined);
      real.work(1);
    }
    expect(clock.monotonic()).toBe(30_000);
    const took = real.monotonic() - start;
    expect(took).toBeGreaterThanOrEqual(wanted);
    expect(took).toBeLessThanOrEqual(wanted + 10);
  });

  test('makes up for what a slow moment cost, and no more', async () => {
    const real = lateClock((sleep) => (sleep === 0 ? 250 : 0));
    const clock = new VirtualClock(0, (ms) => ms, real);
    const at: number[] = [];
    for (let i = 0; i < 5; i++) {
      await clock.waitForUpstream(100, undefined);
      at.push(real.monotonic() - 50_000);
    }
    expect(at).toEqual([350, 350, 350, 400, 500]);
  });

  test('counts what somebody outside is slow for from then on, not from the start', async () => {
    const real = lateClock(() => 0);
    const clock = new VirtualClock(0, () => 0, real);
    await clock.waitForUpstream(60_000, undefined);
    real.work(5_000);
    const before = real.monotonic();
    await clock.sleep(10_000);
    expect([real.monotonic() - before, clock.monotonic()]).toEqual([10_000, 70_000]);
  });
});
