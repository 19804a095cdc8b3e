import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type RateLimits, RateWindow } from '../../src/keys/rate-window.ts';
import { clockOf } from '../support/manual-clock.ts';

const START = 1_000_000;
const MINUTE = 60_000;

function openRate(requests: number | undefined, tokens: number | undefined) {
  const time = { now: START };
  const rate = new RateWindow(
    { requests, tokens },
    clockOf(() => time.now),
  );
  /** How long until a request with so many tokens may go out. */
  const wait = (size: number) => Math.max(0, rate.roomFor(size).at - time.now);
  return { rate, time, wait };
}

describe('a rate', () => {
  test('without limits nobody waits', () => {
    const { rate, wait } = openRate(undefined, undefined);
    for (let i = 0; i < 1_000; i++) rate.note(1_000_000);
    expect(wait(1_000_000)).toBe(0);
  });

  test('of requests: the one too many waits until the first is a minute old', () => {
    const { rate, time, wait } = openRate(2, undefined);
    rate.note(0);
    time.now += 10_000;
    rate.note(0);
    time.now += 10_000;
    expect(wait(0)).toBe(40_000);
    time.now += 40_000;
    expect(wait(0)).toBe(0);
    rate.note(0);
    expect(wait(0)).toBe(10_000);
  });

  test('of tokens: as long as it takes for so many to be free', () => {
    const { rate, time, wait } = openRate(undefined, 100);
    rate.note(60);
    time.now += 10_000;
    rate.note(30);
    expect([wait(10), wait(11), wait(70), wait(71)]).toEqual([0, 50_000, 50_000, 60_000]);
  });

  test('one larger than the limit goes alone', () => {
    const { rate, time, wait } = openRate(undefined, 100);
    expect(wait(500)).toBe(0);
    rate.note(1);
    expect(wait(500)).toBe(MINUTE);
    time.now += MINUTE;
    expect(wait(500)).toBe(0);
    rate.note(500);
    expect(wait(1)).toBe(MINUTE);
  });

  test('what another instance sent counts from when it was sent', () => {
    const { rate, time, wait } = openRate(2, undefined);
    rate.note(0);
    rate.note(0, time.now - 50_000);
    expect(wait(0)).toBe(10_000);
  });

  test('other limits hold at once, and for what was sent before', () => {
    const { rate, wait } = openRate(undefined, undefined);
    for (let i = 0; i < 3; i++) rate.note(10);
    rate.limit({ requests: 2, tokens: undefined });
    expect(wait(10)).toBe(MINUTE);
    rate.limit({ requests: 4, tokens: undefined });
    expect(wait(10)).toBe(0);
  });
});

describe('whatever is sent', () => {
  type Sent = { at: number; tokens: number };
  const within = (sent: readonly Sent[], at: number) =>
    sent.filter((one) => one.at > at - MINUTE && one.at <= at);
  /** By the definition: counts what was sent within the minute before. */
  const fits = (sent: readonly Sent[], at: number, size: number, limits: RateLimits): boolean => {
    const recent = within(sent, at);
    const sum = recent.reduce((total, { tokens }) => total + tokens, 0);
    const { requests = Infinity, tokens = Infinity } = limits;
    return recent.length < requests && (recent.length === 0 || sum + size <= tokens);
  };
  const limits = fc.record({
    requests: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    tokens: fc.option(fc.constant(100), { nil: undefined }),
  });
  const steps = fc.array(
    fc.record({ ms: fc.constantFrom(0, 1, 5_000, 20_000, 59_999, 60_000), size: fc.nat(130) }),
    { maxLength: 40 },
  );

  test('no minute has more than the limits, and no wait is a millisecond too long', () => {
    fc.assert(
      fc.property(limits, steps, (given, script) => {
        const { rate, time } = openRate(given.requests, given.tokens);
        const sent: Sent[] = [];
        for (const { ms, size } of script) {
          time.now += ms;
          const free = rate.roomFor(size).at;
          if (free > time.now) {
            expect(fits(sent, free - 1, size, given)).toBe(false);
            time.now = free;
            expect(rate.roomFor(size).at).toBeLessThanOrEqual(time.now);
          }
          expect(fits(sent, time.now, size, given)).toBe(true);
          rate.note(size);
          sent.push({ at: time.now, tokens: size });
        }
        for (const { at } of sent) {
          const minute = within(sent, at);
          const sum = minute.reduce((total, { tokens }) => total + tokens, 0);
          expect(minute.length).toBeLessThanOrEqual(given.requests ?? Infinity);
          if (minute.length > 1) expect(sum).toBeLessThanOrEqual(given.tokens ?? Infinity);
        }
      }),
      { numRuns: 300 },
    );
  });
});
