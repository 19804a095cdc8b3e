/** `bun run claude [-- arguments of Claude Code]`. */
import { createInterface } from 'node:readline';
import { isatty } from 'node:tty';
import { watchLauncher } from '../config/launcher.ts';
import { serveCommand } from '../config/program.ts';
import { launchClaude } from '../launch/claude.ts';
import { exitOfSignal, type OnSignal } from '../launch/client.ts';
import { systemClock } from '../lib/ports.ts';
import { ownMachine } from './own-machine.ts';

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
  const machine = ownMachine();
  void watchLauncher(process, () => tell('SIGTERM'), { clock: systemClock });
  const exitCode = await launchClaude(argv, {
    ...machine,
    pid: process.pid,
    serve: serveCommand(),
    hasTerminal: isatty(0),
    onSignal,
    out: (text) => process.stdout.write(text),
    err: (line) => process.stderr.write(`${line}\n`),
    readLine,
  });
  process.exit(exitCode);
}
