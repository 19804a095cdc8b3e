import { expect, test } from 'bun:test';
import { type KeptPrompt, KeptPrompts, readBy } from '../../../src/answer/caching/kept-prompts.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const prompt = (clock: ManualClock, prefix: string, tokens = 10): KeptPrompt => ({
  name: `cachedContents/${prefix}`,
  tokens,
  prefix,
  key: 'key',
  model: 'model',
  ttlMs: 300_000,
  until: clock.monotonic() + 300_000,
  usedAt: clock.monotonic(),
  readers: { session: 'a', others: false },
  isOwn: true,
});

test('what expires soon is not read any more: a request would be under way meanwhile', async () => {
  const clock = new ManualClock();
  const kept = new KeptPrompts(clock, { count: 9, tokens: 999 });
  kept.add(prompt(clock, 'a'));
  await clock.advance(284_000);
  expect(kept.get('a')?.name).toBe('cachedContents/a');
  await clock.advance(1_000);
  expect([kept.get('a'), kept.all()]).toEqual([undefined, []]);
});

test.each([
  ['their number', { count: 2, tokens: 999 }, 10],
  ['their tokens', { count: 9, tokens: 25 }, 10],
])('%s is bounded: what was used longest ago goes', async (_what, most, tokens) => {
  const clock = new ManualClock();
  const kept = new KeptPrompts(clock, most);
  const dropped: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    dropped.push(...kept.add(prompt(clock, name, tokens)).map(({ prefix }) => prefix));
    await clock.advance(1_000);
    const first = kept.get('a');
    if (first) first.usedAt = clock.monotonic();
  }
  expect([dropped, kept.all().map(({ prefix }) => prefix)]).toEqual([['b'], ['a', 'c']]);
});

test.each([
  ['its own session', ['a', 'a'], false],
  ['another session', ['a', 'b'], true],
  ['nobody known', [undefined], true],
])('read by %s', (_what, sessions, others) => {
  const kept = prompt(new ManualClock(), 'a');
  for (const session of sessions) readBy(kept, session);
  expect(kept.readers.others).toBe(others);
});
