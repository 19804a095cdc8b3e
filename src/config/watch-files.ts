/** Notices when files are written, replaced, removed, or made anew. */
import { type Stats, watchFile } from 'node:fs';
import type { Clock } from '../lib/ports.ts';

/**
 * Milliseconds between two looks. A look costs next to nothing, and notices changes for which the file system sends no
 * event.
 */
const LOOK_MS = 1_000;
/** Milliseconds that a file must be quiet before the change is told: an editor that saves in steps makes one change. */
const SETTLE_MS = 200;

export type Stat = Pick<Stats, 'mtimeMs' | 'ino' | 'size'>;
/** Has the form of Node's `watchFile`. The `stat` of a file that does not exist is all zeros. */
export type WatchFile = (path: string, onLook: (now: Stat, before: Stat) => void) => void;

/** Looks once a second, and does not keep the process alive. */
const lookEverySecond: WatchFile = (path, onLook) => {
  watchFile(path, { interval: LOOK_MS, persistent: false }, onLook);
};

const differs = (a: Stat, b: Stat) => a.mtimeMs !== b.mtimeMs || a.ino !== b.ino || a.size !== b.size;

export function watchFiles(
  paths: readonly string[],
  onChange: () => void,
  { clock, watch = lookEverySecond }: { clock: Clock; watch?: WatchFile },
): void {
  let changes = 0;
  const settle = async () => {
    const mine = ++changes;
    await clock.sleep(SETTLE_MS);
    if (mine === changes) onChange();
  };
  for (const path of paths) {
    // Node reports a missing file once, at the start.
    watch(path, (now, before) => {
      if (differs(now, before)) void settle();
    });
  }
}
