/** Opens what several instances share. The same interface serves a single instance. */
import { hostname } from 'node:os';
import { ALONE, type Instances, openInstances } from '../cluster/instances.ts';
import { openRedisShared } from '../cluster/redis-shared.ts';
import { aloneState, type SharedState } from '../cluster/shared.ts';
import { openWorkerShared } from '../cluster/worker-shared.ts';
import type { Config } from '../config/config.ts';
import { newInstanceId } from '../lib/ports.ts';
import { shareSignatures } from '../signatures/shared.ts';
import type { SignatureStore } from '../signatures/store.ts';
import type { Ports } from './settings.ts';

export type Sharing = {
  shared: SharedState;
  signatures: SignatureStore;
  /** The proxies that share, as the page of each tells them. */
  instances: Instances;
  close(): Promise<void>;
};

/**
 * Opens the sharing: through Redis, else, among the workers of one proxy, through their parent. A replay and a recording
 * share nothing: they must not depend on what other instances do.
 */
export function openSharing(config: Config, local: SignatureStore, ports: Ports): Sharing {
  const { redisUrl, record, replay } = config;
  if (record !== undefined || replay) return withLocal(aloneState(ports.clock.wall()), local);
  if (redisUrl !== undefined) return throughRedis(redisUrl, local, ports);
  return withLocal(throughParent(ports), local);
}

/** Workers have one DATA_DIR, so they share the file of signatures. */
const withLocal = (shared: SharedState, local: SignatureStore): Sharing => ({
  shared,
  signatures: local,
  instances: ALONE,
  close: async () => local.close(),
});

function throughParent({ clock, logger, worker }: Ports): SharedState {
  if (!worker) return aloneState(clock.wall());
  return openWorkerShared({
    parent: worker.parent,
    clock,
    instance: newInstanceId(),
    onWarning: (message) => logger.warn({}, message),
  });
}

function throughRedis(url: string, local: SignatureStore, { clock, logger, worker }: Ports): Sharing {
  const instance = newInstanceId();
  const onChange = (message: string) => logger.warn({}, message);
  const shared = openRedisShared({ url, clock, instance, onChange });
  // Workers of one proxy show each other's requests.
  const name = worker ? `${hostname()} ${process.ppid}` : instance;
  const instances = openInstances({ shared, clock, name });
  return {
    shared,
    signatures: shareSignatures(local, shared.link),
    instances,
    close: async () => {
      if (!worker) instances.close();
      await shared.close();
      local.close();
    },
  };
}
