import { describe, expect, test } from 'bun:test';
import { aloneState } from '../../src/cluster/shared.ts';
import { keyEventText } from '../../src/keys/key-events.ts';
import { ALWAYS_STREAMING, StreamingBreakers } from '../../src/keys/stream-breakers.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { joinedStates } from '../support/pools/joined-states.ts';

function open() {
  const clock = new ManualClock();
  const lines: string[] = [];
  const shared = aloneState(clock.wall());
  const streaming = new StreamingBreakers({
    clock,
    shared,
    onChange: (event) => lines.push(keyEventText(event)),
  });
  const broken = (times: number, model = 'big') => {
    for (let i = 0; i < times; i++) streaming.pass(model)?.failed();
  };
  return { clock, lines, streaming, broken };
}

describe('streams of a model', () => {
  test('that break for one instance are not asked for by another, until they work again', async () => {
    const clock = new ManualClock();
    const [here, there] = joinedStates(2).map(
      (shared) => new StreamingBreakers({ clock, shared, onChange() {} }),
    );
    for (let i = 0; i < 3; i++) here?.pass('big')?.failed();
    expect([there?.broken(), there?.pass('big')]).toEqual([['big'], undefined]);
    await clock.advance(60_000);
    there?.pass('big')?.succeeded();
    expect([here?.broken(), here?.pass('big') === undefined]).toEqual([[], false]);
  });

  test('that broke three times in a row are not asked for', () => {
    const { streaming, broken } = open();
    broken(2);
    expect(streaming.broken()).toEqual([]);
    broken(1);
    expect([streaming.pass('big'), streaming.broken()]).toEqual([undefined, ['big']]);
  });

  test('that break for one asker alone are asked for by the others', () => {
    const { streaming } = open();
    const fail = (asker: string) => streaming.pass('big', asker)?.failed();
    for (let i = 0; i < 3; i++) fail('poison');
    expect([streaming.pass('big', 'poison'), streaming.pass('big', 'a') !== undefined]).toEqual([
      undefined,
      true,
    ]);
    streaming.pass('big', 'a')?.succeeded();
    for (let i = 0; i < 10; i++) fail('poison');
    expect(streaming.broken()).toEqual([]);
    for (const asker of ['b', 'c']) fail(asker);
    expect(streaming.broken()).toEqual(['big']);
  });

  test('of another model are none of its business', () => {
    const { streaming, broken } = open();
    broken(3);
    expect(streaming.pass('small')).toBeDefined();
  });

  test('that broke now and then go on, however many they are', () => {
    const { streaming, broken } = open();
    for (let i = 0; i < 50; i++) {
      broken(2);
      streaming.pass('big')?.succeeded();
    }
    expect(streaming.broken()).toEqual([]);
  });

  test('are tried with one after a minute, and all go on when it is well', async () => {
    const { clock, streaming, broken, lines } = open();
    broken(3);
    await clock.advance(59_999);
    expect(streaming.pass('big')).toBeUndefined();
    await clock.advance(1);
    const passes = Array.from({ length: 100 }, () => streaming.pass('big')).filter(Boolean);
    expect([passes.length, streaming.broken()]).toEqual([1, ['big']]);
    passes[0]?.succeeded();
    expect([streaming.pass('big') !== undefined, streaming.broken()]).toEqual([true, []]);
    expect(lines).toEqual([
      'streams of big keep breaking: for a while whole answers are asked for',
      'streams of big work again',
    ]);
  });

  test('are left alone twice as long each time, up to ten minutes', async () => {
    const { clock, streaming, broken } = open();
    broken(3);
    for (const minutes of [1, 2, 4, 8, 10, 10]) {
      await clock.advance(minutes * 60_000 - 1);
      expect(streaming.pass('big')).toBeUndefined();
      await clock.advance(1);
      broken(1);
      expect(streaming.pass('big')).toBeUndefined();
    }
  });

  test('whose one that was let through was called off: the next is', async () => {
    const { clock, streaming, broken } = open();
    broken(3);
    await clock.advance(60_000);
    streaming.pass('big')?.abandoned();
    expect(streaming.pass('big')).toBeDefined();
  });
});

test('where nothing may depend on other requests, streams are always asked for', () => {
  for (let i = 0; i < 10; i++) ALWAYS_STREAMING.pass('big')?.failed();
  expect([ALWAYS_STREAMING.pass('big') !== undefined, ALWAYS_STREAMING.broken()]).toEqual([true, []]);
});
