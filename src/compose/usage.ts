/** Opens the store of usage, and what keeps to limits by it. */
import { join } from 'node:path';
import type { SharedState } from '../cluster/shared.ts';
import type { Config } from '../config/config.ts';
import { createIds, systemClock, systemRandom } from '../lib/ports.ts';
import { SpendingLimits } from '../limits/spending-limits.ts';
import { IN_MEMORY } from '../storage/lock.ts';
import type { Subscriber } from '../trace/trace.ts';
import { PAID, USAGE_FILE } from '../usage/counts.ts';
import { Ledger } from '../usage/ledger.ts';
import { UsageStore } from '../usage/store.ts';
import type { Ports } from './settings.ts';

export type Usage = { store: UsageStore; limits: SpendingLimits };

/**
 * `dataDir`: undefined for a replay, which leaves nothing behind. `shared`: through it instances with other folders tell
 * of their spending. A file that cannot be used stops no proxy.
 */
export function openUsage(
  dataDir: string | undefined,
  { backend }: Config,
  shared: SharedState,
  { clock, logger }: Ports,
): Usage {
  const onWarning = (message: string) => logger.warn({}, message);
  const open = (file: string) =>
    new UsageStore({ file, upstream: backend, clock, after: systemClock.after, onWarning });
  const store = openFile(open, dataDir, onWarning);
  const ids = createIds(systemRandom);
  const ledger = new Ledger({
    read: () => store.read(),
    isWritable: () => store.isWritable,
    unwritten: (day) => store.unwritten(day),
    onTrouble: (error) => store.trouble(error),
    upstream: backend,
    now: () => clock.wall().getTime(),
    newId: () => ids.next('', RESERVATION_ID),
  });
  const limits = new SpendingLimits({
    ledger,
    clock,
    shared,
    isPaid: PAID.includes(backend),
    onNews: onWarning,
  });
  return { store, limits };
}

const RESERVATION_ID = 22;

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

/** Writes at once what was spent, where a limit is kept to. */
export const watchesSpending =
  (limits: SpendingLimits): Subscriber =>
  () =>
  ({ type }) => {
    if (type === 'spent') limits.spent();
  };
