/** A worker as a process, and the channel to it. */
import { expect, test } from 'bun:test';
import { spawnsWorkers } from '../../src/workers/spawn-worker.ts';

test('a worker whose channel is closed is told nothing, and nobody fails for it', async () => {
  const spawn = spawnsWorkers({
    command: [process.execPath, '-e', 'process.disconnect(); setTimeout(() => process.exit(3), 200);'],
    env: process.env,
    settings: {},
    cwd: import.meta.dir,
  });
  const worker = spawn(1, () => {});
  let ending: string | undefined;
  void worker.ended.then(({ said }) => {
    ending = said;
  });
  while (ending === undefined) {
    worker.send({ kind: 'reload' });
    await new Promise(setImmediate);
  }
  worker.send({ kind: 'reload' });
  expect(ending).toBe('exit code 3');
});
