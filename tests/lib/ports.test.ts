import { describe, expect, setSystemTime, test } from 'bun:test';
import fc from 'fast-check';
import {
  createIds,
  createSeededRandom,
  dateOf,
  momentOf,
  systemClock,
  systemRandom,
} from '../../src/lib/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';

describe('systemClock', () => {
  test('goes on as before when the wall clock is set', () => {
    const [before, date] = [systemClock.monotonic(), systemClock.wall().getTime()];
    try {
      for (const hours of [-1, 1]) {
        setSystemTime(new Date(date + hours * 3_600_000));
        expect(Math.abs(systemClock.monotonic() - before)).toBeLessThan(60_000);
        expect(Math.abs(systemClock.wall().getTime() - date)).toBeGreaterThan(3_000_000);
      }
    } finally {
      setSystemTime();
    }
  });

  test('never goes back, and shows whole milliseconds', () => {
    const seen = Array.from({ length: 1_000 }, () => systemClock.monotonic());
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.every(Number.isInteger)).toBe(true);
  });

  test('sleeps at least about as long as asked', async () => {
    const from = performance.now();
    await systemClock.sleep(5);
    expect(performance.now() - from).toBeGreaterThanOrEqual(4);
  });

  test('an abort wakes it at once, with its reason', async () => {
    const abort = new AbortController();
    const sleeping = systemClock.sleep(3_600_000, abort.signal).catch((error: unknown) => error);
    abort.abort('enough');
    expect(await sleeping).toBe('enough');
  });

  test('a signal that has aborted already lets nobody sleep', async () => {
    const reason = new Error('too late');
    const sleeping = systemClock.sleep(3_600_000, AbortSignal.abort(reason));
    expect(await sleeping.catch((error: unknown) => error)).toBe(reason);
  });

  test('what is called off does not happen, and what is not does', async () => {
    const done: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = systemClock.after(1, () => done.push('called off'));
    systemClock.after(2, () => {
      done.push('done');
      resolve();
    });
    cancel();
    await promise;
    expect(done).toEqual(['done']);
  });
});

describe('random', () => {
  test('the same seed gives the same run, another seed another', () => {
    const run = (seed: number) => {
      const random = createSeededRandom(seed);
      return Array.from({ length: 20 }, () => random.next());
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  test('every number is in [0, 1)', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = createSeededRandom(seed);
        for (let i = 0; i < 50; i++) {
          const value = random.next();
          expect(value >= 0 && value < 1).toBe(true);
        }
      }),
    );
  });
});

describe('ids', () => {
  test('prefix, length and alphabet are as asked', () => {
    const ids = createIds(createSeededRandom(1));
    expect(ids.next('msg_')).toMatch(/^msg_[0-9A-Za-z]{24}$/);
    expect(ids.next('req_', 8)).toMatch(/^req_[0-9A-Za-z]{8}$/);
  });

  test('ten thousand are all different', () => {
    const ids = createIds(systemRandom);
    expect(new Set(Array.from({ length: 10_000 }, () => ids.next('x'))).size).toBe(10_000);
  });
});

test('a moment has a date, and a date a moment, by what the clocks show now', () => {
  const clock = new ManualClock();
  const moment = clock.monotonic() + 5_000;
  const date = dateOf(clock, moment);
  expect(date.getTime() - clock.wall().getTime()).toBe(5_000);
  expect(momentOf(clock, date.getTime())).toBe(moment);
  clock.setWall(-3_600_000);
  expect(momentOf(clock, date.getTime())).toBe(moment + 3_600_000);
});
