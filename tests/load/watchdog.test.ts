/** A process whose event loop stands still does not notice a signal, and is ended all the same. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';

const PROCESS = join(import.meta.dir, '../support/programs/watched-process.ts');
const TIMEOUT_MS = 30_000;

async function run(how: string) {
  const child = Bun.spawn([process.execPath, PROCESS, how], { stdout: 'pipe', stderr: 'pipe' });
  const reader = child.stdout.getReader();
  await reader.read();
  child.kill('SIGTERM');
  await child.exited;
  return { signal: child.signalCode, code: child.exitCode, said: await new Response(child.stderr).text() };
}

test(
  'one that computes for ever is ended, and says so',
  async () => {
    const { signal, said } = await run('still');
    expect(signal).toBe('SIGKILL');
    expect(said).toContain('the event loop has stood still');
  },
  TIMEOUT_MS,
);

test(
  'one that lives is let be, and may end',
  async () => {
    expect(await run('lives')).toEqual({ signal: null, code: 0, said: '' });
  },
  TIMEOUT_MS,
);
