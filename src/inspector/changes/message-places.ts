/**
 * Finds what a message became in Gemini's contents. What a message becomes depends on nothing after it, so a history that
 * ends before the message, and one that ends with it, are translated, and what the second has more is the message's.
 */
import type { MessagesRequest } from '../../anthropic/request.ts';
import type { RequestContent } from '../../gemini/wire.ts';
import { toPrompt } from '../../translate/request/prompt.ts';
import type { Again } from '../again/translate-again.ts';

/** The parts `from` to `to` of all parts of all contents in a row. */
export type Range = { from: number; to: number };

const NOBODY = () => {};

/** The contents of the first messages; undefined where they make no request. */
function contentsOf(request: MessagesRequest, count: number, { ctx }: Again): RequestContent[] | undefined {
  if (count === 0) return [];
  try {
    return toPrompt({ ...request, messages: request.messages.slice(0, count) }, ctx, NOBODY).body.contents;
  } catch {
    // A beginning that is no request by itself has no place of its own.
    return undefined;
  }
}

function partsBefore(again: Again, count: number): number | undefined {
  const contents = contentsOf(again.request, count, again);
  if (!contents) return undefined;
  const last = contents.at(-1);
  // Calls that have no results yet are answered in their place.
  const isMadeUp = again.request.messages[count - 1]?.role === 'assistant' && last?.role === 'user';
  return (isMadeUp ? contents.slice(0, -1) : contents).reduce((sum, { parts }) => sum + parts.length, 0);
}

/** The parts that a message became. */
export function messageRange(again: Again, index: number): Range | undefined {
  const from = partsBefore(again, index);
  const to = partsBefore(again, index + 1);
  return from === undefined || to === undefined ? undefined : { from, to };
}
