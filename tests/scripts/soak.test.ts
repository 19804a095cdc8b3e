/**
 * Seeded faults under load for some seconds (`bun scripts/soak.ts --minutes 10` is the long form), and a check that
 * growth would be noticed.
 */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { soakFaults } from '../../scripts/soak/faults.ts';
import { growthOf } from '../../scripts/soak/growth.ts';
import type { Figures } from '../../scripts/soak/probe.ts';
import { parseFaults } from '../../src/sim/faults/index.ts';
import { HAS_PROC } from '../support/programs/process-figures.ts';

const ROOT = join(import.meta.dir, '../..');
const MINUTES = 0.2;
const TIMEOUT_MS = 90_000;

const folder = mkdtempSync(join(tmpdir(), 'soak-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.skipIf(!HAS_PROC)(
  'every request ends whole or in one typed error, and nothing grows',
  async () => {
    const child = Bun.spawn([process.execPath, join(ROOT, 'scripts/soak.ts'), '--minutes', String(MINUTES)], {
      cwd: folder,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    expect({ code, out, err }).toMatchObject({ code: 0, out: expect.stringMatching(/\nPASS\n$/), err: '' });
    expect(out).toMatch(/complete {3}\d{3,};.*wrong 0\n/);
  },
  TIMEOUT_MS,
);

test('its faults are nearly all there are', () => {
  const rules = parseFaults(soakFaults(7));
  expect(rules.length).toBeGreaterThan(55);
  expect(rules.every(({ seed, probability }) => seed === 7 && probability < 0.01)).toBe(true);
});

describe('growth', () => {
  const ALLOWED = 8;
  const rounds = Array.from({ length: 30 }, (_, round) => round);
  const wave = (round: number) => [0, 5, -5, 3][round % 4] ?? 0;
  const RUNS: [name: string, figure: (round: number) => number, grows: boolean][] = [
    ['a figure that stays', () => 50, false],
    ['a figure that wavers', (round) => 50 + wave(round), false],
    ['one that only fell', (round) => 200 - round, false],
    ['one that rose while warming up', (round) => Math.min(round, 9) * 10, false],
    ['one odd round at the end', (round) => (round === 29 ? 500 : 50 + wave(round)), false],
    ['one more each round', (round) => 50 + round, true],
    ['one more each round, behind waves', (round) => 50 + round + wave(round), true],
    ['a step that is never taken back', (round) => (round < 20 ? 50 : 70), true],
  ];
  test.each(RUNS)('%s', (_name, figure, grows) => {
    expect(growthOf(rounds.map(figure), ALLOWED).grows).toBe(grows);
  });
});

test('what is left behind is counted, and what is cleared, heard or gone is not', async () => {
  const script = join(folder, 'leaves.ts');
  writeFileSync(
    script,
    `const kept = new AbortController();
    globalThis.kept = kept;
    const hear = () => {};
    for (let i = 0; i < 5; i++) kept.signal.addEventListener('abort', () => hear);
    kept.signal.addEventListener('abort', hear);
    kept.signal.removeEventListener('abort', hear);
    for (let i = 0; i < 7; i++) new AbortController().signal.addEventListener('abort', () => hear);
    const heard = new AbortController();
    globalThis.heard = heard;
    heard.signal.addEventListener('abort', () => hear);
    heard.abort();
    for (let i = 0; i < 3; i++) setTimeout(hear, 3_600_000);
    clearTimeout(setTimeout(hear, 3_600_000));
    setTimeout(() => process.send?.('ready'), 1);`,
  );
  const told = Promise.withResolvers<Figures>();
  const child = Bun.spawn([process.execPath, '--preload', join(ROOT, 'scripts/soak/probe.ts'), script], {
    ipc: (message) => (message === 'ready' ? child.send('figures') : told.resolve(message)),
  });
  const { timers, listeners, heap } = await told.promise;
  child.kill();
  await child.exited;
  expect([timers, listeners]).toEqual([3, 5]);
  expect(heap).toBeGreaterThan(0);
});
