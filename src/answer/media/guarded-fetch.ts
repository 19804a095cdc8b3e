/**
 * Asks a public https address for a client that must not reach anything else through this process. Every address of the
 * host must be public. The connection goes to exactly the address that was checked, since a name may resolve to another
 * one the next time. No redirect is followed here (docs/decisions/0048-media-by-url.md).
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Abortable } from '../../lib/async.ts';
import { isPublicAddress } from '../../lib/public-address.ts';

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

/** What the client is told of a URL that cannot be read, without a full stop. */
export class UrlProblem extends Error {
  override readonly name = 'UrlProblem';
}

/** How many addresses of one host are asked, one after the other. */
const MAX_ADDRESSES = 3;

/** Bytes that may be read. */
export type ByteBudget = { left: number };

const HEADERS = {
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

/** What is asked for: `accept` names the types that the caller can use. */
export type GuardedRequest = { url: URL; accept: string };

/** Connects to `address`, but with the name in `url` for the certificate, SNI and `Host`. */
function request(
  { url, accept }: GuardedRequest,
  address: string,
  ports: UrlFetchPorts,
  signal: AbortSignal,
): Promise<Response> {
  const at = new URL(url.href);
  at.hash = '';
  at.hostname = isIP(address) === 6 ? `[${address}]` : address;
  const isNamed = isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0;
  return ports.fetch(at.href, {
    headers: { ...HEADERS, accept, host: url.host },
    redirect: 'manual',
    decompress: false,
    keepalive: false,
    signal,
    ...(isNamed ? { tls: { serverName: url.hostname } } : {}),
  });
}

/** `url` has passed `urlProblem`. Rejects with a UrlProblem, or with the signal's reason. */
export async function openGuarded(
  wanted: GuardedRequest,
  ports: UrlFetchPorts,
  signal: AbortSignal,
): Promise<Response> {
  for (const address of await addressesOf(wanted.url.hostname, ports, signal)) {
    try {
      return await request(wanted, address, ports, signal);
    } catch {
      // The real reason names addresses; the client is only told that the URL could not be read.
      signal.throwIfAborted();
    }
  }
  throw new UrlProblem('its host could not be reached');
}

/** There is more of it than the budget allows. */
export class TooLarge extends UrlProblem {
  constructor() {
    super('there is more of it than can be sent to Gemini');
  }
}

/** Reads the body of an answer with status 200. Each byte counts `uses` times for `budget`. */
export async function readGuarded(
  { headers, body }: Response,
  uses: number,
  budget: ByteBudget,
): Promise<Uint8Array> {
  const coding = headers.get('content-encoding') ?? 'identity';
  if (coding !== 'identity') throw new UrlProblem('its host sent it packed');
  if (Number(headers.get('content-length') ?? 0) * uses > budget.left) throw new TooLarge();
  const pieces: Uint8Array[] = [];
  for await (const piece of body ?? []) {
    budget.left -= piece.length * uses;
    if (budget.left < 0) throw new TooLarge();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
