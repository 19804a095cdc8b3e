/** `bun run claude [-- arguments of Claude Code]`. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isatty } from 'node:tty';
import { openEnvFiles } from '../src/config/env-files.ts';
import { watchLauncher } from '../src/config/launcher.ts';
import { launchClaude } from '../src/launch/claude.ts';
import { exitOfSignal, type OnSignal } from '../src/launch/client.ts';
import { systemClock } from '../src/lib/ports.ts';

const MAIN = join(import.meta.dir, '../src/main.ts');
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const listeners = new Set<(signal: NodeJS.Signals) => void>();
/** Where nobody listens, nothing is under way that a signal could end but ourselves. */
const tell = (signal: NodeJS.Signals) => {
  if (listeners.size === 0) process.exit(exitOfSignal(signal));
  for (const listener of [...listeners]) listener(signal);
};
for (const signal of SIGNALS) process.on(signal, () => tell(signal));

const onSignal: OnSignal = (handler) => {
  listeners.add(handler);
  return () => listeners.delete(handler);
};

async function readLine(): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) {
    lines.close();
    return line;
  }
  return undefined;
}

const { atStart, outside } = openEnvFiles(process);
void watchLauncher(process, () => tell('SIGTERM'), { clock: systemClock });
process.exit(
  await launchClaude(process.argv.slice(2), {
    env: atStart,
    outside,
    cwd: process.cwd(),
    home: atStart['HOME'] || homedir(),
    platform: process.platform,
    pid: process.pid,
    clock: systemClock,
    serve: [process.execPath, MAIN],
    hasTerminal: isatty(0),
    onSignal,
    out: (text) => process.stdout.write(text),
    err: (line) => process.stderr.write(`${line}\n`),
    readLine,
  }),
);
