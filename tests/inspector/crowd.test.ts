import { describe, expect, test } from 'bun:test';
import { Crowd } from '../../src/inspector/crowd.ts';

/** How many of `count` requests, `each` milliseconds apart, are passed over. */
function passedOver(count: number, each: number, { isWatched = false, lookedMsAgo = Infinity } = {}): number {
  let now = 0;
  const crowd = new Crowd({ monotonic: () => now });
  if (lookedMsAgo < Infinity) crowd.looked();
  now = lookedMsAgo < Infinity ? lookedMsAgo : 0;
  for (let left = count; left > 0; left--) {
    crowd.passesOver(isWatched);
    now += each;
  }
  return crowd.passedOver;
}

describe('when many requests come', () => {
  test.each([
    ['100 a second are all kept', 1_000, 10, {}, 0],
    ['of 1,000 a second one in twenty is kept, after the first 100', 1_100, 1, {}, 950],
    ['all are kept while somebody looks', 1_000, 1, { isWatched: true }, 0],
    ['all are kept within a minute after somebody has looked', 1_000, 1, { lookedMsAgo: 50_000 }, 0],
    ['one in twenty is kept again later', 1_100, 1, { lookedMsAgo: 61_000 }, 950],
  ])('%s', (_, count, each, looking, expected) => {
    expect(passedOver(count, each, looking)).toBe(expected);
  });

  test('a quiet second between two busy ones ends the crowd', () => {
    let now = 0;
    const crowd = new Crowd({ monotonic: () => now });
    for (let left = 200; left > 0; left--) crowd.passesOver(false);
    const before = crowd.passedOver;
    now = 2_000;
    expect([before, crowd.passesOver(false)]).toEqual([95, false]);
  });
});
