/** Clients that leave give their share of the retry budget back: later clients are retried as usual. */
import { expect, test } from 'bun:test';
import { playDay } from './day.ts';
import { judge, problemsOf } from './judge.ts';
import type { Phase } from './script.ts';
import { figuresOf } from './table.ts';

const early = {
  share: 0.4,
  kinds: ['internal error', 'error after thoughts', 'end after thoughts'],
} as const;

/** So few that each is alone, with a budget of its own. */
const SCRIPT: readonly Phase[] = [
  { name: 'leaving', from: 0, lasts: 100, asks: 100, early, leaving: { soon: 0, inTheAnswer: 1 } },
  { name: 'staying', from: 101, lasts: 100, asks: 100, early, leaving: { soon: 0, inTheAnswer: 0 } },
];

test.each([1, 2, 3])(
  'after many have left, one who stays is retried (seed %d)',
  async (seed) => {
    const day = await playDay({ seed, script: SCRIPT, sessions: 20 });
    const verdicts = judge(day.asked, day.sends);
    expect(problemsOf(verdicts)).toEqual([]);
    expect(figuresOf('leaving', verdicts).left).toBeGreaterThan(80);
    expect(figuresOf('staying', verdicts).completeShare).toBeGreaterThan(0.95);
  },
  20_000,
);
