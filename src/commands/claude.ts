/** `bun run claude [-- arguments of Claude Code]`. */
import { homedir } from 'node:os';
import { createInterface } from 'node:readline';
import { isatty } from 'node:tty';
import { watchLauncher } from '../config/launcher.ts';
import { openOwnEnvFiles, serveCommand } from '../config/program.ts';
import { launchClaude } from '../launch/claude.ts';
import { exitOfSignal, type OnSignal } from '../launch/client.ts';
import { managedFolder } from '../launch/managed-settings.ts';
import { systemClock } from '../lib/ports.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const listeners = new Set<(signal: NodeJS.Signals) => void>();
/** Where nobody listens, nothing is under way that a signal could end but ourselves. */
const tell = (signal: NodeJS.Signals) => {
  if (listeners.size === 0) process.exit(exitOfSignal(signal));
  for (const listener of [...listeners]) listener(signal);
};

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

export async function claude(argv: readonly string[]): Promise<void> {
  for (const signal of SIGNALS) process.on(signal, () => tell(signal));
  const { atStart, outside } = openOwnEnvFiles();
  void watchLauncher(process, () => tell('SIGTERM'), { clock: systemClock });
  const exitCode = await launchClaude(argv, {
    env: atStart,
    outside,
    cwd: process.cwd(),
    home: atStart['HOME'] || homedir(),
    platform: process.platform,
    managed: managedFolder(process.platform),
    pid: process.pid,
    clock: systemClock,
    serve: serveCommand(),
    hasTerminal: isatty(0),
    onSignal,
    out: (text) => process.stdout.write(text),
    err: (line) => process.stderr.write(`${line}\n`),
    readLine,
  });
  process.exit(exitCode);
}
