/**
 * How many requests Bun sends at a time: 256 unless a variable says otherwise, and further ones wait in silence. Bun reads the variable
 * before any code of ours runs. So package.json and the npm package's `bin` set it; an executable has nobody before it, and starts itself
 * anew in the same process. Windows cannot do that: there the variable has to be set by hand.
 */
import { FORM } from '../lib/program/own-files.ts';

const NAME = 'BUN_CONFIG_MAX_HTTP_REQUESTS';
export const MAX_HTTP_REQUESTS = { [NAME]: '4096' };

export const isEnvironmentFit = (): boolean =>
  FORM !== 'executable' || process.platform === 'win32' || process.env[NAME] !== undefined;

/** Does not return. */
export function startAnew(): void {
  process.execve?.(process.execPath, [process.execPath, ...process.argv.slice(2)], {
    ...process.env,
    ...MAX_HTTP_REQUESTS,
  });
}
