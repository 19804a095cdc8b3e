/**
 * Decides which web pages may send requests to the proxy. Often there is no key, so a page of another site must not get
 * in by either of two ways: by a host name of its own that leads to this machine (a foreign Host), or by a request from
 * its own address (a foreign Origin).
 */
import { MessagesError } from '../anthropic/errors.ts';
import { quoted } from '../lib/shown-text.ts';
import { isLocked } from './client-key.ts';
import { allowedOrigin } from './cors.ts';
import type { ServerSettings } from './deps.ts';

type Settings = Pick<ServerSettings, 'host' | 'allowedHosts' | 'corsOrigins' | 'proxyApiKey' | 'clients'>;

/** True where an address, or the host of a URL, means this machine. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return (
    name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name)
  );
}

const IP = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/;

type Site = { name: string; port: string };

/**
 * Splits a Host into name and port: `[::1]:8082` becomes `[::1]` and `8082`. An address may be written in many ways
 * (`127.1`), and a full name may end in a dot.
 */
function siteOf(host: string): Site {
  const [, given = '', port = ''] = /^(.*?)(?::(\d*))?$/s.exec(host.toLowerCase()) ?? [];
  const name = (URL.parse(`http://${given}`)?.hostname ?? given).replace(/\.$/, '');
  return { name, port };
}

/** Addresses that mean "all addresses of this machine". */
const UNSPECIFIED: ReadonlySet<string> = new Set(['0.0.0.0', '[::]']);
/** Matches 127.0.0.0/8 in the form in which a server for IPv4 and IPv6 sees these addresses. */
const MAPPED_LOOPBACK = /^\[::ffff:7f[0-9a-f]{2}:/;

const isThisMachine = (name: string): boolean =>
  isLoopback(name) || UNSPECIFIED.has(name) || MAPPED_LOOPBACK.test(name);

/** The host of an origin. An opaque origin, such as `null`, has no host, and counts as foreign. */
const originHost = (origin: string): string => URL.parse(origin)?.host ?? '';

/** Throws where the Host makes no URL: Bun accepts a Host that is empty, or that is no host. */
export function checkHost({ url, headers }: Request): void {
  if (URL.canParse(url)) return;
  const host = quoted(headers.get('host') ?? '');
  throw new MessagesError('invalid_request_error', `Host ${host} is not a host; send the one of the URL`);
}

/**
 * `ALLOWED_HOSTS` lists hosts. A host with a port is allowed with that port, and a host without a port is allowed with
 * every port.
 */
const isListed = ({ name, port }: Site, { allowedHosts }: Settings): boolean =>
  name !== '' && (allowedHosts.includes(name) || allowedHosts.includes(`${name}:${port}`));

/**
 * True for a Host that may be the proxy's. On an address beyond loopback the proxy does not know by which names it can
 * be reached. Where no key is set, only hosts are accepted that a web page cannot point to this machine: addresses, and
 * names without a dot, which belong to the local network.
 */
function isOwnHost(site: Site, settings: Settings): boolean {
  if (isThisMachine(site.name) || isListed(site, settings)) return true;
  if (isLoopback(settings.host)) return false;
  const isLocal = IP.test(site.name) || !site.name.includes('.') || site.name === settings.host.toLowerCase();
  return isLocal || isLocked(settings);
}

/**
 * True for an Origin that is a page of this proxy, under any name of this machine. Another port belongs to another
 * program.
 */
function isOwnOrigin(origin: string, host: string | null, settings: Settings): boolean {
  const [from, to] = [originHost(origin), host?.toLowerCase() ?? ''];
  if (from === '') return false;
  if (from === to || isListed(siteOf(from), settings)) return true;
  const [page, here] = [siteOf(from), siteOf(to)];
  return isThisMachine(page.name) && isThisMachine(here.name) && page.port === here.port;
}

const SAME_SITE = new Set(['same-origin', 'none']);

/**
 * True for a request for a picture, a script or a frame in a page of another site, or of another port of this machine:
 * browsers send no Origin with such requests. A link is allowed, except to a route that costs something.
 */
function isLedHere(headers: Headers, spends: boolean): boolean {
  const from = headers.get('sec-fetch-site');
  if (from === null || SAME_SITE.has(from)) return false;
  const isLink = headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document';
  return spends || !isLink;
}

/**
 * True where a browser does not say which page a request comes from. Over plain HTTP browsers say it only for our own
 * pages.
 */
function isUnexplained(headers: Headers, host: string | null, settings: Settings): boolean {
  if (headers.has('sec-fetch-site') || !headers.get('user-agent')?.startsWith('Mozilla/')) return false;
  return !isOwnOrigin(headers.get('referer') ?? '', host, settings);
}

/**
 * Throws where the request may come from a page of another site. `spends`: the request costs something although it is a
 * GET. `path` is the served path.
 */
export function checkSite(headers: Headers, path: string, spends: boolean, settings: Settings): void {
  const host = headers.get('host');
  if (host !== null && !isOwnHost(siteOf(host), settings)) {
    throw foreign(`Host ${quoted(host)}`, 'add it to ALLOWED_HOSTS if it is yours');
  }
  const origin = headers.get('origin');
  if (origin !== null) {
    if (isOwnOrigin(origin, host, settings) || allowedOrigin(origin, path, settings) !== undefined) return;
    const wayIn = `add its host to ALLOWED_HOSTS if the page is yours, or the origin to CORS_ORIGINS for the API alone`;
    throw foreign(`Origin ${quoted(origin)}`, wayIn);
  }
  if (isLedHere(headers, spends)) {
    throw foreign(`Sec-Fetch-Site ${quoted(headers.get('sec-fetch-site') ?? '')}`, 'open it by itself');
  }
  if (spends && isUnexplained(headers, host, settings)) {
    throw foreign('A browser that does not tell which page it comes from', 'ask with curl');
  }
}

/**
 * Throws where the request may come from another machine: by the address of the client, or by a name of this proxy that
 * other machines use. `peer` is undefined for a request of this process itself.
 */
export function checkLocal({ url }: Request, peer: string | undefined): void {
  const { hostname } = new URL(url);
  if ((peer === undefined || isThisMachine(siteOf(bracketed(peer)).name)) && isLoopback(hostname)) return;
  throw new MessagesError(
    'permission_error',
    'Only programs of this machine may ask for this, at 127.0.0.1 or localhost',
    {
      shouldRetry: false,
    },
  );
}

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

const foreign = (what: string, wayOut: string) =>
  new MessagesError('permission_error', `${what} is not allowed here; ${wayOut}`, { shouldRetry: false });
