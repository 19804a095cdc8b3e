/** Reads an answer that the proxy has asked for itself: a summary, or a verdict. */
import type { UsageMetadata } from '../gemini/wire.ts';
import { stopReasonOf } from '../translate/response/stop-reason.ts';
import type { Finish } from '../translate/response/turn.ts';
import type { MessageAnswer } from './message-answer.ts';

export const isNormal = (finish: Finish): boolean =>
  finish.kind === 'finished' && stopReasonOf(finish.reason, false) === 'end_turn';

/** Reads the answer to its end, and leaves it: its key, its breaker and its timer are then free. */
export async function readText(
  answer: MessageAnswer,
): Promise<{ text: string; usage: UsageMetadata; finish: Finish }> {
  let text = '';
  let usage: UsageMetadata = {};
  let finish: Finish | undefined;
  while (!finish) {
    const events = await answer.next();
    if (!events) throw new Error('the answer ended without an ending');
    for (const event of events) {
      if (event.type === 'text') text += event.text;
      else if (event.type === 'usage') usage = event.usage;
      else if (event.type === 'finish') finish = event.finish;
    }
  }
  answer.leave();
  return { text, usage, finish };
}
