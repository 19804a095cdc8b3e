import { describe, expect, test } from 'bun:test';
import { Counters } from '../../src/trace/counters.ts';
import type { Blame, TraceFact } from '../../src/trace/events.ts';
import { healthOf } from '../../src/trace/figures.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ASKED, CHOSEN, RECEIVED, story } from '../support/story.ts';

const END: TraceFact = { type: 'end', status: 200, clientLeft: false };

function counting() {
  const clock = new ManualClock();
  const counters = new Counters(clock);
  const hear = (id: string, facts: readonly TraceFact[]) => {
    const listen = counters.subscriber(id);
    for (const event of story(facts.map((fact) => [0, fact]))) listen(event);
  };
  /** A request that a model was asked for, and how it ended. */
  const ends = (blame?: Blame, asker = 'asker-1') =>
    hear('req_1', [
      RECEIVED,
      { ...ASKED, asker },
      CHOSEN,
      ...(blame
        ? [{ type: 'error', error: 'api_error', class: 'internal', message: 'm', blame } as const]
        : []),
      END,
    ]);
  const health = () => healthOf(counters.figures(0).lately);
  return { clock, counters, hear, ends, health };
}

describe('the health of now', () => {
  const times = <T>(number: number, outcome: T): T[] => Array.from({ length: number }, () => outcome);
  test.each([
    ['nothing yet', [], 'healthy'],
    ['all is well', times(4, undefined), 'healthy'],
    ["clients' own mistakes", times(4, 'client'), 'healthy'],
    ['one of many fails', [...times(3, undefined), 'others'], 'degraded'],
    ['too few to know', times(3, 'others'), 'degraded'],
    ['all fail', times(4, 'others'), 'unhealthy'],
    ['one request fails again and again', times(9, 'request'), 'degraded'],
  ] satisfies [string, (Blame | undefined)[], string][])('%s', (_what, outcomes, health) => {
    const { health: now, ends } = counting();
    for (const blame of outcomes) ends(blame);
    expect<string>(now()).toBe(health);
  });

  test('several requests that may each be at fault are not all at fault', () => {
    const { health, ends } = counting();
    for (let asker = 0; asker < 4; asker++) ends('request', `asker-${asker}`);
    expect(health()).toBe('unhealthy');
  });

  test('what was a minute ago does not count', async () => {
    const { clock, health, ends } = counting();
    for (let i = 0; i < 4; i++) ends('others');
    await clock.advance(59_999);
    expect(health()).toBe('unhealthy');
    await clock.advance(1);
    expect(health()).toBe('healthy');
  });

  test('a request that was never sent says nothing', () => {
    const { health, hear } = counting();
    hear('req_1', [RECEIVED, { type: 'error', error: 'api_error', message: 'm', blame: 'others' }, END]);
    expect(health()).toBe('healthy');
  });
});

describe('counts', () => {
  test('of requests, of retries that cost something, and of errors by name', () => {
    const { counters, hear } = counting();
    hear('req_1', [
      RECEIVED,
      { type: 'step', step: 'other-key', cost: 'nothing', retriesLeft: 2 },
      { type: 'step', step: 'retry', cost: 'retry', retriesLeft: 1 },
      { type: 'error', error: 'rate_limit_error', message: 'm', blame: 'others' },
      END,
    ]);
    hear('req_2', [RECEIVED]);
    const { requests, retries, errors } = counters;
    expect({ requests, retries, errors: Object.fromEntries(errors) }).toEqual({
      requests: 2,
      retries: 1,
      errors: { rate_limit_error: 1 },
    });
  });

  test('the last twenty errors, newest first, cut and without the queries of URLs', () => {
    const { counters, hear } = counting();
    for (let i = 0; i < 25; i++) {
      const message = `see https://h.example/?sig=canary ${'x'.repeat(1_000)}`;
      hear(`req_${i}`, [{ type: 'error', error: 'api_error', class: 'media', message, blame: 'client' }]);
    }
    const { recentErrors } = counters;
    expect(recentErrors.map(({ request_id }) => request_id).slice(0, 2)).toEqual(['req_24', 'req_23']);
    expect(recentErrors).toHaveLength(20);
    expect(recentErrors[0]).toMatchObject({ class: 'media', type: 'api_error', at: expect.any(String) });
    expect(recentErrors[0]?.message).toHaveLength(200);
    expect(JSON.stringify(recentErrors)).not.toContain('canary');
  });
});
