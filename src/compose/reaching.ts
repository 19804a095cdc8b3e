/** Watches whether upstream can be reached, so that a missing network is reported at once instead of waited for. */

import type { Config } from '../config/config.ts';
import type { Fetch } from '../lib/ports.ts';
import { GOOGLE } from '../upstream/genai.ts';
import { failingUnreached, Reach } from '../upstream/reach.ts';
import { describeUnreachable } from '../upstream/unreachable.ts';
import { commonLogger, type Ports } from './settings.ts';

/** True where requests to upstream may go through an HTTP proxy. */
export const isViaHttpProxy = ({ httpProxies }: Config): boolean =>
  Object.keys(httpProxies).some((name) => name !== 'NO_PROXY');

const network: Fetch = (url, init) => fetch(url, init);

export type Reaching = {
  fetch: Fetch;
  /** Writes a log line if there is no way to upstream now. Resolves when it is known whether there is a way. */
  warn(): Promise<void>;
  /** Why there was no way to upstream when one was last tried; undefined where there was, or nobody has tried. */
  problem(): string | undefined;
};

/** Makes that watch. With an HTTP proxy nothing is watched: the errors of that proxy say where the connection ends. */
export function openReaching(config: Config, ports: Ports): Reaching {
  const { clock, connect, fetch = network } = ports;
  if (!connect || isViaHttpProxy(config) || config.backend !== 'gemini')
    return { fetch, warn: async () => {}, problem: () => undefined };
  const reach = new Reach({ connect, clock });
  const baseUrl = config.baseUrl ?? GOOGLE;
  const problem = () => {
    const error = reach.problem(baseUrl);
    if (error === undefined) return undefined;
    return describeUnreachable(baseUrl, error) ?? `cannot reach ${new URL(baseUrl).host}: ${String(error)}`;
  };
  return {
    fetch: failingUnreached(fetch, reach, clock),
    problem,
    async warn() {
      await reach.check(baseUrl).catch(() => {});
      const what = problem();
      if (what === undefined) return;
      const hint = 'requests fail until it can be (GOOGLE_GEMINI_BASE_URL, the network)';
      commonLogger(ports).warn({}, `${what}; ${hint}`);
    },
  };
}
