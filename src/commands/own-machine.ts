/** Where a command runs: the environment, the folders and the clock of this process. */
import { homedir } from 'node:os';
import { openOwnEnvFiles } from '../config/program.ts';
import { managedFolder } from '../launch/managed-settings.ts';
import { systemClock } from '../lib/ports.ts';

export function ownMachine() {
  const { atStart, outside } = openOwnEnvFiles();
  return {
    env: atStart,
    outside,
    cwd: process.cwd(),
    home: atStart['HOME'] || homedir(),
    platform: process.platform,
    managed: managedFolder(process.platform),
    clock: systemClock,
  };
}
