/** Opens the store of uploaded files. */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { FileStore } from '../files/store.ts';
import { createIds, systemRandom } from '../lib/ports.ts';
import type { Ports } from './settings.ts';

/** A replay has no folder: what is uploaded while it runs is gone when it ends. */
class ShortLivedFiles extends FileStore {
  readonly #folder: string;

  constructor(options: ConstructorParameters<typeof FileStore>[0]) {
    super(options);
    this.#folder = options.folder;
  }

  override close(): void {
    super.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function openFiles(dataDir: string | undefined, { files: limits }: Config, ports: Ports): FileStore {
  const { clock, logger } = ports;
  const onWarning = (message: string) => logger.warn({}, message);
  // Several processes make ids for one folder: a seeded source would give them the same.
  const ids = createIds(systemRandom);
  const options = { limits, clock, ids, onWarning };
  if (dataDir !== undefined) return new FileStore({ ...options, folder: dataDir });
  return new ShortLivedFiles({ ...options, folder: join(tmpdir(), `gemini-files-${ids.next('')}`) });
}
