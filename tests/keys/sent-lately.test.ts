import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { SentLately } from '../../src/keys/sent-lately.ts';
import { ManualClock } from '../support/manual-clock.ts';

test('counts what was sent within the last minute, to the second', async () => {
  const waits = fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(waits, async (steps) => {
      const clock = new ManualClock();
      const lately = new SentLately(clock);
      const sent: number[] = [];
      for (const step of steps) {
        await clock.advance(step);
        lately.note();
        sent.push(Math.floor(clock.monotonic() / 1_000));
        const now = Math.floor(clock.monotonic() / 1_000);
        expect(lately.count).toBe(sent.filter((second) => now - second < 60).length);
      }
      await clock.advance(61_000);
      expect(lately.count).toBe(0);
    }),
    { numRuns: 50 },
  );
});
