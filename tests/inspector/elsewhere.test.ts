import { describe, expect, test } from 'bun:test';
import { Elsewhere, type Told } from '../../src/inspector/elsewhere.ts';
import type { Row } from '../../src/inspector/shapes.ts';
import { ManualClock } from '../support/manual-clock.ts';

const row = (id: string): Row => ({
  id,
  at: 0,
  thread: id,
  caller: 'main',
  says: '',
  asked: 'big',
  state: 'ended',
  sign: 'ordinary',
  spans: [],
  warnings: 0,
});
const told = (sequence: number, rows: readonly string[], gone: readonly string[] = []): Told => ({
  sequence,
  rows: rows.map(row),
  gone,
  streaming: 1,
  kept: 2,
  passedOver: 4,
  bytes: 3,
});

/** Gives the answers one after the other, and notes what was asked. */
function others(...answers: ReadonlyMap<number, Told>[]) {
  const asked: [number, number][][] = [];
  const clock = new ManualClock();
  const elsewhere = new Elsewhere(async (since) => {
    asked.push([...since]);
    return answers.shift() ?? new Map();
  }, clock);
  const heard: string[] = [];
  const unlisten = elsewhere.listen({
    changed: (id) => heard.push(`+${id}`),
    gone: (id) => heard.push(`-${id}`),
  });
  const look = async () => {
    await clock.advance(500);
    await Promise.resolve();
  };
  return { asked, elsewhere, heard, look, unlisten, clock };
}

describe('the rows of other processes', () => {
  test('are asked for from where they are known, and told when they change or go', async () => {
    const { asked, elsewhere, heard, look } = others(
      new Map([[2, told(4, ['a', 'b'])]]),
      new Map([[2, told(6, ['b'], ['a'])]]),
    );
    await look();
    await look();
    expect(asked.slice(0, 3)).toEqual([[], [[2, 4]], [[2, 6]]]);
    expect(heard).toEqual(['+a', '+b', '+b', '-a']);
    expect([elsewhere.ids(), elsewhere.row('b')?.id, elsewhere.row('a')]).toEqual([['b'], 'b', undefined]);
    expect(elsewhere.sums()).toEqual({ streaming: 1, kept: 2, passedOver: 4, bytes: 3 });
  });

  test('of one that is busy for a moment stay; of one that has ended they go', async () => {
    const { heard, look } = others(new Map([[2, told(1, ['a'])]]));
    await look();
    await look();
    expect(heard).toEqual(['+a']);
    await look();
    await look();
    expect(heard).toEqual(['+a', '-a']);
  });

  test('are not asked for when nobody looks', async () => {
    const { asked, look, unlisten, clock } = others(new Map([[2, told(1, ['a'])]]));
    unlisten();
    await look();
    const before = asked.length;
    await look();
    expect([asked.length - before, clock.sleeping]).toEqual([0, 0]);
  });
});
