/** The page of a developer's way from a bad answer to a green test is what happens today, and the review is short. */
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { journey, PAGE } from '../../scripts/journey.ts';

/** Of one exchange, with the fix and the row in the list of all turns. */
const MOST_LINES = 60;

test('the way from a bad answer to a green test is as docs/journey.md shows it (bun scripts/journey.ts)', async () => {
  const now = await journey();
  expect(now).toBe(readFileSync(PAGE, 'utf8'));
  const [, added = '', removed = '0'] = /(\d+) insertions?\(\+\)(?:, (\d+) deletion)?/.exec(now) ?? [];
  expect(Number(added) + Number(removed)).toBeLessThanOrEqual(MOST_LINES);
}, 180_000);
