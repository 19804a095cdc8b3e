/** Makes a whole answer by folding the events of its stream. No other code makes a whole answer. */
import type { MessageEvent } from '../../anthropic/events.ts';
import type { AnswerBlock, AnswerMessage } from '../../anthropic/message.ts';
import { parseKeepingDigits } from '../../lib/exact-json.ts';
import type { JsonObject } from '../../lib/json.ts';

type Delta = Extract<MessageEvent, { type: 'content_block_delta' }>;

/**
 * The message that `events` add up to; they must be a complete, well-formed stream. An `error` event must not be among
 * them: it becomes an HTTP error before this.
 */
export function foldEvents(events: Iterable<MessageEvent>): AnswerMessage {
  let message: AnswerMessage | undefined;
  const inputs = new Map<number, string>();
  for (const event of events) {
    if (event.type === 'message_start') message = { ...event.message, content: [] };
    else if (event.type === 'error') throw new Error(`cannot fold an error: ${event.error.message}`);
    else if (message) apply(message, event, inputs);
  }
  if (!message?.stop_reason) throw new Error('cannot fold an unfinished stream');
  for (const [index, json] of inputs) {
    const block = message.content[index];
    if (block?.type === 'tool_use' || block?.type === 'server_tool_use')
      block.input = parseKeepingDigits(json || '{}') as JsonObject;
  }
  return message;
}

function apply(
  message: AnswerMessage,
  event: Exclude<MessageEvent, { type: 'message_start' | 'error' }>,
  inputs: Map<number, string>,
): void {
  switch (event.type) {
    case 'content_block_start':
      message.content[event.index] = { ...event.content_block };
      break;
    case 'content_block_delta':
      grow(message.content[event.index], event, inputs);
      break;
    case 'message_delta': {
      const { safeguard_results, ...delta } = event.delta;
      Object.assign(message, delta, { usage: event.usage });
      if (safeguard_results) message.safeguard_results = safeguard_results;
      if (event.context_management !== undefined) message.context_management = event.context_management;
      break;
    }
    case 'content_block_stop':
    case 'ping':
    case 'message_stop':
      break;
  }
}

function grow(block: AnswerBlock | undefined, { index, delta }: Delta, inputs: Map<number, string>): void {
  if (delta.type === 'text_delta' && block?.type === 'text') block.text += delta.text;
  else if (delta.type === 'thinking_delta' && block?.type === 'thinking') block.thinking += delta.thinking;
  else if (delta.type === 'signature_delta' && block?.type === 'thinking') block.signature = delta.signature;
  else if (delta.type === 'citations_delta' && block?.type === 'text')
    block.citations = [...(block.citations ?? []), delta.citation];
  else if (delta.type === 'compaction_delta' && block?.type === 'compaction') block.content = delta.content;
  else if (delta.type === 'input_json_delta')
    inputs.set(index, (inputs.get(index) ?? '') + delta.partial_json);
}
