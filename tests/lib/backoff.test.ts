import { expect, test } from 'bun:test';
import { backoffMs } from '../../src/lib/backoff.ts';

test('a wait doubles with each failure, up to the longest', () => {
  const waits = [0, 1, 2, 3, 4, 5, 2_000].map((earlier) => backoffMs({ first: 5, most: 60 }, earlier));
  expect(waits).toEqual([5, 10, 20, 40, 60, 60, 60]);
});
