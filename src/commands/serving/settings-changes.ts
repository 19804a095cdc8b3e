/** Notices when the settings may have changed. */
import { isatty } from 'node:tty';
import type { Config } from '../../config/config.ts';
import { watchFiles } from '../../config/watch-files.ts';
import { systemClock } from '../../lib/ports.ts';

/** The first of input, output and errors that is a terminal. */
const terminal = [0, 1, 2].find((descriptor) => isatty(descriptor));
/** Closing a terminal sends SIGHUP too, and is meant as the end. */
const isTerminalGone = () => terminal !== undefined && !isatty(terminal);

/** Reads the settings anew on SIGHUP, and when a `.env` file or the file of a secret changes. */
export function reloadOnChange(
  paths: readonly string[],
  readAnew: () => Config | undefined,
  close: (signal: string) => void,
): void {
  const watched = new Set<string>();
  const watch = (candidates: readonly string[]) => {
    const fresh = candidates.filter((path) => !watched.has(path));
    for (const path of fresh) watched.add(path);
    watchFiles(fresh, onChange, { clock: systemClock });
  };
  // The settings may name another file than before.
  const onChange = () => watch(readAnew()?.watchedFiles ?? []);
  process.on('SIGHUP', (signal) => {
    if (isTerminalGone()) close(signal);
    else onChange();
  });
  watch(paths);
}
