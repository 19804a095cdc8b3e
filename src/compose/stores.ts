/** Opens what clients leave with the proxy: files, and batches with what runs them. */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileReader } from '../answer/media/file-reader.ts';
import { BatchStore } from '../batches/store.ts';
import type { Config } from '../config/config.ts';
import { FileStore } from '../files/store.ts';
import { BatchRunner } from '../http/batches/runner.ts';
import type { Admission, ServerDeps } from '../http/deps.ts';
import { createIds, newInstanceId, systemRandom } from '../lib/ports.ts';
import { type Ports, requestBytesOf } from './settings.ts';

export type Stores = {
  deps: Pick<ServerDeps, 'files' | 'fileReader' | 'batches'>;
  close(): Promise<void>;
};

export type StoresOptions = {
  /** Undefined for a replay: then what clients leave is gone at the end. */
  dataDir: string | undefined;
  config: Config;
  admission: Admission;
  /** Answers a request of a batch in the way in which every request is answered. */
  ask(request: Request): Promise<Response>;
};

export function openStores({ dataDir, config, admission, ask }: StoresOptions, ports: Ports): Stores {
  const { clock, logger } = ports;
  const onWarning = (message: string) => logger.warn({}, message);
  // Several processes make ids for one folder: a seeded source would give them the same.
  const ids = createIds(systemRandom);
  const folder = dataDir ?? join(tmpdir(), `gemini-claude-proxy-${ids.next('')}`);
  const common = { folder, clock, ids, onWarning };
  const files = new FileStore({ ...common, limits: config.files });
  const store = new BatchStore({ ...common, totalBytes: config.batches.totalBytes });
  const runner = new BatchRunner({
    store,
    ask,
    admission,
    most: config.batches.atOnce,
    clock,
    instance: newInstanceId(),
    logger,
  });
  return {
    deps: {
      files,
      fileReader: createFileReader(files, requestBytesOf(ports)),
      batches: { store, wake: () => runner.wake() },
    },
    async close() {
      await runner.close();
      files.close();
      if (dataDir === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}
