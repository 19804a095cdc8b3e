/**
 * `bun run corpus`: the long checks over the corpus of real recordings (`CORPUS_DIR`, default `../shared`), with every
 * re-slicing of every raw stream. Further arguments go to `bun test`.
 */
import { join } from 'node:path';

const HOUR_MS = 3_600_000;

const child = Bun.spawn(
  [process.execPath, 'test', 'tests/corpus', '--timeout', String(HOUR_MS), ...process.argv.slice(2)],
  {
    cwd: join(import.meta.dir, '..'),
    env: { ...process.env, CORPUS_EXHAUSTIVE: '1', REQUIRE_CORPUS: '1' },
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
  },
);
process.exitCode = await child.exited;
