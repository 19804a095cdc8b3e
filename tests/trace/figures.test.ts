import { describe, expect, test } from 'bun:test';
import { type Figures, healthOf, type Lately, together } from '../../src/trace/figures.ts';

const error = (at: string) => ({ at, type: 'api_error', message: 'm', request_id: at });
const figures = (more: Partial<Figures> = {}): Figures => ({
  since: 1_000,
  open: 0,
  requests: 0,
  retries: 0,
  errors: {},
  recentErrors: [],
  lately: { ended: 0, failed: 0 },
  ...more,
});

describe('several processes together', () => {
  test('counts are sums, errors are in the order of time, and the oldest start counts', () => {
    const one = figures({
      open: 2,
      requests: 5,
      retries: 1,
      errors: { api_error: 1, overloaded_error: 2 },
      recentErrors: [error('2026-01-01T00:00:03Z'), error('2026-01-01T00:00:01Z')],
    });
    const other = figures({
      since: 500,
      open: 1,
      requests: 7,
      errors: { api_error: 3 },
      recentErrors: [error('2026-01-01T00:00:02Z')],
    });
    const all = together([one, other]);
    expect(all).toMatchObject({ since: 500, open: 3, requests: 12, retries: 1 });
    expect(all.errors).toEqual({ api_error: 4, overloaded_error: 2 });
    expect(all.recentErrors.map(({ at }) => at.slice(-3, -1))).toEqual(['03', '02', '01']);
  });

  test('no more errors are kept than of one process', () => {
    const many = figures({ recentErrors: Array.from({ length: 20 }, (_, i) => error(String(i))) });
    expect(together([many, many]).recentErrors).toHaveLength(20);
  });

  test.each([
    ['nobody was asked', [], 'healthy'],
    [
      'one fails, the other does not',
      [
        [4, 4],
        [4, 0],
      ],
      'degraded',
    ],
    [
      'both fail',
      [
        [2, 2],
        [2, 2],
      ],
      'unhealthy',
    ],
    [
      'both fail, for one asker',
      [
        [2, 2, 'a'],
        [2, 2, 'a'],
      ],
      'degraded',
    ],
    [
      'both fail, each for an asker of its own',
      [
        [2, 2, 'a'],
        [2, 2, 'b'],
      ],
      'unhealthy',
    ],
    [
      'one fails for one asker, and the other had nothing to do',
      [
        [4, 4, 'a'],
        [0, 0],
      ],
      'degraded',
    ],
  ] satisfies [string, (readonly [number, number, string?])[], string][])('%s', (_what, rows, health) => {
    const latelies = rows.map(
      ([ended, failed, asker]): Lately => ({ ended, failed, ...(asker === undefined ? {} : { asker }) }),
    );
    const all = latelies.map((lately) => figures({ lately }));
    expect<string>(healthOf(together([figures(), ...all]).lately)).toBe(health);
  });
});
