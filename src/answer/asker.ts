/**
 * Whose request it is. One request at which Gemini fails must not make everybody's requests look bad. So a client that
 * sends the same request again is the same asker, and all attempts of one answer have the same asker. Askers are told apart by session and
 * conversation so far, and not by parameters, which clients change when they ask again (without a stream, with fewer
 * tokens).
 */
import type { MessagesRequest } from '../anthropic/request.ts';
import { shortHash } from '../lib/hash.ts';

const LABEL_LENGTH = 12;
/** Characters at either end of a text that are looked at: a whole prompt need not be read to tell it from others. */
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
