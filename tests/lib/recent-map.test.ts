import { expect, test } from 'bun:test';
import fc from 'fast-check';
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

/** The same by definition: a list of entries, in the order of their use. */
class Listed {
  entries: [string, number][] = [];
  readonly most: number;
  readonly mostWeight: number;

  constructor(most: number, mostWeight: number) {
    this.most = most;
    this.mostWeight = mostWeight;
  }

  get(key: string): number | undefined {
    const found = this.entries.find(([name]) => name === key);
    if (found) this.entries = [...this.entries.filter((entry) => entry !== found), found];
    return found?.[1];
  }

  set(key: string, value: number): void {
    this.delete(key);
    this.entries.push([key, value]);
    const weight = () => this.entries.reduce((sum, [, each]) => sum + each, 0);
    while (this.entries.length > this.most || weight() > this.mostWeight) this.entries.shift();
  }

  delete(key: string): void {
    this.entries = this.entries.filter(([name]) => name !== key);
  }

  clear(): void {
    this.entries = [];
  }
}

type Move =
  | { do: 'get' | 'delete'; key: string }
  | { do: 'set'; key: string; value: number }
  | { do: 'clear' };

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('set' as const), key, value: fc.nat(9) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('get' as const), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
  { weight: 1, arbitrary: fc.constant({ do: 'clear' as const }) },
);

test('whatever is done with it, it is a list in the order of use', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40 }), fc.nat(5), fc.nat(20), (moves, most, mostWeight) => {
      const map = new RecentMap<string, number>(most, { most: mostWeight, of: (_key, value) => value });
      const listed = new Listed(most, mostWeight);
      for (const one of moves) {
        if (one.do === 'get') expect(map.get(one.key)).toBe(listed.get(one.key));
        else if (one.do === 'set') for (const each of [map, listed]) each.set(one.key, one.value);
        else if (one.do === 'delete') for (const each of [map, listed]) each.delete(one.key);
        else for (const each of [map, listed]) each.clear();
        expect([[...map], [...map.keys()], map.size]).toEqual([
          listed.entries,
          listed.entries.map(([name]) => name),
          listed.entries.length,
        ]);
      }
    }),
  );
});

test('a loop over it may drop the entries that it comes to', () => {
  const map = new RecentMap<string, number>(9);
  for (const name of ['a', 'b', 'c', 'd']) map.set(name, 1);
  const seen: string[] = [];
  for (const name of map.keys()) {
    seen.push(name);
    map.delete(name);
  }
  expect([seen, map.size]).toEqual([['a', 'b', 'c', 'd'], 0]);
});
