/** Watches whether upstream can be reached, so that a missing network is reported at once instead of waited for. */

import type { Config } from '../config/config.ts';
import type { Fetch } from '../lib/ports.ts';
import { GOOGLE } from '../upstream/genai.ts';
import { failingUnreached, Reach } from '../upstream/reach.ts';
import { describeUnreachable } from '../upstream/unreachable.ts';
import type { Ports } from './settings.ts';

const network: Fetch = (url, init) => fetch(url, init);

export type Reaching = {
  fetch: Fetch;
  /** Writes a log line if there is no way to upstream now. Resolves when it is known whether there is a way. */
  warn(): Promise<void>;
};

/** Makes that watch. With an HTTP proxy nothing is watched: the errors of that proxy say where the connection ends. */
export function openReaching(config: Config, { clock, logger, connect, fetch = network }: Ports): Reaching {
  if (!connect || config.viaHttpProxy || config.backend !== 'gemini') return { fetch, warn: async () => {} };
  const reach = new Reach({ connect, clock });
  const baseUrl = config.baseUrl ?? GOOGLE;
  return {
    fetch: failingUnreached(fetch, reach, clock),
    async warn() {
      try {
        await reach.check(baseUrl);
      } catch (error) {
        const what =
          describeUnreachable(baseUrl, error) ?? `cannot reach ${new URL(baseUrl).host}: ${String(error)}`;
        logger.warn({}, `${what}; requests fail until it can be (GOOGLE_GEMINI_BASE_URL, the network)`);
      }
    },
  };
}
