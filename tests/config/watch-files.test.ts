import { expect, test } from 'bun:test';
import { type Stat, type WatchFile, watchFiles } from '../../src/config/watch-files.ts';
import { ManualClock } from '../support/manual-clock.ts';

const ABSENT: Stat = { mtimeMs: 0, ino: 0, size: 0 };
const WRITTEN: Stat = { mtimeMs: 5, ino: 1, size: 9 };

function watched(...paths: string[]) {
  const clock = new ManualClock();
  const looks = new Map<string, Parameters<WatchFile>[1]>();
  let told = 0;
  watchFiles(paths, () => told++, { clock, watch: (path, onLook) => void looks.set(path, onLook) });
  return {
    clock,
    told: () => told,
    look: (path: string, now: Stat, before: Stat) => looks.get(path)?.(now, before),
  };
}

test.each<[string, Stat, Stat, number]>([
  ['written', { ...WRITTEN, mtimeMs: 6 }, WRITTEN, 1],
  ['replaced by another with the same time and size', { ...WRITTEN, ino: 2 }, WRITTEN, 1],
  ['written twice within one tick of its clock', { ...WRITTEN, size: 10 }, WRITTEN, 1],
  ['made', WRITTEN, ABSENT, 1],
  ['removed', ABSENT, WRITTEN, 1],
  ['not there, as at the start', ABSENT, ABSENT, 0],
])('a file that was %s', async (_name, now, before, times) => {
  const { clock, told, look } = watched('.env');
  look('.env', now, before);
  await clock.advance(1_000);
  expect(told()).toBe(times);
});

test('what an editor saves in steps is told once, when it is done', async () => {
  const { clock, told, look } = watched('.env', '.env.local');
  look('.env', ABSENT, WRITTEN);
  await clock.advance(150);
  look('.env', WRITTEN, ABSENT);
  look('.env.local', WRITTEN, ABSENT);
  await clock.advance(150);
  expect(told()).toBe(0);
  await clock.advance(50);
  expect([told(), clock.sleeping]).toEqual([1, 0]);
});
