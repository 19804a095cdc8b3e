/** Which recording is played, and how. */
import { PACE_FORMS, parsePace } from '../../sim/replay/pace.ts';
import type { Pace } from '../../sim/replay/virtual-clock.ts';
import type { Environment } from '../env-files.ts';
import { ConfigError } from '../read-value.ts';
import type { Values } from '../variables.ts';
import { isCi, NOT_UNDER_CI } from './record.ts';

export type ReplaySettings = {
  folder: string;
  pace: Pace;
  match: 'strict' | 'loose';
  /** Who answers a request that was not recorded. */
  onMiss: 'error' | 'mock' | 'record';
  /** True where an answer may be given again. */
  repeats: boolean;
  /** True where requests come one after the other, even if they ran in parallel when they were recorded. */
  alone?: boolean;
};

/**
 * Reads the settings of a replay; undefined where nothing is to be played. To add to a recording is refused under CI, as
 * every recording is.
 */
export function readReplay(
  values: Values,
  keys: readonly string[],
  env: Environment,
  notices: string[],
): ReplaySettings | undefined {
  const { BACKEND, REPLAY, REPLAY_SPEED, REPLAY_MATCH, REPLAY_ON_MISS, REPLAY_REPEAT } = values;
  if (BACKEND !== 'replay') {
    if (REPLAY !== undefined) notices.push('REPLAY: not used without BACKEND=replay');
    return undefined;
  }
  if (REPLAY === undefined) throw new ConfigError('BACKEND: replay needs a recording; set REPLAY');
  const pace = parsePace(REPLAY_SPEED);
  if (!pace)
    throw new ConfigError(`REPLAY_SPEED: expected ${PACE_FORMS}, got ${JSON.stringify(REPLAY_SPEED)}`);
  if (REPLAY_ON_MISS === 'record' && keys.length === 0)
    throw new ConfigError('REPLAY_ON_MISS: record needs a key; set GEMINI_API_KEY');
  if (REPLAY_ON_MISS === 'record' && isCi(env))
    throw new ConfigError(`REPLAY_ON_MISS: record: ${NOT_UNDER_CI}`);
  return { folder: REPLAY, pace, match: REPLAY_MATCH, onMiss: REPLAY_ON_MISS, repeats: REPLAY_REPEAT };
}
