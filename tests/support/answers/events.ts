/** Answers as their events. */
import type { MessageEvent } from '../../../src/anthropic/events.ts';

/** The events in the bytes of a streamed answer. */
export function readEvents(bytes: Uint8Array): MessageEvent[] {
  const text = new TextDecoder().decode(bytes);
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data));
}

const isKeepAlive = (event: MessageEvent): boolean =>
  event.type === 'ping' ||
  (event.type === 'content_block_delta' &&
    ((event.delta.type === 'text_delta' && event.delta.text === '') ||
      (event.delta.type === 'thinking_delta' && event.delta.thinking === '')));

/** Pings come with time, not with what upstream says. */
export const withoutKeepAlive = (events: readonly MessageEvent[]): MessageEvent[] =>
  events.filter((event) => !isKeepAlive(event));
