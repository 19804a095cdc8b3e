/** What an answer shows a client, in whatever pieces it came. */
import type { MessageEvent } from '../../../src/anthropic/events.ts';
import type { AnswerMessage } from '../../../src/anthropic/message.ts';

/** Arguments as the text that came. */
export type Shown = { text: string; thinking: string; calls: { name: string; input: string }[] };

export const nothingShown = (): Shown => ({ text: '', thinking: '', calls: [] });

export function shownIn({ content }: AnswerMessage): Shown {
  const shown = nothingShown();
  for (const block of content) {
    if (block.type === 'text') shown.text += block.text;
    else if (block.type === 'thinking') shown.thinking += block.thinking;
    else if (block.type === 'tool_use')
      shown.calls.push({ name: block.name, input: JSON.stringify(block.input) });
  }
  return shown;
}

export function shownBy(events: readonly MessageEvent[]): Shown {
  const shown = nothingShown();
  for (const event of events) {
    if (event.type === 'content_block_start' && event.content_block.type === 'tool_use')
      shown.calls.push({ name: event.content_block.name, input: '' });
    if (event.type !== 'content_block_delta') continue;
    const { delta } = event;
    const call = shown.calls.at(-1);
    if (delta.type === 'text_delta') shown.text += delta.text;
    else if (delta.type === 'thinking_delta') shown.thinking += delta.thinking;
    else if (delta.type === 'input_json_delta' && call) call.input += delta.partial_json;
  }
  return shown;
}
