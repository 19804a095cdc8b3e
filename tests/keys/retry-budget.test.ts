import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type BudgetTicket, RetryBudget } from '../../src/keys/retry-budget.ts';
import { createSeededRandom } from '../../src/lib/ports.ts';
import { clockOf, ManualClock } from '../support/manual-clock.ts';

/** Retries of one request. */
const CEILING = 12;

const takeAll = (ticket: BudgetTicket, wanted: number): number =>
  Array.from({ length: wanted }, () => ticket.take()).filter(Boolean).length;

describe('a retry budget', () => {
  test('whoever is alone is always retried', () => {
    expect(takeAll(new RetryBudget(new ManualClock()).begin(), 100)).toBe(100);
  });

  test('so are three at a time; a fourth is not, until one of them has ended', () => {
    const budget = new RetryBudget(new ManualClock());
    const [a, b, c, d] = [budget.begin(), budget.begin(), budget.begin(), budget.begin()];
    expect([a, b, c, d].map((ticket) => ticket.take())).toEqual([true, true, true, false]);
    expect(takeAll(b, 20)).toBe(20);
    expect(d.take()).toBe(false);
    a.end();
    expect(d.take()).toBe(true);
  });

  test('a fifth of what is in flight, held until each ends', () => {
    const budget = new RetryBudget(new ManualClock());
    const tickets = Array.from({ length: 100 }, () => budget.begin());
    expect(tickets.filter((ticket) => ticket.take())).toHaveLength(20);
    expect(budget.load).toEqual({ inFlight: 100, retries: 20 });
    for (const ticket of tickets) ticket.end();
    expect(budget.load).toEqual({ inFlight: 0, retries: 0 });
  });

  test('an end counts once, and gives nothing afterwards', () => {
    const budget = new RetryBudget(new ManualClock());
    const [ended, other] = [budget.begin(), budget.begin()];
    ended.take();
    ended.end();
    ended.end();
    expect(ended.take()).toBe(false);
    expect(budget.load).toEqual({ inFlight: 1, retries: 0 });
    other.end();
    expect(budget.load).toEqual({ inFlight: 0, retries: 0 });
  });

  test('or a fifth of what began in the last five minutes, for those who come one by one', async () => {
    const clock = new ManualClock();
    const budget = new RetryBudget(clock);
    for (let i = 0; i < 40; i++) budget.begin().end();
    const tickets = Array.from({ length: 12 }, () => budget.begin());
    expect(tickets.filter((ticket) => ticket.take())).toHaveLength(10);
    await clock.advance(300_001);
    expect(tickets[11]?.take()).toBe(false);
  });
});

describe('one asker who fails again and again', () => {
  /** Ten requests of one asker, each retried twelve times, among forty of others. */
  function poisoned() {
    const budget = new RetryBudget(new ManualClock());
    for (let i = 0; i < 40; i++) budget.begin(`asker ${i}`).end();
    for (let i = 0; i < 10; i++) {
      const ticket = budget.begin('poison');
      takeAll(ticket, CEILING);
      ticket.end();
    }
    return budget;
  }

  test('leaves others half of what came lately', () => {
    const budget = poisoned();
    const held = ['a', 'b', 'c'].map((asker) => budget.begin(asker));
    for (const ticket of held) ticket.take();
    const others = ['d', 'e', 'f', 'g'].map((asker) => budget.begin(asker));
    expect(others.map((ticket) => ticket.take())).toEqual([true, true, false, false]);
  });

  test('takes one of the three places, however many requests it has', () => {
    const budget = new RetryBudget(new ManualClock());
    const poison = Array.from({ length: 5 }, () => budget.begin('poison'));
    expect(poison.map((ticket) => ticket.take())).toEqual([true, true, true, false, false]);
    const others = ['a', 'b', 'c'].map((asker) => budget.begin(asker));
    expect(others.map((ticket) => ticket.take())).toEqual([true, true, false]);
  });
});

describe('a storm', () => {
  /**
   * Requests that are sent, and sent again while they fail and may be. With `flow` a new request comes for each that
   * ends, as long as there are any.
   */
  function storm(requests: number, failing: number, flow = requests) {
    const random = createSeededRandom(7);
    const budget = new RetryBudget(new ManualClock());
    const begin = () => ({ ticket: budget.begin(), retries: 0 });
    let begun = Math.min(flow, requests);
    let open = Array.from({ length: begun }, begin);
    let sends = 0;
    let unanswered = 0;
    while (open.length > 0) {
      const next: typeof open = [];
      for (const { ticket, retries } of open) {
        sends++;
        const fails = random.next() < failing;
        if (fails && retries < CEILING && ticket.take()) {
          next.push({ ticket, retries: retries + 1 });
          continue;
        }
        ticket.end();
        if (fails) unanswered++;
        if (begun < requests) next.push(begin());
        begun = Math.min(requests, begun + 1);
      }
      open = next;
    }
    return { sends, unanswered };
  }

  test('1000 requests of which half fail: at most 1.2 times as many are sent', () => {
    const { sends, unanswered } = storm(1_000, 0.5);
    expect(sends).toBeGreaterThan(1_100);
    // The last three may always be retried.
    expect(sends).toBeLessThanOrEqual(1_200 + 3 * CEILING);
    expect(unanswered).toBeLessThan(500);
  });

  test('a model that is down: each is asked once, and a fifth once more', () => {
    expect(storm(1_000, 1).sends).toBeLessThanOrEqual(1_200 + 3 * CEILING);
  });

  test('one in ten fails, while others come and go: nearly everyone is answered', () => {
    const { sends, unanswered } = storm(50_000, 0.1, 200);
    expect(unanswered).toBeLessThan(50_000 * 0.005);
    expect(sends).toBeLessThan(50_000 * 1.2);
  });

  test('half fail, while others come and go: no more than the share again', () => {
    expect(storm(50_000, 0.5, 200).sends).toBeLessThanOrEqual(50_000 * 1.2 * 1.002);
  });
});

test('whatever comes: never more than a share, of now or of lately, or what three askers hold', () => {
  const LATELY = 300_000;
  const step = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('begin' as const),
        asker: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      }),
    },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('take' as const), which: fc.nat(60) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat(60) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('time' as const),
        ms: fc.constantFrom(1_000, 100_000, LATELY),
      }),
    },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      let now = 1_000_000;
      const budget = new RetryBudget(clockOf(() => now));
      const tickets: {
        ticket: BudgetTicket;
        asker: string;
        held: number;
        ended: boolean;
        at: number;
      }[] = [];
      const taken: { at: number; asker: string }[] = [];
      const lately = <T extends { at: number }>(all: readonly T[]) =>
        all.filter(({ at }) => now - at <= LATELY);
      /** One more, in addition to those counted; of any other asker at most half of the limit counts. */
      const fits = (counted: readonly { asker: string; count: number }[], asker: string, limit: number) => {
        const each = Map.groupBy(counted, (one) => one.asker);
        const sums = [...each].map(([other, ones]) => {
          const sum = ones.reduce((total, { count }) => total + count, 0);
          return other === asker ? sum : Math.min(sum, limit / 2);
        });
        return sums.reduce((total, sum) => total + sum, 1) <= limit;
      };
      const open = () => tickets.filter(({ ended }) => !ended);
      const total = () => open().reduce((sum, { held }) => sum + held, 0);
      const isAllowed = (chosen: (typeof tickets)[number]): boolean => {
        const { asker } = chosen;
        const retrying = open().filter((other) => other !== chosen && other.held > 0);
        const own = retrying.filter((other) => other.asker === asker).length;
        const others = new Set(retrying.map((other) => other.asker).filter((other) => other !== asker)).size;
        if (chosen.ended || own + others < 3) return !chosen.ended;
        const ones = lately(taken).map((one) => ({ ...one, count: 1 }));
        const held = open().map((one) => ({ asker: one.asker, count: one.held }));
        return fits(ones, asker, 0.2 * lately(tickets).length) || fits(held, asker, 0.2 * open().length);
      };
      for (const one of steps) {
        if (one.kind === 'begin')
          tickets.push({ ticket: budget.begin(one.asker), asker: one.asker, held: 0, ended: false, at: now });
        if (one.kind === 'time') now += one.ms;
        const chosen = 'which' in one ? tickets[one.which % Math.max(1, tickets.length)] : undefined;
        if (chosen && one.kind === 'end') {
          chosen.ticket.end();
          chosen.ended = true;
        }
        if (chosen && one.kind === 'take') {
          const allowed = isAllowed(chosen);
          expect(chosen.ticket.take()).toBe(allowed);
          if (allowed) chosen.held++;
          if (allowed) taken.push({ at: now, asker: chosen.asker });
        }
        expect(budget.load).toEqual({ inFlight: open().length, retries: total() });
      }
    }),
    { numRuns: 300 },
  );
});
