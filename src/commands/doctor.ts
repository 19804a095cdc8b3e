/** `bun run doctor`. */
import { isatty } from 'node:tty';
import { asCalled } from '../config/program.ts';
import { doctor as examine } from '../doctor/doctor.ts';
import type { OnSignal } from '../launch/client.ts';
import { systemConnect } from '../lib/ports.ts';
import { ownMachine } from './own-machine.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const onSignal: OnSignal = (handler) => {
  for (const signal of SIGNALS) process.on(signal, handler);
  return () => {
    for (const signal of SIGNALS) process.off(signal, handler);
  };
};

export async function doctor(argv: readonly string[]): Promise<never> {
  const exitCode = await examine(argv, {
    ...ownMachine(),
    fetch: (url, init) => fetch(url, init),
    connect: systemConnect,
    onSignal,
    hasTerminal: isatty(1) && isatty(2),
    out: (text) => process.stdout.write(asCalled(text)),
    err: (text) => process.stderr.write(asCalled(text)),
  });
  process.exit(exitCode);
}
