/** `bun run doctor`. */
import { homedir } from 'node:os';
import { isatty } from 'node:tty';
import { openEnvFiles } from '../src/config/env-files.ts';
import { doctor } from '../src/doctor/doctor.ts';
import type { OnSignal } from '../src/launch/client.ts';
import { systemClock, systemConnect } from '../src/lib/ports.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const onSignal: OnSignal = (handler) => {
  for (const signal of SIGNALS) process.on(signal, handler);
  return () => {
    for (const signal of SIGNALS) process.off(signal, handler);
  };
};

const { atStart, outside } = openEnvFiles(process);
process.exit(
  await doctor(process.argv.slice(2), {
    env: atStart,
    outside,
    cwd: process.cwd(),
    home: atStart['HOME'] || homedir(),
    platform: process.platform,
    clock: systemClock,
    fetch: (url, init) => fetch(url, init),
    connect: systemConnect,
    onSignal,
    hasTerminal: isatty(1) && isatty(2),
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  }),
);
