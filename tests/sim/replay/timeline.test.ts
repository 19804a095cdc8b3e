/** Requests that ran side by side play in their recorded order, and none waits longer than it did in the recording. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Timeline } from '../../../src/sim/replay/timeline.ts';
import { VirtualClock } from '../../../src/sim/replay/virtual-clock.ts';
import { clockOf, ManualClock, settle } from '../../support/manual-clock.ts';

const open = (...arrivals: [name: string, at: number][]) => {
  const real = new ManualClock();
  const timeline = new Timeline(
    arrivals.map(([name, at]) => ({ name, at })),
    real,
  );
  const passed: string[] = [];
  const lane = (name: string, at: number) => {
    const own = timeline.arrive({ name, at });
    return {
      async turn(moment: number) {
        await timeline.turn(own, moment, new AbortController().signal);
        passed.push(`${name} ${moment}`);
        timeline.works(own);
      },
      isAway: () => timeline.isAway(own),
      leave: (moment: number) => timeline.leave(own, moment),
    };
  };
  return { real, timeline, passed, lane };
};

describe('a moment of one request', () => {
  test('comes at once where nobody else is there', async () => {
    const { passed, lane } = open(['a', 0]);
    await lane('a', 0).turn(500);
    expect(passed).toEqual(['a 500']);
  });

  test('waits for earlier ones of another', async () => {
    const { passed, lane } = open(['a', 0], ['b', 10]);
    const [a, b] = [lane('a', 0), lane('b', 10)];
    const late = a.turn(500);
    const early = b.turn(400);
    await early;
    expect(passed).toEqual(['b 400']);
    const later = b.turn(600);
    await late;
    await settle();
    expect(passed).toEqual(['b 400', 'a 500']);
    a.isAway();
    await later;
  });

  test('waits for a request that came before it, and for none that came after, or before its own', async () => {
    const { passed, lane } = open(['before', 0], ['a', 100], ['between', 200], ['after', 900]);
    const a = lane('a', 100);
    const waiting = a.turn(500);
    await settle();
    expect(passed).toEqual([]);
    lane('between', 200).isAway();
    await waiting;
    expect(passed).toEqual(['a 500']);
  });

  test('waits no longer than it took then', async () => {
    const { real, passed, lane } = open(['a', 0], ['never', 100]);
    const a = lane('a', 0);
    const waiting = a.turn(500);
    await real.advance(499);
    expect(passed).toEqual([]);
    await real.advance(1);
    await waiting;
    await a.turn(700);
    expect(passed).toEqual(['a 500', 'a 700']);
    expect(real.sleeping).toBe(0);
  });

  test('waits for nobody whose client is slow, or has left', async () => {
    const { passed, lane } = open(['a', 0], ['slow', 10], ['left', 20]);
    const [a, slow, left] = [lane('a', 0), lane('slow', 10), lane('left', 20)];
    const waiting = a.turn(500);
    slow.isAway();
    left.leave(500);
    await waiting;
    expect(passed).toEqual(['a 500']);
  });

  test('lets the client take in that another answer has ended', async () => {
    const { real, passed, lane } = open(['a', 0], ['b', 10]);
    const [a, b] = [lane('a', 0), lane('b', 10)];
    await real.advance(1);
    b.leave(400);
    const waiting = a.turn(5_000);
    await real.advance(99);
    expect(passed).toEqual([]);
    await real.advance(1);
    await waiting;
    a.leave(5_000);
    const c = lane('c', 6_000);
    await c.turn(6_001);
    expect(passed).toEqual(['a 5000', 'c 6001']);
  });

  test('is called off with its signal', async () => {
    const { timeline, real } = open(['a', 0], ['never', 100]);
    const off = new AbortController();
    const waiting = timeline.turn(timeline.arrive({ name: 'a', at: 0 }), 500, off.signal);
    off.abort('enough');
    expect(await waiting.catch((reason) => reason)).toBe('enough');
    expect(real.sleeping).toBe(0);
  });
});

/** No real time passes, so nobody goes on because it is late. */
const STUCK = clockOf(() => 0);

test('whatever runs side by side, all moments come in the order of then', async () => {
  const waits = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 });
  const request = fc.record({ start: fc.integer({ min: 0, max: 60 }), waits });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 5 }), async (requests) => {
      const timeline = new Timeline(
        requests.map(({ start }, index) => ({ name: String(index), at: start })),
        STUCK,
      );
      const moments: number[] = [];
      const playing = requests.map(async ({ start, waits: all }, index) => {
        const lane = timeline.arrive({ name: String(index), at: start });
        const clock = new VirtualClock(start, () => 0, STUCK, {
          turn: (at, signal) => timeline.turn(lane, at, signal),
          works: () => timeline.works(lane),
          isAway: () => timeline.isAway(lane),
        });
        for (const ms of all) {
          await clock.waitForUpstream(ms, undefined);
          moments.push(clock.monotonic());
        }
        timeline.isAway(lane);
      });
      await Promise.all(playing);
      expect(moments).toEqual([...moments].sort((a, b) => a - b));
    }),
    { numRuns: 60 },
  );
});
