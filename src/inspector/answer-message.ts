/** Reads an answer again from the bytes that the client got, whole or not. */
import type { MessageEvent } from '../anthropic/events.ts';
import type { AnswerMessage } from '../anthropic/message.ts';
import { isObject, tryParseJson } from '../lib/json.ts';
import { foldEvents } from '../translate/response/message.ts';

/** The message as far as it came. `error`: what the client was told in its place, or after a part of it. */
export type ReadAnswer = Pick<AnswerMessage, 'content'> & { id?: string; error?: string };

const NOTHING: ReadAnswer = { content: [] };

/** The events of our own stream: each is one line of JSON behind `data: `. */
export function eventsIn(text: string): MessageEvent[] {
  return text.split('\n').flatMap((line) => {
    const event = line.startsWith('data: ') ? tryParseJson(line.slice('data: '.length)) : undefined;
    return isObject(event) && typeof event['type'] === 'string' ? [event as MessageEvent] : [];
  });
}

/** The events of an answer that broke off, with an end, and without arguments that are not whole. */
function ended(events: readonly MessageEvent[]): MessageEvent[] {
  const start = events.find((event) => event.type === 'message_start');
  if (!start || events.some((event) => event.type === 'message_delta')) return [...events];
  const whole = new Set(
    events.flatMap((event) => (event.type === 'content_block_stop' ? [event.index] : [])),
  );
  const kept = events.filter(
    (event) =>
      event.type !== 'content_block_delta' ||
      event.delta.type !== 'input_json_delta' ||
      whole.has(event.index),
  );
  const delta = {
    stop_reason: 'end_turn' as const,
    stop_sequence: null,
    stop_details: null,
    container: null,
  };
  return [...kept, { type: 'message_delta', delta, usage: start.message.usage }];
}

export function answerMessage(text: string): ReadAnswer {
  if (text.startsWith('{')) {
    const message = tryParseJson(text);
    if (!isObject(message)) return NOTHING;
    const error = isObject(message['error']) ? String(message['error']['message']) : undefined;
    if (error !== undefined) return { content: [], error };
    return Array.isArray(message['content']) ? (message as AnswerMessage) : NOTHING;
  }
  const events = eventsIn(text);
  const failed = events.find((event) => event.type === 'error');
  const error = failed ? { error: failed.error.message } : {};
  const others = events.filter((event) => event.type !== 'error');
  if (!others.some((event) => event.type === 'message_start')) return { ...NOTHING, ...error };
  const { id, content } = foldEvents(ended(others));
  return { id, content, ...error };
}
