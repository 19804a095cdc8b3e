import { expect, test } from 'bun:test';
import { RecentMap } from '../../src/lib/recent-map.ts';

test('keeps what was set last, and what is set again is new', () => {
  const map = new RecentMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3);
  map.set('c', 4);
  expect([...map]).toEqual([
    ['a', 3],
    ['c', 4],
  ]);
  expect(map.get('b')).toBeUndefined();
});

test('forgets what it is told to', () => {
  const map = new RecentMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.delete('a');
  expect([...map]).toEqual([['b', 2]]);
  map.clear();
  expect([...map]).toEqual([]);
});
