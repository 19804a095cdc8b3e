/** Checks keys: `PROXY_API_KEY`, with which everything is open, and those of `CLIENT_KEYS`, for the API alone. */
import { timingSafeEqual } from 'node:crypto';
import { MessagesError } from '../anthropic/errors.ts';
import type { ClientKey } from '../limits/client-key.ts';

/**
 * Compares two keys in the same time for any guess. Their digests are compared, so the time does not even show the
 * length of the key.
 */
function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digestOf(given), digestOf(expected));
}

const digestOf = (text: string) => new Bun.CryptoHasher('sha256').update(text).digest();

/**
 * The keys that a request sends. Either header may hold the key, depending on the client's SDK; Claude Code's
 * `apiKeyHelper` sends both headers.
 */
function givenKeys(headers: Headers): string[] {
  const bearer = /^Bearer\s+(.+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  return [headers.get('x-api-key'), bearer].filter((key) => key !== null && key !== undefined);
}

type Locks = { proxyApiKey: string | undefined; clients: readonly ClientKey[] };

/** True where nobody may use a model without a key. */
export const isLocked = ({ proxyApiKey, clients }: Locks): boolean =>
  proxyApiKey !== undefined || clients.length > 0;

/** The client whose key was sent. All keys are compared, so the time does not show which one it is. */
function clientOf(headers: Headers, clients: readonly ClientKey[]): ClientKey | undefined {
  if (clients.length === 0) return undefined;
  let found: ClientKey | undefined;
  for (const given of givenKeys(headers).map(digestOf)) {
    for (const client of clients) {
      if (timingSafeEqual(given, Buffer.from(client.digest, 'hex'))) found ??= client;
    }
  }
  return found;
}

const isOperator = (headers: Headers, { proxyApiKey }: Locks): boolean =>
  proxyApiKey !== undefined && givenKeys(headers).some((key) => sameSecret(key, proxyApiKey));

/** True for somebody who may see everything: who sends `PROXY_API_KEY`; where nobody needs a key, everybody. */
export const knowsKey = (headers: Headers, locks: Locks): boolean =>
  !isLocked(locks) || isOperator(headers, locks);

/** By what the inspector's page knows that no key opens it. */
export const CLOSED = 'operator_key_missing';

/** For what shows or does something for all clients, where clients have keys and the operator has none. */
const closed = () =>
  new MessagesError(
    'permission_error',
    'This shows what all clients do, so the key of a client does not open it. It needs PROXY_API_KEY, and none is set: set one, and restart the proxy',
    { shouldRetry: false, details: { error_code: CLOSED } },
  );

const whatToDo = ({ proxyApiKey, clients }: Locks): string => {
  const keys = [
    ...(proxyApiKey === undefined ? [] : ['the PROXY_API_KEY of this proxy']),
    ...(clients.length === 0 ? [] : ['your key of its CLIENT_KEYS']),
  ];
  return `Set ANTHROPIC_AUTH_TOKEN (or ANTHROPIC_API_KEY) of the client to ${keys.join(', or to ')}`;
};

/**
 * The client that has a name; undefined for any other that may come in. Throws where the key is missing or wrong, or
 * where it is a client's and the route is the operator's. The message must not contain the name of the header: Claude
 * Code would take it for a message about its own login, and say "Please run /login".
 */
export function checkKey(headers: Headers, locks: Locks, isOperators: boolean): ClientKey | undefined {
  if (!isLocked(locks) || isOperator(headers, locks)) return undefined;
  if (isOperators && locks.proxyApiKey === undefined) throw closed();
  const client = clientOf(headers, locks.clients);
  if (client && isOperators)
    throw new MessagesError(
      'permission_error',
      `This needs the PROXY_API_KEY; ${client.name} may use the API alone`,
      {
        shouldRetry: false,
      },
    );
  if (client) return client;
  const problem = givenKeys(headers).length > 0 ? 'The key is not the one of this proxy' : 'No key was sent';
  // Without `shouldRetry: false` Claude Code goes on trying for minutes.
  throw new MessagesError('authentication_error', `${problem}. ${whatToDo(locks)}`, { shouldRetry: false });
}

/** Names the client in the requests of its batches. Only requests that this process itself has made are believed. */
export const BATCH_CLIENT_HEADER = 'x-proxy-client';

export const clientOfBatch = (headers: Headers, clients: readonly ClientKey[]): ClientKey | undefined =>
  clients.find(({ name }) => name === headers.get(BATCH_CLIENT_HEADER));

/** True where `key` lets somebody in. */
export const isKeyOf = (key: string, locks: Locks): boolean => {
  const headers = new Headers({ 'x-api-key': key });
  return isOperator(headers, locks) || clientOf(headers, locks.clients) !== undefined;
};
