/** What a client is told of an error. */
import type { MessagesError } from '../anthropic/errors.ts';
import { hideSecrets } from '../lib/secrets.ts';
import { toMessagesError } from '../translate/errors.ts';

/** Google's own sentences may name the key that they are about: "Consumer 'api_key:…' has been suspended". */
export function toClientError(error: unknown, secrets: readonly string[]): MessagesError {
  const told = toMessagesError(error);
  told.message = hideSecrets(told.message, secrets);
  return told;
}
