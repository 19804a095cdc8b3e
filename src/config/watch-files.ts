/** Tells of files that were written, replaced, removed, or made anew. */
import { type Stats, watchFile } from 'node:fs';
import type { Clock } from '../lib/ports.ts';

/** Milliseconds. A look costs next to nothing, and sees what an event of the file's folder would miss. */
const LOOK_MS = 1_000;
/** Milliseconds without a further change before it is told: what an editor saves in steps is one change. */
const SETTLE_MS = 200;

export type Stat = Pick<Stats, 'mtimeMs' | 'ino' | 'size'>;
/** Node's own; a file that is not there has zeros. */
export type WatchFile = (path: string, onLook: (now: Stat, before: Stat) => void) => void;

/** Does not keep the process alive. */
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
    // Node tells of a file that is not there once, at the start.
    watch(path, (now, before) => {
      if (differs(now, before)) void settle();
    });
  }
}
