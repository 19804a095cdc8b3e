/** Serves within this process, and leaves nothing of itself behind: no file, no handler of signals, no timer. */
import { join } from 'node:path';
import { compose } from '../compose/compose.ts';
import { type Config, secretsOf } from '../config/config.ts';
import { createLogger } from '../lib/log.ts';
import { systemClock, systemConnect, systemRandom } from '../lib/ports.ts';
import { type TemporaryFolder, temporaryFolder } from '../lib/program/temporary-folder.ts';
import { type Call, inTheirWords, readOptions } from './options.ts';

/** `key`: what it wants of those who ask. */
export type Served = { url: string; key: string | undefined; stop(): Promise<void> };

/** Errors begin with the names of the call and of the option. */
export async function serve(call: Call, options: unknown): Promise<Served> {
  try {
    return await serveIn(temporaryFolder('gemini-claude-proxy-'), call, options);
  } catch (error) {
    throw new Error(`${call}: ${inTheirWords(error, call)}`, { cause: error });
  }
}

async function serveIn({ path, remove }: TemporaryFolder, call: Call, options: unknown): Promise<Served> {
  try {
    const served = await listen(readOptions(call, options, path), path);
    return { ...served, stop: once(() => served.stop().finally(remove)) };
  } catch (error) {
    remove();
    throw error;
  }
}

async function listen(config: Config, folder: string): Promise<Served> {
  const logger = await createLogger({
    level: config.log.level,
    format: config.log.format ?? 'pretty',
    secrets: secretsOf(config),
    write: (line) => void process.stderr.write(line),
  });
  const recordings = join(folder, 'recordings');
  const system = compose(config, {
    clock: systemClock,
    random: systemRandom,
    connect: systemConnect,
    logger,
    recordings,
    isForTests: true,
  });
  let close = () => system.close();
  try {
    const { url, close: stopListening } = listening(() => system.listen(), config);
    close = () => stopListening(0).finally(() => system.close());
    await system.warmUp();
    // A test that forgets to stop it must not keep its process from ending.
    system.app.server?.unref();
    return { url, key: config.proxyApiKey, stop: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function listening<T>(work: () => T, { port }: Config): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new Error(`port: 127.0.0.1:${port} is in use already; without \`port\` a free one is taken`);
  }
}

/** Later calls get the promise of the first. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
