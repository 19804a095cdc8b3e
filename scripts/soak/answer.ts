/** How a request ended, as its client sees it: whole, in one typed error, or wrong. */
import { ERROR_STATUS } from '../../src/anthropic/errors.ts';
import { isObject, tryParseJson } from '../../src/lib/json.ts';
import type { Said } from './said.ts';

export type Ending =
  | { kind: 'complete' }
  /** The client left by itself. */
  | { kind: 'left' }
  | { kind: 'error'; type: string; message: string }
  /** None of these; the text says what was wrong. */
  | { kind: 'wrong'; why: string };

type Shown = { text: string; calls: string[] };

const EVENT = /^event: (.+)\ndata: (.+)$/;
const wrong = (why: string): Ending => ({ kind: 'wrong', why });

const expectedText = ({ pieces }: Said) => pieces.join('');
const expectedCalls = ({ call }: Said) => (call ? [JSON.stringify(call)] : []);

/** Undefined where the body is no error of Anthropic's. */
function errorIn(body: unknown): Ending | undefined {
  const error = isObject(body) && isObject(body['error']) ? body['error'] : {};
  const { type, message } = error;
  if (typeof type !== 'string' || !(type in ERROR_STATUS) || typeof message !== 'string') return undefined;
  return { kind: 'error', type, message };
}

/** For an answer with another status than 200. */
export const refused = (status: number, text: string): Ending =>
  errorIn(tryParseJson(text)) ?? wrong(`status ${status}: ${text.slice(0, 200)}`);

export function whole(text: string, said: Said): Ending {
  const message = tryParseJson(text);
  const content = isObject(message) && Array.isArray(message['content']) ? message['content'] : [];
  const shown: Shown = { text: '', calls: [] };
  for (const block of content) {
    if (block.type === 'text') shown.text += block.text;
    if (block.type === 'tool_use') shown.calls.push(JSON.stringify(block.input));
  }
  return complete(shown, said);
}

function complete(shown: Shown, said: Said): Ending {
  if (shown.text !== expectedText(said))
    return wrong(
      `text ${JSON.stringify(shown.text.slice(0, 80))} instead of ${JSON.stringify(expectedText(said).slice(0, 80))}`,
    );
  if (String(shown.calls) !== String(expectedCalls(said))) return wrong(`calls ${shown.calls}`);
  return { kind: 'complete' };
}

function eventsIn(text: string): Record<string, unknown>[] | undefined {
  const blocks = text.split('\n\n');
  if (blocks.pop() !== '') return undefined;
  const events = blocks.map((block) => {
    const [, name, data = ''] = EVENT.exec(block) ?? [];
    const event = tryParseJson(data);
    return isObject(event) && event['type'] === name ? event : undefined;
  });
  return events.every((event) => event !== undefined) ? events : undefined;
}

function show(event: Record<string, unknown>, shown: Shown): void {
  const block = isObject(event['content_block']) ? event['content_block'] : {};
  const delta = isObject(event['delta']) ? event['delta'] : {};
  if (block['type'] === 'tool_use') shown.calls.push('');
  if (delta['type'] === 'text_delta') shown.text += delta['text'];
  if (delta['type'] === 'input_json_delta') shown.calls.push(`${shown.calls.pop()}${delta['partial_json']}`);
}

const ENDINGS: readonly unknown[] = ['message_stop', 'error'];

/** One beginning and one ending, and between them what was said, or its beginning. */
export function streamed(text: string, said: Said): Ending {
  const events = eventsIn(text);
  if (!events) return wrong(`not a stream of events: ${JSON.stringify(text.slice(-200))}`);
  const types = events.map(({ type }) => type);
  const endings = types.filter((type) => ENDINGS.includes(type));
  if (types[0] !== 'message_start' || types.filter((type) => type === 'message_start').length !== 1)
    return wrong(`begins with ${types.slice(0, 3)}`);
  if (endings.length !== 1 || !ENDINGS.includes(types.at(-1))) return wrong(`ends with ${types.slice(-3)}`);
  const shown: Shown = { text: '', calls: [] };
  for (const event of events) show(event, shown);
  if (types.at(-1) === 'message_stop') return complete(shown, said);
  if (!expectedText(said).startsWith(shown.text))
    return wrong('what was shown before the error is no beginning');
  return errorIn(events.at(-1)) ?? wrong('an error of no known type');
}
