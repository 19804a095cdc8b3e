/** Watches whether upstream can be reached, so that a missing network is reported at once instead of waited for. */

import { type Config, secretsOf } from '../config/config.ts';
import type { Fetch } from '../lib/ports.ts';
import { GOOGLE } from '../upstream/genai.ts';
import type { Host } from '../upstream/host.ts';
import { failingUnreached, Reach } from '../upstream/reach.ts';
import { describeUnreachable } from '../upstream/unreachable.ts';
import { vertexOrigin } from '../upstream/vertex.ts';
import { commonLogger, type Ports } from './settings.ts';
import { credentialsProblem, openVertexHost } from './vertex.ts';

/** True where requests to upstream may go through an HTTP proxy. */
export const isViaHttpProxy = ({ httpProxies }: Config): boolean =>
  Object.keys(httpProxies).some((name) => name !== 'NO_PROXY');

const network: Fetch = (url, init) => fetch(url, init);

export type Reaching = {
  fetch: Fetch;
  /** Vertex AI; undefined for another backend. */
  host: Host | undefined;
  /** Writes a log line if there is no way to upstream now, or there are no credentials for it. Resolves when it is known whether there is a way. */
  warn(): Promise<void>;
  /** Why there was no way to upstream when one was last tried; undefined where there was, or nobody has tried. */
  problem(): string | undefined;
};

/** The address of what serves the models; undefined where nothing beyond this process does. */
export function upstreamUrl({ backend, baseUrl, vertex }: Config): string | undefined {
  if (vertex) return baseUrl ?? vertexOrigin(vertex.location);
  return backend === 'gemini' ? (baseUrl ?? GOOGLE) : undefined;
}

/** Makes that watch. With an HTTP proxy nothing is watched: the errors of that proxy say where the connection ends. */
export function openReaching(config: Config, ports: Ports): Reaching {
  const { clock, connect, fetch = network } = ports;
  const baseUrl = upstreamUrl(config);
  const isWatched = connect && !isViaHttpProxy(config) && baseUrl !== undefined;
  const watch = isWatched ? { baseUrl, reach: new Reach({ connect, clock }) } : undefined;
  const watched = watch ? failingUnreached(fetch, watch.reach, clock) : fetch;
  const host = openVertexHost(config, watched, clock);
  const problem = () => watch && unreachedText(watch);
  return {
    fetch: watched,
    host,
    problem,
    async warn() {
      await watch?.reach.check(watch.baseUrl).catch(() => {});
      const away = problem();
      const hint = 'requests fail until it can be (GOOGLE_GEMINI_BASE_URL, the network)';
      const what = away === undefined ? await noCredentials(host, config) : `${away}; ${hint}`;
      if (what !== undefined) commonLogger(ports).warn({}, what);
    },
  };
}

function unreachedText({ baseUrl, reach }: { baseUrl: string; reach: Reach }): string | undefined {
  const error = reach.problem(baseUrl);
  if (error === undefined) return undefined;
  return describeUnreachable(baseUrl, error) ?? `cannot reach ${new URL(baseUrl).host}: ${String(error)}`;
}

async function noCredentials(host: Host | undefined, config: Config): Promise<string | undefined> {
  const problem = host && (await credentialsProblem(host, config, secretsOf(config)));
  return problem && `${problem} Requests fail until then`;
}
