/** Who answers what a recording does not have, where the settings name somebody. */
import type { Config } from '../config/config.ts';
import type { OpenScope, Reply } from '../http/deps.ts';
import { saysNothing } from '../http/taping/how-found.ts';
import { recordRequests } from '../http/taping/record.ts';
import type { OnMiss } from '../http/taping/replay.ts';
import { singleKey } from '../keys/single-key.ts';
import type { Clock, Fetch } from '../lib/ports.ts';
import type { Plays } from '../sim/replay/player.ts';
import { createBackend } from './keys.ts';
import type { Tapes } from './recording.ts';

/** Upstream for all requests of a replay: the player for those that it plays, and `other` for the rest. */
export const playedOr =
  (player: Plays, { replay }: Config, other: Fetch): Fetch =>
  (url, init, exchange) => {
    const isMissed = replay && replay.onMiss !== 'error' && player.plays?.(exchange.id) === false;
    return (isMissed ? other : player.fetch)(url, init, exchange);
  };

/** Serves a request as if nothing were played, with one key, about which nothing is remembered. */
const servedBy =
  (config: Config, backend: 'mock' | 'gemini', fetch: Fetch, clock: Clock): OpenScope =>
  (request, _path, deps) => ({
    request,
    deps: { ...deps, keys: singleKey(createBackend({ ...config, backend }, fetch, clock)) },
  });

export function openOnMiss({ config, missRecorder }: Tapes, fetch: Fetch, clock: Clock): OnMiss | undefined {
  if (config.replay?.onMiss === 'mock')
    return { filler: 'mock', open: servedBy({ ...config, baseUrl: undefined }, 'mock', fetch, clock) };
  if (!missRecorder) return undefined;
  const asked = servedBy(config, 'gemini', fetch, clock);
  const isWanted = ({ response }: Reply) => !saysNothing(response.status);
  return { filler: 'gemini', open: recordRequests(missRecorder, asked, isWanted) };
}
