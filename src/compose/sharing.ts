/** What instances share, where there is a Redis to share it through; else what one has alone. */
import { openRedisShared } from '../backend/redis-shared.ts';
import { RetryBudget } from '../backend/retry-budget.ts';
import { aloneState, type SharedState } from '../backend/shared.ts';
import { SharedLoad } from '../backend/shared-load.ts';
import { shareSignatures } from '../backend/shared-signatures.ts';
import type { SignatureStore } from '../backend/signature-store.ts';
import type { Config } from '../config.ts';
import { newInstanceId } from '../lib/ports.ts';
import type { Ports } from './settings.ts';

export type Sharing = {
  shared: SharedState;
  budget: RetryBudget;
  signatures: SignatureStore;
  close(): Promise<void>;
};

/** A replay and a recording share nothing: they must not depend on what others do. */
export function openSharing(config: Config, local: SignatureStore, { clock, logger }: Ports): Sharing {
  const { redisUrl, record, replay } = config;
  if (redisUrl === undefined || record !== undefined || replay) {
    const shared = aloneState(clock.wall());
    return {
      shared,
      budget: new RetryBudget(clock),
      signatures: local,
      close: async () => local.close(),
    };
  }
  const instance = newInstanceId();
  const onChange = (message: string) => logger.warn({}, message);
  const shared = openRedisShared({ url: redisUrl, clock, instance, onChange });
  const budget: RetryBudget = new RetryBudget(clock, () => load.elsewhere());
  const load = new SharedLoad(shared, instance, clock, () => budget.load);
  return {
    shared,
    budget,
    signatures: shareSignatures(local, shared.link),
    close: async () => {
      load.close();
      await shared.close();
      local.close();
    },
  };
}
