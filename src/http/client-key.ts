/** `PROXY_API_KEY`: whoever has this key may use a model. */
import { timingSafeEqual } from 'node:crypto';
import { MessagesError } from '../anthropic/errors.ts';

/** Takes the same time for any guess. Digests are compared, so the time does not even tell the length of the key. */
function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => new Bun.CryptoHasher('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** Either header may hold the key, depending on the client's SDK; Claude Code's `apiKeyHelper` sends both. */
function givenKeys(headers: Headers): string[] {
  const bearer = /^Bearer\s+(.+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  return [headers.get('x-api-key'), bearer].filter((key) => key !== null && key !== undefined);
}

export const knowsKey = (headers: Headers, expected: string | undefined): boolean =>
  expected === undefined || givenKeys(headers).some((key) => sameSecret(key, expected));

const WHAT_TO_DO =
  'Set ANTHROPIC_AUTH_TOKEN (or ANTHROPIC_API_KEY) of the client to the PROXY_API_KEY of this proxy';

/**
 * Claude Code takes every message that contains the header's name for one about its own login, and says "Please run
 * /login".
 */
export function checkKey(headers: Headers, expected: string | undefined): void {
  if (knowsKey(headers, expected)) return;
  const problem = givenKeys(headers).length > 0 ? 'The key is not the one of this proxy' : 'No key was sent';
  // Without `shouldRetry: false` Claude Code goes on trying for minutes.
  throw new MessagesError('authentication_error', `${problem}. ${WHAT_TO_DO}`, { shouldRetry: false });
}
