/**
 * Reads one picture or document from a public https URL, for a client that must not reach anything else through this
 * process. Every address of the host must be public. The connection goes to exactly the address that was checked, since
 * a name may resolve to another one the next time. Redirects are not followed, and the type of the file is judged by
 * its bytes (docs/decisions/0048-media-by-url.md).
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Abortable } from '../../lib/async.ts';
import { isPublicAddress } from '../../lib/public-address.ts';
import type { FetchedMedia } from '../../translate/context.ts';
import { mediaTypeOf } from '../../translate/request/media/media-type.ts';

/** The network functions, which a test can replace. */
export type UrlFetchPorts = {
  /** All addresses of a host. */
  resolve(host: string): Promise<readonly string[]>;
  isPublic(address: string): boolean;
  fetch(url: string, init: BunFetchRequestInit): Promise<Response>;
};

export const systemPorts: UrlFetchPorts = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  isPublic: isPublicAddress,
  fetch: (url, init) => fetch(url, init),
};

/** A URL, and the number of places where the request has it: its bytes are sent once for each place. */
export type WantedUrl = { url: string; uses: number };

/** Bytes of all media of a request together. */
export type ByteBudget = { left: number };

/** What the client is told of a URL that cannot be read, without a full stop. */
class UrlProblem extends Error {
  override readonly name = 'UrlProblem';
}

/** How many addresses of one host are asked, one after the other. */
const MAX_ADDRESSES = 3;

const HEADERS = {
  accept: 'image/png, image/jpeg, image/webp, image/gif, application/pdf',
  // A compressed body could grow a thousandfold.
  'accept-encoding': 'identity',
  'user-agent': 'gemini-claude-proxy',
};

/**
 * The same sentence for a name that does not exist and for one that is not public: a client must not find out which
 * names exist inside a network.
 */
const NOT_PUBLIC = 'its host has no public address';

async function addressesOf(host: string, ports: UrlFetchPorts, signal: AbortSignal): Promise<string[]> {
  const literal = host.replace(/^\[|\]$/g, '');
  const resolved = isIP(literal) !== 0 ? Promise.resolve([literal]) : ports.resolve(host);
  const all = await new Abortable(signal).wait(
    resolved.catch(() => {
      throw new UrlProblem(NOT_PUBLIC);
    }),
  );
  if (all.length === 0 || !all.every((address) => ports.isPublic(address))) throw new UrlProblem(NOT_PUBLIC);
  // Many machines have no route for IPv6.
  return [...all].sort((a, b) => isIP(a) - isIP(b)).slice(0, MAX_ADDRESSES);
}

/** Connects to `address`, but with the name in `url` for the certificate, SNI and `Host`. */
function request(url: URL, address: string, ports: UrlFetchPorts, signal: AbortSignal): Promise<Response> {
  const at = new URL(url.href);
  at.hash = '';
  at.hostname = isIP(address) === 6 ? `[${address}]` : address;
  const isNamed = isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0;
  return ports.fetch(at.href, {
    headers: { ...HEADERS, host: url.host },
    redirect: 'manual',
    decompress: false,
    keepalive: false,
    signal,
    ...(isNamed ? { tls: { serverName: url.hostname } } : {}),
  });
}

async function open(url: URL, ports: UrlFetchPorts, signal: AbortSignal): Promise<Response> {
  for (const address of await addressesOf(url.hostname, ports, signal)) {
    try {
      return await request(url, address, ports, signal);
    } catch {
      // The real reason names addresses; the client is only told that the URL could not be read.
      signal.throwIfAborted();
    }
  }
  throw new UrlProblem('its host could not be reached');
}

function checkHead({ status, headers }: Response, uses: number, budget: ByteBudget): void {
  if (status >= 300 && status < 400)
    throw new UrlProblem('it leads on to another address, which is not followed');
  if (status !== 200) throw new UrlProblem(`its host answered ${status}`);
  const coding = headers.get('content-encoding') ?? 'identity';
  if (coding !== 'identity') throw new UrlProblem('its host sent it packed');
  if (Number(headers.get('content-length') ?? 0) * uses > budget.left) throw new UrlProblem(TOO_LARGE);
}

const TOO_LARGE = 'there is more of it than can be sent to Gemini';

async function readBody(response: Response, uses: number, budget: ByteBudget): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of response.body ?? []) {
    budget.left -= piece.length * uses;
    if (budget.left < 0) throw new UrlProblem(TOO_LARGE);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** `url` has passed `urlProblem`. Rejects only with the signal's reason. */
export async function fetchUrl(
  { url, uses }: WantedUrl,
  budget: ByteBudget,
  ports: UrlFetchPorts,
  signal: AbortSignal,
): Promise<FetchedMedia> {
  // Ends the connection of a body that is not read to its end.
  const done = new AbortController();
  try {
    const response = await open(new URL(url), ports, AbortSignal.any([signal, done.signal]));
    checkHead(response, uses, budget);
    const bytes = await readBody(response, uses, budget);
    const mimeType = mediaTypeOf(bytes);
    if (mimeType === undefined) throw new UrlProblem('it is neither a picture that Gemini reads nor a PDF');
    return { mimeType, data: Buffer.from(bytes).toString('base64') };
  } catch (error) {
    signal.throwIfAborted();
    return { problem: error instanceof UrlProblem ? error.message : 'it could not be read to its end' };
  } finally {
    done.abort();
  }
}
