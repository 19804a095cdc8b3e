/** Makes the texts of upstream (error messages, and other texts for people) fit for a client. */
import type { MessagesError } from '../anthropic/errors.ts';
import { shownText } from '../lib/shown-text.ts';
import { toMessagesError } from './errors.ts';

/** Bytes. A longer text is not a sentence, and no client would show all of it. */
const MAX_TOLD = 2_048;

/**
 * `text` without secrets, and cut. Google's own sentences may quote the key that they are about: "Consumer 'api_key:…'
 * has been suspended".
 */
export const toldText = (text: string, secrets: readonly string[]): string =>
  shownText(text, { secrets, limit: MAX_TOLD, control: () => ' ' });

export function toClientError(error: unknown, secrets: readonly string[]): MessagesError {
  const told = toMessagesError(error);
  told.message = toldText(told.message, secrets);
  return told;
}
