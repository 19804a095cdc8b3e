/** Every fault × every turn × streamed and whole: the result is what the fault's row promises. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { FAULT_ROWS, type FaultName } from '../src/sim/faults/table.ts';
import { type Report, runMatrix } from './support/faults/matrix.ts';
import { SETTINGS } from './support/faults/settings.ts';
import { MODES } from './support/faults/trials.ts';
import { fixtureTurns, shapes } from './support/faults/turns.ts';

/** Forty thousand runs of two milliseconds each, on two threads: where others want the cores as well, that takes minutes. */
const TIMEOUT_MS = 300_000;
const NAMES = FAULT_ROWS.map(([name]) => name);
const isEven = (_name: FaultName, index: number) => index % 2 === 0;
const isOdd = (_name: FaultName, index: number) => index % 2 === 1;

function runElsewhere(names: readonly FaultName[]): Promise<Report> {
  const worker = new Worker(new URL('./support/faults/worker.ts', import.meta.url));
  return new Promise<Report>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Report>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(names);
  }).finally(() => worker.terminate());
}

let reports: readonly Report[] = [];

const problemsOf = (key: string): readonly string[] | undefined =>
  reports.map(({ problems }) => problems[key]).find((problems) => problems !== undefined);

beforeAll(async () => {
  reports = await Promise.all([runElsewhere(NAMES.filter(isOdd)), runMatrix(NAMES.filter(isEven))]);
}, TIMEOUT_MS);

afterAll(() => {
  const counts = new Map<string, number>();
  for (const report of reports)
    for (const [result, count] of Object.entries(report.counts))
      counts.set(result, (counts.get(result) ?? 0) + count);
  const runs = reports.reduce((sum, report) => sum + report.runs, 0);
  const size = `${NAMES.length} faults × ${fixtureTurns().length} fixtures × ${MODES.length} modes`;
  const more = `${SETTINGS.length} settings on up to ${shapes().length} shapes, once and always`;
  const lines = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([result, count]) => `${String(count).padStart(8)}  ${result}`);
  console.log([`fault matrix: ${size}, and ${more}: ${runs} runs`, ...lines].join('\n'));
});

describe('every fault on every turn', () => {
  test.each(NAMES)('%s', (name) => {
    expect(problemsOf(name)).toEqual([]);
  });
});

describe('faults in other settings', () => {
  test.each(SETTINGS.map(([name, setting]) => `${name}:${setting}`))('%s', (key) => {
    expect(problemsOf(key)).toEqual([]);
  });
});
