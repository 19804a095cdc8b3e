/** One run of `bun run demo`, started as its users do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const MAIN = join(import.meta.dir, '../../../src/main.ts');
const RUN_MS = 120_000;

export type DemoRun = {
  exitCode: number | null;
  output: string;
  /** The folder that the client worked in. */
  project: string;
};

export type DemoOptions = {
  args: readonly string[];
  /** The folder of the `claude` that is found first; without it none is found. */
  claude?: string;
};

/** Runs the demo in a new folder, passes the result on, and deletes the folder. */
export async function withDemo(
  options: DemoOptions,
  look: (run: DemoRun) => void | Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'demo-'));
  const { claude, args } = options;
  const path = [...(claude ? [claude] : []), dirname(process.execPath), '/usr/bin', '/bin'].join(':');
  const child = Bun.spawn(
    [process.execPath, MAIN, 'demo', '--pace', 'instant', '--folder', folder, ...args],
    {
      cwd: folder,
      env: { PATH: path, HOME: folder, CLAUDE_CODE_CACHE: join(folder, 'no-cache') },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      timeout: RUN_MS,
    },
  );
  try {
    const [out, err, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    await look({ exitCode, output: `${out}${err}`, project: join(folder, 'project') });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
