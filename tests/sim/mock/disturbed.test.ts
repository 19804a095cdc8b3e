/** Scenarios that disturb the answers of others: which request they strike, and how. */
import { describe, expect, test } from 'bun:test';
import type { Fetch } from '../../../src/lib/ports.ts';
import { findScenario } from '../../../src/sim/scenarios.ts';
import { joinedStates } from '../../support/pools/joined-states.ts';
import { BASE, declare, fakeExchange, mockFetch, post, SCENARIOS, userSays } from './harness.ts';

const promptOf = (name: string): string => findScenario(SCENARIOS, name).demo?.prompt ?? '';

/**
 * Several attempts with the same history, as a client makes that was refused: their statuses, or why an attempt ended.
 */
async function attempts(fetch: Fetch, prompt: string, count: number): Promise<(number | string)[]> {
  const url = `${BASE}/gemini-4-argon:streamGenerateContent?alt=sse`;
  const seen: (number | string)[] = [];
  for (let i = 0; i < count; i++) {
    const body = { contents: [userSays(prompt)], tools: declare('Write', 'Bash') };
    const response = await fetch(url, post(body), fakeExchange());
    seen.push(await response.text().then(() => response.status, String));
  }
  return seen;
}

describe('rate-limited-day', () => {
  test('the minute is over at requests 2 and 3, a 503 at 6, a 500 at 9', async () => {
    expect(await attempts(mockFetch(), promptOf('rate-limited-day'), 10)).toEqual([
      200, 429, 429, 200, 200, 503, 200, 200, 500, 200,
    ]);
  });

  test('mocks of several processes count together, whichever a client comes to', async () => {
    const mocks = joinedStates(2).map((shared) => mockFetch({ shared }));
    let asked = 0;
    const inTurn: Fetch = (...request) => (mocks[asked++ % 2] ?? mockFetch())(...request);
    expect(await attempts(inTurn, promptOf('rate-limited-day'), 10)).toEqual([
      200, 429, 429, 200, 200, 503, 200, 200, 500, 200,
    ]);
  });

  test.each([
    ['on a rate-limited day', 2, 'PerMinute', /Please retry in 1s/],
    ["until the day's quota is gone", 1, 'PerDay', /limit: 250/],
  ])('%s: Google tells which quota, and how long to wait', async (prompt, nth, quota, message) => {
    const fetch = mockFetch();
    let body = '';
    for (let i = 0; i < nth; i++) {
      const contents = [userSays(`build a small cli ${prompt}`)];
      const init = post({ contents, tools: declare('Write') });
      body = await (await fetch(`${BASE}/gemini-4-argon:generateContent`, init, fakeExchange())).text();
    }
    const { error } = JSON.parse(body);
    expect(error).toMatchObject({
      code: 429,
      status: 'RESOURCE_EXHAUSTED',
      message: expect.stringMatching(message),
    });
    expect(JSON.stringify(error.details)).toContain(quota);
    expect(JSON.stringify(error.details)).toMatch(/RetryInfo","retryDelay":"\d+s"/);
  });
});

test('flaky-network spoils six requests, each in its own way, and leaves the answers between alone', async () => {
  const seen = await attempts(mockFetch(), promptOf('flaky-network'), 11);
  expect(seen[0]).toMatch(/ECONNRESET|reset|closed/i);
  expect(seen.slice(1)).toEqual([200, 200, 200, 200, 503, 200, 200, 200, 200, 200]);
});
