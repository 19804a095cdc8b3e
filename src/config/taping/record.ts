/** Where requests are recorded. */
import type { Environment } from '../env-files.ts';
import { ConfigError } from '../read-value.ts';
import type { Values } from '../variables.ts';

/** True where `CI` is set. Some shells set `CI=false` and mean that there is no CI. */
export const isCi = ({ CI = '' }: Environment): boolean => CI.trim() !== '' && !/^(?:false|0|no)$/i.test(CI);

/**
 * The folder to record into. Recording under CI is refused: a build would send requests to the real Gemini and keep the
 * answers.
 */
export function readRecord({ RECORD, BACKEND }: Values, env: Environment): string | undefined {
  if (RECORD !== undefined && BACKEND === 'replay') throw new ConfigError('RECORD: not while replaying');
  if (RECORD !== undefined && isCi(env)) throw new ConfigError('RECORD: not under CI');
  return RECORD;
}
