/** Errors of connections that could not be made. Google was not asked, so nothing follows for the model or the key. */

/**
 * The codes of Bun's fetch for a host that cannot be reached (docs/discoveries/0004-broken-connections.md), and what
 * they mean.
 */
const CODES: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'this machine has no address for it',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'no route to it',
  ENETDOWN: 'the network is down',
  ENETUNREACH: 'no route to its network',
  ENOTFOUND: 'no host has this name',
  EPROTO: 'the TLS handshake failed',
  ETIMEDOUT: 'no connection in time',
  // Other versions of Bun give the same errors these names.
  ConnectionRefused: 'nothing listens there',
  FailedToOpenSocket: 'no connection',
};

/** Bun's code where an HTTP proxy did not open the way to the host. The error has the proxy's status. */
const TUNNEL = 'ERR_PROXY_TUNNEL';

/** `407 Proxy Authentication Required`: what the HTTP proxy said. */
function refusalOfProxy(error: unknown): string {
  const { status, statusText } = error as { status?: unknown; statusText?: unknown };
  return `${status ?? ''} ${statusText ?? ''}`.trim();
}

/** Matches errors of certificates that are not trusted. Each cause has a name of its own. */
const CERTIFICATE = /CERT|^UNABLE_TO_|^ERR_TLS_/;

/** The reason why a host cannot be reached, by the error's `code`; undefined where `code` means something else. */
export function whyUnreachable(code: string): string | undefined {
  if (Object.hasOwn(CODES, code)) return CODES[code];
  return CERTIFICATE.test(code) ? 'its certificate is not trusted' : undefined;
}

export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** The message `cannot reach host: CODE (why)`; undefined where the host was reached. */
export function describeUnreachable(url: string, error: unknown): string | undefined {
  const code = errorCode(error);
  if (code === TUNNEL)
    return `cannot reach ${new URL(url).host}: ${code} (the HTTP proxy refused the way there: ${refusalOfProxy(error)})`;
  const why = code === undefined ? undefined : whyUnreachable(code);
  return why === undefined ? undefined : `cannot reach ${new URL(url).host}: ${code} (${why})`;
}
