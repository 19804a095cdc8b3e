import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Affinity, type Dealing } from '../../src/keys/affinity.ts';
import { KeyRecord } from '../../src/keys/record.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { keyNamed } from '../support/pools/keys.ts';

const HOUR = 3_600_000;
const MAX = 10_000;

const clock = new ManualClock();
const recordOf = (name: string) =>
  new KeyRecord({
    backend: keyNamed(name),
    clock,
    rates: { requests: undefined, tokens: undefined },
    breaker: () => {
      throw new Error('not asked here');
    },
  });

/** The key that a new session gets. */
const dealt = (session: string, all: readonly KeyRecord[], free = all, affinity = open('by-hash')) =>
  affinity.deal('big', session, all, free).fingerprint;
const open = (dealing: Dealing, time = clock) => new Affinity(dealing, time);

describe('a session', () => {
  test('has a key for each model, until it settles anew', () => {
    const affinity = open('in-turn');
    affinity.settle('big', 's1', 'a');
    affinity.settle('small', 's1', 'b');
    const homes = () => [affinity.homeOf('big', 's1'), affinity.homeOf('small', 's1')];
    expect([homes(), affinity.homeOf('big', 's2')]).toEqual([['a', 'b'], undefined]);
    affinity.settle('big', 's1', 'c');
    expect(homes()).toEqual(['c', 'b']);
  });

  test('that was not heard of for longest is forgotten', () => {
    const affinity = open('in-turn');
    for (let i = 0; i < MAX; i++) affinity.settle('big', `s${i}`, 'a');
    expect(affinity.homeOf('big', 's0')).toBe('a');
    affinity.settle('big', 'one more', 'a');
    expect(['s0', 's1', 's2', 'one more'].map((session) => affinity.homeOf('big', session))).toEqual([
      'a',
      undefined,
      'a',
      'a',
    ]);
  });

  test.each([
    ['by-hash', HOUR - 1, 'a'],
    ['by-hash', HOUR, undefined],
    ['in-turn', 24 * HOUR, 'a'],
  ] as const)('%s, idle for %p ms, is at home with %p', async (dealing, ms, home) => {
    const time = new ManualClock();
    const affinity = open(dealing, time);
    affinity.settle('big', 's1', 'a');
    await time.advance(ms);
    expect(affinity.homeOf('big', 's1')).toBe(home);
  });

  test('that is at work is not idle', async () => {
    const time = new ManualClock();
    const affinity = open('by-hash', time);
    for (let i = 0; i < 3; i++) {
      affinity.settle('big', 's1', 'a');
      await time.advance(HOUR - 1);
    }
    expect(affinity.homeOf('big', 's1')).toBe('a');
  });

  test('without a name has no key, and gets the next in turn', () => {
    const all = ['a', 'b'].map(recordOf);
    const affinity = open('by-hash');
    affinity.settle('big', undefined, 'a');
    const found = [1, 2, 3].map(() => affinity.deal('big', undefined, all, all).fingerprint);
    expect([affinity.homeOf('big', undefined), found]).toEqual([undefined, ['a', 'b', 'a']]);
  });
});

describe('dealing by hash', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { minLength: 1, maxLength: 8 });
  const session = fc.string({ minLength: 1 });

  test('two instances agree, in whatever order they have their keys', () => {
    fc.assert(
      fc.property(names, session, fc.nat(), (given, name, by) => {
        const all = given.map(recordOf);
        const turned = [...all.slice(by % all.length), ...all.slice(0, by % all.length)].reverse();
        expect(dealt(name, turned)).toBe(dealt(name, all));
      }),
    );
  });

  test('a key that is not free moves only the sessions that it would get, and to one key in all instances', () => {
    fc.assert(
      fc.property(names, session, fc.nat(), (given, name, which) => {
        const all = given.map(recordOf);
        const away = all[which % all.length];
        const free = all.filter((record) => record !== away);
        if (free.length === 0) return;
        const first = dealt(name, all);
        const second = dealt(name, all, free);
        if (first === away?.fingerprint) expect(second).toBe(dealt(name, [...free].reverse()));
        else expect(second).toBe(first);
      }),
    );
  });

  test('sessions are spread evenly', () => {
    const all = ['a', 'b', 'c', 'd'].map(recordOf);
    const counts = new Map<string, number>();
    for (let i = 0; i < 4_000; i++) {
      const key = dealt(`session ${i}`, all);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(100);
    expect(counts.size).toBe(4);
  });
});
