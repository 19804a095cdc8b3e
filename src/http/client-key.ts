/** Checks `PROXY_API_KEY`: every client that sends this key may use a model. */
import { timingSafeEqual } from 'node:crypto';
import { MessagesError } from '../anthropic/errors.ts';

/**
 * Compares two keys in the same time for any guess. Their digests are compared, so the time does not even show the
 * length of the key.
 */
function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => new Bun.CryptoHasher('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/**
 * The keys that a request sends. Either header may hold the key, depending on the client's SDK; Claude Code's
 * `apiKeyHelper` sends both headers.
 */
function givenKeys(headers: Headers): string[] {
  const bearer = /^Bearer\s+(.+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  return [headers.get('x-api-key'), bearer].filter((key) => key !== null && key !== undefined);
}

export const knowsKey = (headers: Headers, expected: string | undefined): boolean =>
  expected === undefined || givenKeys(headers).some((key) => sameSecret(key, expected));

const WHAT_TO_DO =
  'Set ANTHROPIC_AUTH_TOKEN (or ANTHROPIC_API_KEY) of the client to the PROXY_API_KEY of this proxy';

/**
 * Throws where the key is missing or wrong. The message must not contain the name of the header: Claude Code would take
 * it for a message about its own login, and say "Please run /login".
 */
export function checkKey(headers: Headers, expected: string | undefined): void {
  if (knowsKey(headers, expected)) return;
  const problem = givenKeys(headers).length > 0 ? 'The key is not the one of this proxy' : 'No key was sent';
  // Without `shouldRetry: false` Claude Code goes on trying for minutes.
  throw new MessagesError('authentication_error', `${problem}. ${WHAT_TO_DO}`, { shouldRetry: false });
}
