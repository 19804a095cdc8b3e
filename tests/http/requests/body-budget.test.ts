/** The limit for all request bodies together. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { BodyBudget, type HeldBody } from '../../../src/http/body-budget.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';

const quiet = new AbortController().signal;
const open = () => {
  const clock = new ManualClock();
  return { clock, budget: new BodyBudget(clock, { entry: 100, most: 150 }) };
};
const isHeld = async (held: Promise<HeldBody>): Promise<boolean> => {
  let isHeld = false;
  held.then(
    () => {
      isHeld = true;
    },
    () => {},
  );
  await settle();
  return isHeld;
};

describe('a body', () => {
  test('waits for its room, and gets it when another is let go', async () => {
    const { clock, budget } = open();
    const first = await budget.hold(80, quiet);
    const second = budget.hold(30, quiet);
    expect(await isHeld(second)).toBe(false);
    first.release();
    expect([await isHeld(second), budget.held, clock.sleeping]).toEqual([true, 30, 0]);
  });

  test('that is small does not wait behind a large one', async () => {
    const { budget } = open();
    await budget.hold(80, quiet);
    const large = budget.hold(30, quiet);
    expect([await isHeld(budget.hold(20, quiet)), await isHeld(large)]).toEqual([true, false]);
  });

  test('that gets none in time is told to come back', async () => {
    const { clock, budget } = open();
    await budget.hold(100, quiet);
    const refused = budget.hold(1, quiet).catch((error: unknown) => error);
    await clock.advance(20_000);
    expect(await refused).toMatchObject({ type: 'overloaded_error', retryAfter: 10 });
    expect(budget.held).toBe(100);
  });

  test('whose client leaves gives up', async () => {
    const { clock, budget } = open();
    const leaving = new AbortController();
    await budget.hold(100, quiet);
    const gone = budget.hold(1, leaving.signal).catch((error: unknown) => error);
    leaving.abort('gone');
    expect([await gone, clock.sleeping]).toEqual(['gone', 0]);
  });

  test('may turn out larger, up to what there is at most, and is not kept waiting with what it has', async () => {
    const { budget } = open();
    const [one, two] = [await budget.hold(50, quiet), await budget.hold(50, quiet)];
    one.grow(50);
    expect(() => two.grow(1)).toThrow('too many large requests');
    one.release();
    one.release();
    expect(budget.held).toBe(50);
    two.grow(100);
    expect(budget.held).toBe(150);
  });
});

test('whatever comes: what is held is the sum of what was not released, and who fits does not wait', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('hold' as const), bytes: fc.integer({ min: 1, max: 100 }) }),
    fc.record({
      kind: fc.constant('grow' as const),
      which: fc.nat(20),
      bytes: fc.integer({ min: 1, max: 60 }),
    }),
    fc.record({ kind: fc.constant('release' as const), which: fc.nat(20) }),
    fc.record({ kind: fc.constant('leave' as const), which: fc.nat(20) }),
    fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(1, 10_000, 20_000) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { clock, budget } = open();
      const bodies: { bytes: number; held?: HeldBody; over: boolean; client: AbortController }[] = [];
      for (const one of steps) {
        if (one.kind === 'time') await clock.advance(one.ms);
        const chosen = 'which' in one ? bodies[one.which % Math.max(1, bodies.length)] : undefined;
        if (one.kind === 'hold') {
          const body: (typeof bodies)[number] = {
            bytes: one.bytes,
            over: false,
            client: new AbortController(),
          };
          bodies.push(body);
          budget.hold(one.bytes, body.client.signal).then(
            (held) => {
              body.held = held;
            },
            () => {
              body.over = true;
            },
          );
        }
        if (chosen?.held && !chosen.over && one.kind === 'grow') {
          const before = budget.held;
          const grown = (() => {
            try {
              chosen.held.grow(one.bytes);
              return true;
            } catch {
              return false;
            }
          })();
          expect(grown).toBe(before + one.bytes <= 150);
          if (grown) chosen.bytes += one.bytes;
        }
        if (chosen?.held && one.kind === 'release') {
          chosen.held.release();
          chosen.over = true;
        }
        if (chosen && one.kind === 'leave') chosen.client.abort('gone');
        await settle();
        const now = bodies.filter(({ held, over }) => held && !over);
        expect(budget.held).toBe(now.reduce((sum, { bytes }) => sum + bytes, 0));
        const waiting = bodies.filter(({ held, over }) => !held && !over);
        for (const { bytes } of waiting) expect(budget.held + bytes).toBeGreaterThan(100);
        expect(clock.sleeping).toBe(waiting.length);
      }
    }),
    { numRuns: 200 },
  );
});
