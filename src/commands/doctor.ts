/** `bun run doctor`. */
import { homedir } from 'node:os';
import { isatty } from 'node:tty';
import { asCalled, openOwnEnvFiles } from '../config/program.ts';
import { doctor as examine } from '../doctor/doctor.ts';
import type { OnSignal } from '../launch/client.ts';
import { managedFolder } from '../launch/managed-settings.ts';
import { systemClock, systemConnect } from '../lib/ports.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const onSignal: OnSignal = (handler) => {
  for (const signal of SIGNALS) process.on(signal, handler);
  return () => {
    for (const signal of SIGNALS) process.off(signal, handler);
  };
};

export async function doctor(argv: readonly string[]): Promise<never> {
  const { atStart, outside } = openOwnEnvFiles();
  const exitCode = await examine(argv, {
    env: atStart,
    outside,
    cwd: process.cwd(),
    home: atStart['HOME'] || homedir(),
    platform: process.platform,
    managed: managedFolder(process.platform),
    clock: systemClock,
    fetch: (url, init) => fetch(url, init),
    connect: systemConnect,
    onSignal,
    hasTerminal: isatty(1) && isatty(2),
    out: (text) => process.stdout.write(asCalled(text)),
    err: (text) => process.stderr.write(asCalled(text)),
  });
  process.exit(exitCode);
}
