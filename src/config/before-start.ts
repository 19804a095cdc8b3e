/**
 * What the runtime reads before any code of ours runs: how many requests it sends at a time (further ones than 256 would wait in silence),
 * and how large the garbage collector takes the machine to be. package.json and the npm package's `bin` set these variables. Nothing
 * runs before an executable, so the executable sets them and starts itself anew in the same process. Windows cannot do that: there users
 * set them by hand.
 */
import { FORM } from '../lib/program/own-files.ts';

export const BEFORE_START = {
  BUN_CONFIG_MAX_HTTP_REQUESTS: '4096',
  BUN_JSC_forceRAMSize: '1073741824',
};

export const isEnvironmentFit = (): boolean =>
  FORM !== 'executable' ||
  process.platform === 'win32' ||
  Object.keys(BEFORE_START).every((name) => process.env[name] !== undefined);

/** Does not return. */
export function startAnew(): void {
  const environment = { ...BEFORE_START, ...process.env };
  process.execve?.(process.execPath, [process.execPath, ...process.argv.slice(2)], environment);
}
