/**
 * Finds out which client sent a request (its asker). One request at which Gemini fails must not make everybody's
 * requests look bad. So a client that sends the same request again is the same asker, and all attempts of one answer
 * have the same asker. Askers are told apart by their session and their conversation so far. Parameters do not count,
 * because clients change parameters when they ask again (without a stream, with fewer tokens).
 */
import type { MessagesRequest } from '../anthropic/request.ts';
import { shortHash } from '../lib/hash.ts';

const LABEL_LENGTH = 12;
/**
 * The number of characters at either end of a text that are looked at: these are enough to tell one prompt from
 * another.
 */
const END = 500;

const endsOf = (_key: string, value: unknown): unknown =>
  typeof value === 'string' && value.length > 2 * END
    ? `${value.slice(0, END)}${value.length}${value.slice(-END)}`
    : value;

export function askerOf(
  session: string | undefined,
  { messages }: Pick<MessagesRequest, 'messages'>,
): string {
  const told = [session, messages.length, messages[0], messages.at(-1)];
  return shortHash(JSON.stringify(told, endsOf), LABEL_LENGTH);
}
