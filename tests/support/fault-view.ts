/** A client's view of an answer, streamed or whole. */
import type { MessageEvent } from '../../src/anthropic/events.ts';
import type { AnswerMessage } from '../../src/anthropic/message.ts';
import { foldEvents } from '../../src/translate/response/message.ts';
import type { Mode, Told } from './fault-bench.ts';
import { violations } from './laws.ts';

export type Shown = { text: string; thinking: string; calls: { name: string; input: unknown }[] };
export type Failure = { type: string; status: number };

/** A client's view of an answer: what it was shown, and how that ended. */
export type View = {
  shown: Shown;
  message: AnswerMessage | undefined;
  error: Failure | undefined;
  broken: string[];
};

const EVENT = /^event: (.+)\ndata: (.+)$/;

function eventsIn(text: string, broken: string[]): MessageEvent[] {
  const events: MessageEvent[] = [];
  for (const block of text.split('\n\n').filter((piece) => piece !== '')) {
    const [, name, data] = EVENT.exec(block) ?? [];
    const event = data === undefined ? undefined : JSON.parse(data);
    if (event?.type !== name) broken.push(`not an event: ${block.slice(0, 80)}`);
    else events.push(event);
  }
  return events;
}

function shownBy(events: readonly MessageEvent[]): Shown {
  const shown: Shown = { text: '', thinking: '', calls: [] };
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
  return {
    ...shown,
    calls: shown.calls.map(({ name, input }) => ({ name, input: JSON.parse(`${input || '{}'}`) })),
  };
}

function shownIn({ content }: AnswerMessage): Shown {
  const shown: Shown = { text: '', thinking: '', calls: [] };
  for (const block of content) {
    if (block.type === 'text') shown.text += block.text;
    else if (block.type === 'thinking') shown.thinking += block.thinking;
    else shown.calls.push({ name: block.name, input: block.input });
  }
  return shown;
}

const NOTHING: Shown = { text: '', thinking: '', calls: [] };

export function viewOf({ status, text }: Told, mode: Mode): View {
  const broken: string[] = [];
  if (status !== 200) {
    const body = JSON.parse(text);
    if (
      body.type !== 'error' ||
      typeof body.error?.message !== 'string' ||
      !body.request_id?.startsWith('req_')
    )
      broken.push(`not an error body: ${text.slice(0, 80)}`);
    return { shown: NOTHING, message: undefined, error: { type: body.error?.type, status }, broken };
  }
  if (mode === 'whole') {
    const message: AnswerMessage = JSON.parse(text);
    if (!message.stop_reason) broken.push('no stop_reason');
    return { shown: shownIn(message), message, error: undefined, broken };
  }
  const events = eventsIn(text, broken);
  broken.push(...violations(events));
  const last = events.at(-1);
  const failed = last?.type === 'error';
  return {
    shown: shownBy(events),
    message: failed || broken.length > 0 ? undefined : foldEvents(events),
    error: failed ? { type: last.error.type, status } : undefined,
    broken,
  };
}
