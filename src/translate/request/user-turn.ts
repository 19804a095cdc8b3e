/**
 * Translates the user's side of the history. Google wants the content after a turn of calls to begin with exactly one
 * response for each call (wire section 4). So the responses come first, in the order of the calls, and all other parts
 * follow in their own order. A missing response is made up, and a response without a call becomes text.
 */
import type { GeminiModel } from '../../gemini/models.ts';
import type { RequestPart } from '../../gemini/wire.ts';
import { wellFormed } from '../../lib/well-formed.ts';
import type { Warn } from '../warnings.ts';
import type { Item, OpenCall, ResultItem } from './items.ts';
import { answerCall, interruptedCall, looseResult } from './tool-results.ts';

/** The results among `items` by the id of their call, in order. */
function resultsById(items: readonly Item[]): Map<string, ResultItem[]> {
  const waiting = new Map<string, ResultItem[]>();
  for (const item of items) {
    if (item.kind !== 'result') continue;
    const queue = waiting.get(item.id);
    if (queue) queue.push(item);
    else waiting.set(item.id, [item]);
  }
  return waiting;
}

export function userParts(
  items: readonly Item[],
  calls: readonly OpenCall[],
  model: GeminiModel,
  warn: Warn,
): RequestPart[] {
  const waiting = calls.length > 0 ? resultsById(items) : undefined;
  const used = new Set<Item>();
  const parts: RequestPart[] = [];
  const beside: RequestPart[] = [];
  for (const call of calls) {
    // If an id is used twice, its results are used in order.
    const result = waiting?.get(call.id)?.shift();
    if (result) used.add(result);
    else warn('history-repaired', call.path, 'a call without a result is answered as interrupted');
    const answer = result ? answerCall(call, result, model) : interruptedCall(call);
    parts.push(answer.response);
    for (const part of answer.beside) beside.push(part);
  }
  for (const part of beside) parts.push(part);
  for (const item of items) {
    if (item.kind === 'content') {
      if (!('text' in item.part)) parts.push(item.part);
      else if (item.part.text !== '') parts.push({ text: wellFormed(item.part.text) });
    } else if (item.kind === 'served') {
      parts.push({ text: wellFormed(item.text) });
    } else if (item.kind === 'result' && !used.has(item)) {
      warn('history-repaired', item.path, 'a result that answers no call of the turn before is sent as text');
      parts.push(...looseResult(item));
    }
  }
  return parts;
}
