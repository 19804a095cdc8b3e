/**
 * A day of 200 sessions and three keys, in virtual time: quotas, a revoked key, storms, an outage, resets, stalls.
 * Every request ends in its complete answer or in one typed error. `DAY_TABLE=1` prints the figures of the day.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Day, playDay } from './day/day.ts';
import {
  askedAgain,
  misdirected,
  missingInStory,
  secretsTold,
  shareOfKeys,
  unexpected,
  unsettled,
  untold,
} from './day/day-laws.ts';
import { type Judgement, judge, problemsOf } from './day/judge.ts';
import { BIG, CAPPED_AT, DAY, LAST, MIDNIGHT, SMALL } from './day/script.ts';
import { figuresOf, tableOf } from './day/table.ts';

const LONG = 120_000;

/** Errors after which every client tries again by itself. */
const isRetryable = ({ asked: { error } }: Judgement): boolean =>
  error !== undefined &&
  error.shouldRetry !== 'false' &&
  (error.status === 200 ? error.type === 'overloaded_error' : error.status >= 500);

const STORMS = ['storm of 50 %', 'storm of 90 %'];
/** For each storm: how often upstream was asked for each request, one figure for each seed. */
const sendsInStorms = new Map<string, number[]>(STORMS.map((phase) => [phase, []]));

describe.each([1, 2])('a day (seed %d)', (seed) => {
  let day: Day;
  let verdicts: readonly Judgement[];
  const of = (phase: string) => figuresOf(phase, verdicts);
  const errorsOf = (...phases: string[]) =>
    verdicts.filter(({ asked, ending }) => ending === 'error' && phases.includes(asked.phase));

  beforeAll(async () => {
    day = await playDay({ seed });
    verdicts = judge(day.asked, day.sends);
    for (const [phase, figures] of sendsInStorms) figures.push(of(phase).sendsPerRequest);
  }, LONG);

  afterAll(() => {
    if (process.env['DAY_TABLE'] === '1') console.log(`seed ${seed}\n${tableOf(DAY, verdicts)}`);
  });

  test('every request ends in its own whole answer or in one typed error, in time', () => {
    expect(problemsOf(verdicts)).toEqual([]);
    expect(verdicts.length).toBeGreaterThan(4_000);
  });

  test.each(['calm', 'revoked key', 'after the storm', 'day quota', 'after midnight'])(
    '%s: every request that is not left is answered',
    (phase) => {
      expect(of(phase).requests).toBeGreaterThan(190);
      expect(of(phase).completeShare).toBe(1);
    },
  );

  test('quotas of a minute: nearly all is answered after a short wait, the rest told when to come back', () => {
    expect(of('minute quotas').completeShare).toBeGreaterThan(0.95);
    for (const { asked } of errorsOf('minute quotas')) {
      expect(asked.error).toMatchObject({ type: 'rate_limit_error', shouldRetry: null });
      expect(asked.error?.retryAfter).toBeWithin(1, 61);
    }
  });

  test.each(['rough', 'rough and busy'])(
    '%s: nearly all is answered while one attempt of ten fails',
    (phase) => {
      const { failedShare, completeShare } = of(phase);
      expect(failedShare).toBeGreaterThan(0.08);
      expect(completeShare).toBeGreaterThanOrEqual(0.995);
    },
  );

  test.each(STORMS)('%s: the budget holds, and the rest fails fast', (phase) => {
    const { failedShare, sendsPerRequest, errorP50, errorP99 } = of(phase);
    expect(failedShare).toBeGreaterThan(0.4);
    expect(sendsPerRequest).toBeLessThanOrEqual(1.5);
    expect(errorP50).toBeLessThanOrEqual(1_000);
    expect(errorP99).toBeLessThanOrEqual(30_000);
    expect(errorsOf(phase).filter((verdict) => !isRetryable(verdict))).toEqual([]);
  });

  test('an outage of the big model: the next group answers for it, but not who named it', () => {
    const asked = verdicts.filter(({ asked }) => asked.phase === 'outage');
    const mapped = asked.filter(({ asked }) => asked.model.startsWith('claude-'));
    expect(mapped.length).toBeGreaterThan(300);
    expect(mapped.filter(({ ending }) => ending === 'error')).toEqual([]);
    expect(errorsOf('outage').every(isRetryable)).toBe(true);
    const inVain = asked.flatMap(({ sends }) => sends).filter(({ outcome }) => outcome === 'outage');
    expect(inVain.length).toBeLessThan(0.1 * asked.length);
  });

  test('a model that no key has quota for until midnight: the next group answers for it, and nobody asks for it again', () => {
    expect(errorsOf('no small model')).toEqual([]);
    const sends = verdicts
      .filter(({ asked }) => asked.phase === 'no small model')
      .flatMap((one) => one.sends);
    const answered = sends.filter(({ outcome }) => outcome === 'answered');
    expect(answered.filter(({ model }) => model === LAST).length).toBeGreaterThan(20);
    expect(answered.filter(({ model }) => model === SMALL)).toEqual([]);
    expect(sends.filter(({ model }) => model === SMALL).length).toBeLessThanOrEqual(5);
  });

  test('an answer that is cut is told as such, and can be asked for again', () => {
    const cut = errorsOf('cut answers');
    expect(cut.length).toBeGreaterThan(10);
    expect(cut.filter((verdict) => !isRetryable(verdict))).toEqual([]);
    const after = cut.filter(({ asked }) => asked.contentAt !== undefined);
    expect(after.length).toBeGreaterThan(10);
  });

  test('nobody waits for a dead key: what Google has turned down is not asked again before its time', () => {
    expect(askedAgain(day)).toEqual([]);
    expect(day.sends.filter(({ outcome }) => outcome === 'key refused').length).toBeLessThanOrEqual(10);
  });

  test('a key parked for the day comes back at midnight in California', () => {
    const asked = day.sends.filter(({ key, model }) => key === 'capped' && model === BIG).map(({ at }) => at);
    const parked = asked.filter((at) => at > CAPPED_AT + 60_000 && at < MIDNIGHT);
    expect(parked.length).toBeLessThanOrEqual(10);
    expect(asked.filter((at) => at >= MIDNIGHT).length).toBeGreaterThan(10);
  });

  test('sessions are dealt evenly to keys, and stay with theirs while all is well', () => {
    expect(unsettled(verdicts, ['calm'])).toEqual([]);
    const [a = 0, b = 0, c = 0] = shareOfKeys(verdicts, 'calm', BIG);
    expect(Math.max(a, b, c)).toBeLessThan(1.5 * Math.min(a, b, c));
  });

  test('a signature goes to whom it is of, and a model that was named is the one asked', () => {
    expect(misdirected(verdicts)).toEqual([]);
  });

  test('the log tells the story, with one line a request, and no secret', () => {
    expect(missingInStory(day)).toEqual([]);
    expect(untold(day, verdicts)).toEqual([]);
    expect(secretsTold(day)).toEqual([]);
    expect(unexpected(day)).toEqual([]);
  });

  test('in the end the proxy says of itself what is not well: the revoked key', () => {
    const keys = day.health['keys'] as { state: string }[];
    expect(keys.map(({ state }) => state).sort()).toEqual(['in use', 'in use', 'out']);
    expect(day.health['status']).toBe('degraded');
  });

  test('nothing is left when everybody has gone', () => {
    expect(day.left).toEqual({ sleepers: 0, openAtGoogle: 0, answersOpen: 0 });
  });
});

// Two of three requests of a storm come alone, and who is alone is always retried. What keeps the rest from upstream is the breaker, and
// whether half of the requests failing open it is a matter of chance: of twelve days three had 1.3 to 1.4 sends a request, the others 0.6 to 1.1.
test.each(STORMS)('%s: over all days upstream is not asked much more than it was meant to be', (phase) => {
  const figures = sendsInStorms.get(phase) ?? [];
  expect(figures).toHaveLength(2);
  expect(figures.reduce((sum, figure) => sum + figure, 0) / figures.length).toBeLessThanOrEqual(1.2);
});
