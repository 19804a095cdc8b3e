/** What must outlive the process, and what several instances share: the folder of DATA_DIR, and Redis. */
import { existsSync, mkdtempSync, rmdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { RedisLink } from '../cluster/link.ts';
import { toldText } from '../translate/client-error.ts';
import type { DoctorContext } from './context.ts';
import { type Check, type Finding, hint, ok, stops } from './finding.ts';

/** Milliseconds. */
const REDIS_MS = 5_000;

/** The folder itself, or the lowest of those above it that is there. */
const lowestThere = (folder: string): string => (existsSync(folder) ? folder : lowestThere(dirname(folder)));

/** Why nothing can be written there. Tried, since rights do not tell of a full disk, or of one that is read-only. */
function whyNotWritable(folder: string): string | undefined {
  try {
    rmdirSync(mkdtempSync(join(lowestThere(folder), '.doctor-')));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function folderFinding({ config, ports }: DoctorContext): Finding {
  const folder = resolve(ports.cwd, config.dataDir);
  const why = whyNotWritable(folder);
  if (why === undefined) return ok(`${folder} can be written`);
  const isChosen = (ports.env['DATA_DIR'] ?? '') !== '';
  return stops(
    `DATA_DIR: ${folder} cannot be used: ${why}`,
    'The proxy does not start with this.',
    isChosen
      ? 'Take the usual folder: `unset DATA_DIR`; or name one that you may write.'
      : 'Name a folder that you may write: `DATA_DIR=<folder>`.',
  );
}

/** What is wrong with the Redis, in the words of the log; undefined where it answers. */
async function redisTrouble(url: string, { ports: { clock } }: DoctorContext, signal: AbortSignal) {
  const told = Promise.withResolvers<string | undefined>();
  const link = new RedisLink({ url, clock, onChange: told.resolve });
  link.onConnect(async () => told.resolve(undefined));
  const callOff = clock.after(REDIS_MS, () =>
    told.resolve(`Redis does not answer within ${REDIS_MS / 1_000} s`),
  );
  const stop = () => told.resolve(undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await told.promise;
  } finally {
    callOff();
    signal.removeEventListener('abort', stop);
    await link.close();
  }
}

async function redisFindings(context: DoctorContext, signal: AbortSignal): Promise<Finding[]> {
  const { redisUrl } = context.config;
  if (redisUrl === undefined) return [];
  const trouble = await redisTrouble(redisUrl, context, signal);
  if (trouble === undefined) return [ok('Redis answers')];
  return [
    hint(
      toldText(trouble, context.secrets),
      'Each instance then decides alone, and signatures are not shared.',
      'Start the Redis that REDIS_URL names, with the user and password of that URL; or go without: `unset REDIS_URL`.',
    ),
  ];
}

export const storage: Check = {
  name: 'storage',
  limitMs: 10_000,
  run: async (context, signal) => [folderFinding(context), ...(await redisFindings(context, signal))],
};
