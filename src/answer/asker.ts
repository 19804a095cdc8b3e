/**
 * Finds out which client sent a request (its asker). One request at which Gemini fails must not make everybody's
 * requests look bad. So a client that sends the same request again is the same asker, and all attempts of one answer
 * have the same asker. Askers are told apart by their session and their conversation so far. Parameters do not count,
 * because clients change parameters when they ask again (without a stream, with fewer tokens).
 */
import type { MessagesRequest } from '../anthropic/request.ts';
import { shortHash } from '../lib/hash.ts';
import { isObject } from '../lib/json.ts';

const LABEL_LENGTH = 12;
/**
 * The number of characters at either end of a text that are looked at: these are enough to tell one prompt from
 * another.
 */
const END = 500;

const endsOfText = (text: string): string =>
  text.length > 2 * END ? `${text.slice(0, END)}${text.length}${text.slice(-END)}` : text;

/** `value` with the ends of its texts alone. Takes less than half of the time that `JSON.stringify` needs with a function. */
function endsOf(value: unknown): unknown {
  if (typeof value === 'string') return endsOfText(value);
  if (Array.isArray(value)) return value.map(endsOf);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, endsOf(inner)]));
}

export function askerOf(
  session: string | undefined,
  { messages }: Pick<MessagesRequest, 'messages'>,
): string {
  const told = [session, messages.length, endsOf(messages[0]), endsOf(messages.at(-1))];
  return shortHash(JSON.stringify(told), LABEL_LENGTH);
}
