/** Opens what several instances share through Redis. Without Redis, the same interface serves a single instance. */
import { openRedisShared } from '../cluster/redis-shared.ts';
import { aloneState, type SharedState } from '../cluster/shared.ts';
import type { Config } from '../config/config.ts';
import { RetryBudget } from '../keys/retry-budget.ts';
import { newInstanceId } from '../lib/ports.ts';
import { shareSignatures } from '../signatures/shared.ts';
import type { SignatureStore } from '../signatures/store.ts';
import type { Ports } from './settings.ts';

export type Sharing = {
  shared: SharedState;
  budget: RetryBudget;
  signatures: SignatureStore;
  close(): Promise<void>;
};

/** Opens the sharing. A replay and a recording share nothing: they must not depend on what other instances do. */
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
  return {
    shared,
    budget: new RetryBudget(clock),
    signatures: shareSignatures(local, shared.link),
    close: async () => {
      await shared.close();
      local.close();
    },
  };
}
