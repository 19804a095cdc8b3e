import { expect, test } from 'bun:test';
import { Homes } from '../../src/keys/affinity.ts';

const MAX = 10_000;

test('a session has a key for each model, and settles anew where it moves', () => {
  const homes = new Homes<string>();
  expect([homes.settle('big', 's1', 'a'), homes.settle('big', 's1', 'a')]).toEqual([true, false]);
  homes.settle('small', 's1', 'b');
  expect([homes.of('big', 's1'), homes.of('small', 's1'), homes.of('big', 's2')]).toEqual([
    'a',
    'b',
    undefined,
  ]);
  expect([homes.settle('big', 's1', 'c'), homes.of('big', 's1')]).toEqual([true, 'c']);
});

test('those that were not heard of for longest are forgotten', () => {
  const homes = new Homes<string>();
  for (let i = 0; i < MAX; i++) homes.settle('big', `s${i}`, 'a');
  homes.settle('big', 's0', 'a');
  homes.settle('big', 'one more', 'a');
  expect(['s0', 's1', 's2', 'one more'].map((session) => homes.of('big', session))).toEqual([
    'a',
    undefined,
    'a',
    'a',
  ]);
});
