/** Vertex AI, as the settings ask for it. */
import type { Config } from '../config/config.ts';
import { shortHash } from '../lib/hash.ts';
import type { Clock, Fetch } from '../lib/ports.ts';
import { toClientError } from '../translate/client-error.ts';
import type { Host } from '../upstream/host.ts';
import { vertexHost } from '../upstream/vertex.ts';

const FINGERPRINT_LENGTH = 8;

/** Undefined for another backend. `fetch` is the way to the server of tokens, which nothing may record. */
export function openVertexHost({ vertex, baseUrl }: Config, fetch: Fetch, clock: Clock): Host | undefined {
  if (!vertex) return undefined;
  const { project, location, credentialsFile } = vertex;
  return vertexHost({ project, location, credentialsFile, baseUrl, fetch, clock });
}

/** Signatures belong to the project and the place, as they belong to a key of the Gemini API. */
export const vertexFingerprint = ({ vertex }: Pick<Config, 'vertex'>): string =>
  shortHash(`vertex ${vertex?.project} ${vertex?.location}`, FINGERPRINT_LENGTH);

/** Why there are no credentials now, in the words that a client would read; undefined where there are some. */
export async function credentialsProblem(
  host: Host,
  { modelMap }: Config,
  secrets: readonly string[],
  signal = new AbortController().signal,
): Promise<string | undefined> {
  try {
    await host.address('generateContent', modelMap.small, signal);
    return undefined;
  } catch (error) {
    return toClientError(error, secrets).message;
  }
}
