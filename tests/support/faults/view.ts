/** A client's view of an answer, streamed or whole. */
import type { MessageEvent } from '../../../src/anthropic/events.ts';
import type { AnswerMessage } from '../../../src/anthropic/message.ts';
import { foldEvents } from '../../../src/translate/response/message.ts';
import { violations } from '../answers/laws.ts';
import { nothingShown, type Shown as RawShown, shownBy, shownIn } from '../answers/shown.ts';
import type { Told } from './bench.ts';
import type { Mode } from './client.ts';

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

/** A call without arguments may come without any text for them. */
const parsed = ({ calls, ...rest }: RawShown): Shown => ({
  ...rest,
  calls: calls.map(({ name, input }) => ({ name, input: JSON.parse(input || '{}') })),
});

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
    return { shown: nothingShown(), message: undefined, error: { type: body.error?.type, status }, broken };
  }
  if (mode === 'whole') {
    const message: AnswerMessage = JSON.parse(text);
    if (!message.stop_reason) broken.push('no stop_reason');
    return { shown: parsed(shownIn(message)), message, error: undefined, broken };
  }
  const events = eventsIn(text, broken);
  broken.push(...violations(events));
  const last = events.at(-1);
  const failed = last?.type === 'error';
  return {
    shown: parsed(shownBy(events)),
    message: failed || broken.length > 0 ? undefined : foldEvents(events),
    error: failed ? { type: last.error.type, status } : undefined,
    broken,
  };
}
