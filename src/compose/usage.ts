/** Opens the store of usage. */
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { systemClock } from '../lib/ports.ts';
import { IN_MEMORY } from '../storage/lock.ts';
import { USAGE_FILE } from '../usage/counts.ts';
import { UsageStore } from '../usage/store.ts';
import type { Ports } from './settings.ts';

/** `dataDir`: undefined for a replay, which leaves nothing behind. A file that cannot be used stops no proxy. */
export function openUsage(
  dataDir: string | undefined,
  { backend }: Config,
  { clock, logger }: Ports,
): UsageStore {
  const onWarning = (message: string) => logger.warn({}, message);
  const open = (file: string) =>
    new UsageStore({ file, upstream: backend, clock, after: systemClock.after, onWarning });
  return openFile(open, dataDir, onWarning);
}

function openFile(
  open: (file: string) => UsageStore,
  dataDir: string | undefined,
  onWarning: (message: string) => void,
): UsageStore {
  if (dataDir === undefined) return open(IN_MEMORY);
  try {
    return open(join(dataDir, USAGE_FILE));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    onWarning(`usage is counted in memory only: ${join(dataDir, USAGE_FILE)} cannot be used: ${why}`);
    return open(IN_MEMORY);
  }
}
