/** Who may speak to us: browsers of other sites may not, and clients without the key may not. */
import { timingSafeEqual } from 'node:crypto';
import { MessagesError } from '../anthropic/errors.ts';

/** Whether an address, or the host of a URL, is this machine itself. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return (
    name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name)
  );
}

/** The host without its port: `[::1]:8082` → `[::1]`. */
function hostName(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}

function originHost(origin: string): string {
  // `null` and other opaque origins have no host, and are foreign.
  return URL.canParse(origin) ? new URL(origin).hostname : '';
}

/** Bun lets a Host pass that is empty, or no host at all; no URL can be made with it. */
export function checkHost({ url, headers }: Request): void {
  if (URL.canParse(url)) return;
  const host = JSON.stringify((headers.get('host') ?? '').slice(0, 100));
  throw new MessagesError('invalid_request_error', `Host ${host} is not a host; send the one of the URL`);
}

/**
 * On a loopback bind there is no key, so a page of another site must not reach us: neither by a name of its
 * own that resolves to 127.0.0.1 (a foreign Host), nor by a plain cross-site request (a foreign Origin).
 */
export function checkOrigin(headers: Headers, bindHost: string, allowedHosts: readonly string[]): void {
  if (!isLoopback(bindHost)) return;
  const allowed = (name: string) => isLoopback(name) || allowedHosts.includes(name);
  const host = headers.get('host');
  if (host !== null && !allowed(hostName(host))) throw foreign('Host', host);
  const origin = headers.get('origin');
  if (origin !== null) {
    if (!allowed(originHost(origin))) throw foreign('Origin', origin);
  } else if (isEmbedded(headers)) throw foreign('Sec-Fetch-Site', 'cross-site');
}

/** A picture, a script or a frame in a page of another site: browsers send no Origin with those. A link stays good. */
function isEmbedded(headers: Headers): boolean {
  const isLink = headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document';
  return headers.get('sec-fetch-site') === 'cross-site' && !isLink;
}

const foreign = (header: string, value: string) =>
  new MessagesError(
    'permission_error',
    `${header} ${JSON.stringify(value.slice(0, 100))} is not allowed here; add it to ALLOWED_HOSTS if it is yours`,
    { shouldRetry: false },
  );

/** Constant in time for any guess: digests are compared, so that not even the length shows. */
function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => new Bun.CryptoHasher('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** Either header, whichever SDK the client uses; Claude Code's `apiKeyHelper` sends both. */
function givenKeys(headers: Headers): string[] {
  const bearer = /^Bearer\s+(.+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  return [headers.get('x-api-key'), bearer].filter((key) => key !== null && key !== undefined);
}

export const knowsKey = (headers: Headers, expected: string | undefined): boolean =>
  expected === undefined || givenKeys(headers).some((key) => sameSecret(key, expected));

export function checkKey(headers: Headers, expected: string | undefined): void {
  if (knowsKey(headers, expected)) return;
  const message = givenKeys(headers).length > 0 ? 'invalid x-api-key' : 'x-api-key header is required';
  // Without this Claude Code tries again for minutes.
  throw new MessagesError('authentication_error', message, { shouldRetry: false });
}
