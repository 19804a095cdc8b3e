import { expect, test } from 'bun:test';
import { charsUpTo, RecentMap } from '../../src/lib/recent-map.ts';

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

test('what was read is in use, as what was set', () => {
  const map = new RecentMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  expect(map.get('a')).toBe(1);
  map.set('c', 3);
  expect([...map.keys()]).toEqual(['a', 'c']);
});

test('where a weight is told, as many entries are kept as weigh so much', () => {
  const map = new RecentMap<string, string>(3, charsUpTo(10));
  map.set('a', '1234');
  map.set('b', '1234');
  expect([...map.keys()]).toEqual(['a', 'b']);
  map.set('a', '12345');
  expect([...map.keys()]).toEqual(['a']);
  map.set('c', '123');
  map.delete('c');
  map.set('d', '123');
  expect([...map.keys()]).toEqual(['a', 'd']);
  map.set('e', '12345678901');
  expect(map.size).toBe(0);
  map.set('f', '123456789');
  expect([...map.keys()]).toEqual(['f']);
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
