/** One turn, broken off after each of its bytes. */
import { afterAll, describe, expect, test } from 'bun:test';
import type { Effect } from '../../../src/sim/faults/fault.ts';
import { FAULTS } from '../../../src/sim/faults/table.ts';
import { openBench } from '../../support/faults/bench.ts';
import { judge } from '../../support/faults/judge.ts';
import { type FaultTurn, shapes } from '../../support/faults/turns.ts';

const TIMEOUT_MS = 30_000;
/** The blank line after the last event: without it that event is still complete. */
const BLANK_LINE = 4;
const SAME: Effect = { kind: 'same' };

const bench = await openBench();
afterAll(() => bench[Symbol.dispose]());

const [turn] = shapes().filter(({ name }) => name === 'text, then a call') as [FaultTurn];
const { length } = turn.reply.body;
const healthy = await bench.run(turn, '', 'stream');

async function problemsAtEveryByte(name: string, effectAt: (byte: number) => Effect): Promise<string[]> {
  const problems: string[] = [];
  for (let byte = 0; byte < length; byte++) {
    const told = await bench.run(turn, `${name}@1 byte=${byte}`, 'stream');
    const verdict = judge({ turn, mode: 'stream', effect: effectAt(byte), told, healthy });
    problems.push(...verdict.problems.map((problem) => `byte ${byte}: ${problem}`));
  }
  return problems;
}

describe('at every byte of a turn', () => {
  test.each<[string, string, (byte: number) => Effect]>([
    ['the body ends', 'cut', (byte) => (byte < length - BLANK_LINE ? FAULTS.cut.effect : SAME)],
    ['the connection breaks', 'reset', () => FAULTS.reset.effect],
    ['silence falls', 'stall', () => FAULTS.stall.effect],
  ])(
    '%s',
    async (_what, name, effectAt) => {
      expect(await problemsAtEveryByte(name, effectAt)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
