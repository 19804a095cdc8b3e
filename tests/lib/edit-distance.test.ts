import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { editDistance } from '../../src/lib/edit-distance.ts';

test.each([
  ['', '', 0],
  ['PORT', 'PORT', 0],
  ['PORT', 'PORTS', 1],
  ['PORT', 'PROT', 1],
  ['BIG_MODEL', 'BIGMODEL', 1],
  ['kitten', 'sitting', 3],
  ['', 'abc', 3],
])('from %j to %j', (a, b, steps) => {
  expect(editDistance(a, b)).toBe(steps);
});

test('is the same both ways, nothing for the same text alone, and never more than the longer one', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});
