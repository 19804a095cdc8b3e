/** Where requests are recorded. */
import { resolve } from 'node:path';
import type { Environment } from '../env-files.ts';
import { ConfigError } from '../read-value.ts';
import type { Values } from '../variables.ts';

/** True where `CI` is set. Some shells set `CI=false` and mean that there is no CI. */
export const isCi = ({ CI = '' }: Environment): boolean => CI.trim() !== '' && !/^(?:false|0|no)$/i.test(CI);

export const NOT_UNDER_CI =
  'CI is set, and a build should not keep what Gemini answers; record elsewhere, or unset CI';

/**
 * The folder to record into. Recording under CI is refused: a build would send requests to the real Gemini and keep the
 * answers.
 */
export function readRecord(values: Values, env: Environment): string | undefined {
  const { RECORD, BACKEND } = values;
  if (RECORD === undefined) return undefined;
  if (isCi(env)) throw new ConfigError(`RECORD: ${NOT_UNDER_CI}`);
  if (BACKEND === 'replay') checkCarrying(RECORD, values);
  return RECORD;
}

/** A replay may be recorded, into another folder than its own. */
function checkCarrying(record: string, { REPLAY = '', REPLAY_ON_MISS }: Values): void {
  if (resolve(record) === resolve(REPLAY))
    throw new ConfigError('RECORD: is the recording that is played; give the new one another name');
  if (REPLAY_ON_MISS === 'record')
    throw new ConfigError(
      'REPLAY_ON_MISS: record adds to the recording that is played, and RECORD makes another one; choose one of the two',
    );
}
