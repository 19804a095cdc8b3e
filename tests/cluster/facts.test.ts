import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Fact } from '../../src/cluster/facts.ts';
import { factId, factTtl, holdsForNewcomers, readNotice, writeNotice } from '../../src/cluster/facts.ts';
import { ToldFacts } from '../../src/cluster/told-facts.ts';

const NOW = 1_000_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const quota = (more: Partial<Extract<Fact, { kind: 'quota' }>> = {}): Fact => ({
  kind: 'quota',
  key: 'k1',
  model: 'm',
  state: 'cooling',
  until: NOW + 5_000,
  strikes: 1,
  ...more,
});
const breaker = (until: number): Fact => ({ kind: 'breaker', key: 'k1', model: 'm', until, opens: 2 });
const blamed: Fact = { kind: 'breaker', key: 'k1', model: 'n', until: NOW + 5_000, opens: 1, blamed: 'a' };
const sent: Fact = { kind: 'sent', key: 'k1', at: NOW, tokens: 12 };
const keyOut: Fact = { kind: 'key', key: 'k1', state: 'out' };
const streams: Fact = { kind: 'streams', model: 'm', until: NOW + 60_000, opens: 1 };
const countQuota: Fact = { kind: 'count-quota', key: 'k1', model: 'm', until: NOW + 5_000, strikes: 1 };
const mockTurn: Fact = { kind: 'mock-turn', turn: 't', count: 2 };
const kept: Fact = {
  ...{ kind: 'kept-prompt', key: 'k1', model: 'm', prefix: 'p', name: 'cachedContents/a' },
  ...{ tokens: 9, until: NOW + 300_000, ttl: 300_000 },
};
const promptSent: Fact = {
  ...{ kind: 'prompt-sent', name: 'p', reuses: 2, isEnd: true },
  ...{ tokens: 9, missed: 18, read: 0 },
};
const all: Fact[] = [
  kept,
  promptSent,
  mockTurn,
  { ...streams, blamed: 'a' },
  blamed,
  streams,
  quota(),
  countQuota,
  breaker(0),
  sent,
  keyOut,
];

const lives: [string, Fact, number][] = [
  ['a quota as long as Google says', quota(), 5_000],
  ['a quota of counts likewise', countQuota, 5_000],
  ['a denied model an hour', quota({ state: 'denied', until: 0 }), HOUR],
  ['the end of a quota a day', quota({ until: 0 }), DAY],
  ['an open breaker until it half opens', breaker(NOW + 30_000), 30_000],
  ['a closed breaker a day', breaker(0), DAY],
  ['an impossible time two days', quota({ until: Number.MAX_SAFE_INTEGER }), 2 * DAY],
  ["a model's broken streams until they are tried again", streams, 60_000],
  ['a key out a day', keyOut, DAY],
  ['a key in use a day', { kind: 'key', key: 'k1', state: 'in use' }, DAY],
];
for (const [what, fact, ms] of lives) {
  test(`${what}`, () => expect(factTtl(fact, NOW)).toBe(ms));
}

test('what begins and what ends a thing have one id', () => {
  expect(factId(breaker(NOW + 1))).toBe(factId(breaker(0)));
  expect(factId(quota({ key: 'k2' }))).not.toBe(factId(quota()));
  expect(factId(quota({ model: 'n' }))).not.toBe(factId(quota()));
  expect(factId(quota())).not.toBe(factId(breaker(0)));
  expect(factId(quota())).not.toBe(factId(countQuota));
});

test('all but a refused key holds for who starts later', () => {
  expect(all.filter((fact) => !holdsForNewcomers(fact))).toEqual([keyOut]);
  expect(holdsForNewcomers({ kind: 'key', key: 'k1', state: 'in use' })).toBe(true);
});

test('what is of the moment has no id', () => {
  expect(factId(sent)).toBeUndefined();
});

test('every fact comes back as it was written', () => {
  for (const fact of all) {
    expect(readNotice(writeNotice({ from: 'a', at: NOW, fact }))).toEqual({ from: 'a', at: NOW, fact });
  }
});

const foreign: [string, string][] = [
  ['no JSON', '{"from":'],
  ['another shape', '[]'],
  ['a fact of an unknown kind', JSON.stringify({ from: 'a', at: 1, fact: { kind: 'weather' } })],
  [
    'what only an older version tells',
    JSON.stringify({ from: 'a', at: 1, fact: { kind: 'home', model: 'm', session: 's', key: 'k' } }),
  ],
  ['a time that is none', JSON.stringify({ from: 'a', at: 1, fact: breaker(Number.NaN) })],
  [
    'a state that is none',
    JSON.stringify({ from: 'a', at: 1, fact: { kind: 'key', key: 'k', state: 'lost' } }),
  ],
  [
    'something huge',
    writeNotice({ from: 'a', at: 1, fact: { kind: 'key', key: 'k'.repeat(1e5), state: 'out' } }),
  ],
];
for (const [what, text] of foreign) {
  test(`${what} is not believed`, () => expect(readNotice(text)).toBeUndefined());
}

test('nothing that can stand in Redis throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' })), (text) => {
      readNotice(text);
    }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...all), fc.jsonValue(), fc.nat(20), (fact, odd, place) => {
      const notice: Record<string, unknown> = { from: 'a', at: 1, fact: { ...fact } };
      const target = place % 2 ? notice : (notice['fact'] as Record<string, unknown>);
      target[Object.keys(target)[place % Object.keys(target).length] ?? 'from'] = odd;
      const read = readNotice(JSON.stringify(notice));
      if (read) expect(() => [factId(read.fact), factTtl(read.fact, NOW)]).not.toThrow();
    }),
  );
});

test('what was told is bounded, the oldest goes first', () => {
  const told = new ToldFacts();
  for (let i = 0; i < 10_005; i++) told.add(`id ${i}`, { from: 'a', at: NOW, fact: keyOut }, 0);
  expect(told.ids().length).toBe(10_000);
  expect(told.ids()[0]).toBe('id 5');
});

test('what was told ends with its time', () => {
  const told = new ToldFacts();
  // By the monotonic clock, whatever the date is.
  told.add('q', { from: 'a', at: NOW, fact: quota() }, 70);
  expect(told.get('q', 5_069)?.until).toBe(5_070);
  expect(told.get('q', 5_070)).toBeUndefined();
  expect(told.ids()).toEqual([]);
});
