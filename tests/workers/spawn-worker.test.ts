/** A worker as a process, and the channel to it. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { spawnsWorkers } from '../../src/workers/spawn-worker.ts';

test('a worker that cannot be started has ended, and says why', async () => {
  const command = [join(import.meta.dir, 'no-such-program')];
  const worker = spawnsWorkers({ command, env: {}, settings: {}, cwd: import.meta.dir })(1, () => {});
  worker.send({ kind: 'reload' });
  worker.kill('SIGKILL');
  expect(await worker.ended).toEqual({
    code: 1,
    isSilent: true,
    said: expect.stringContaining('no-such-program'),
  });
});

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
