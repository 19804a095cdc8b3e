/** The conversation of a request, opened at what is new in it. */
import { isObject, tryParseJson } from '../../lib/json.ts';
import type { ToldWarning } from '../detail/warnings.ts';
import type { KeptRequest } from '../kept-request.ts';
import type { Conversation, Message, Row, Text } from '../shapes.ts';
import { BlockReader, blocksIn, resultsIn, type WarningsAt } from './blocks.ts';
import { type Opened, readable } from './opened.ts';
import { PLACES, textFrom } from './text.ts';

type Fields = Record<string, unknown>;

const NO_RESULTS = new Map<string, { block: Fields; path: string }>();

const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isObject) : []);

const sizeOf = (value: unknown): number =>
  value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value));

/** The request before, of the same conversation. */
export type Before = { request: KeptRequest; row: Row } | undefined;

const messagesIn = (request: KeptRequest | undefined): Fields[] => {
  const bytes = request?.clientBytes();
  const body = bytes && tryParseJson(new TextDecoder().decode(bytes));
  return isObject(body) ? listOf(body['messages']) : [];
};

/** The number of messages that are not new. Where the request before is not known: those before the last answer. */
function earlierCount(messages: readonly Fields[], known: number): number {
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  if (known > 0 && known <= messages.length) return known === messages.length ? Math.max(0, last) : known;
  return Math.max(0, last);
}

/** Clients move the marks of their caches from message to message. */
const withoutMarks = (key: string, value: unknown): unknown => (key === 'cache_control' ? undefined : value);

const isSame = (one: readonly Fields[], other: readonly Fields[]): boolean =>
  JSON.stringify(one, withoutMarks) === JSON.stringify(other, withoutMarks);

const within = (path: string, place: string) => path === place || path.startsWith(`${place}.`);

const numbersAt =
  (warnings: readonly ToldWarning[]): WarningsAt =>
  (path) =>
    warnings.filter((warning) => within(warning.path, path)).map(({ number }) => number);

function systemOf(system: unknown, warnings: WarningsAt): Conversation['system'] {
  const blocks = blocksIn(system);
  const numbers = warnings('system');
  const texts = blocks.map(({ text }, index): Text => {
    const path = typeof system === 'string' ? 'system' : `system.${index}.text`;
    return textFrom(String(text ?? ''), PLACES.came(path));
  });
  return {
    blocks: blocks.length,
    bytes: sizeOf(system),
    texts,
    ...(numbers.length > 0 ? { warnings: numbers } : {}),
  };
}

function toolsOf(tools: unknown, warnings: WarningsAt): Conversation['tools'] {
  const numbers = warnings('tools');
  return {
    bytes: sizeOf(tools),
    tools: listOf(tools).map((tool, index) => ({
      name: String(tool['name'] ?? tool['type']),
      description: textFrom(String(tool['description'] ?? ''), PLACES.came(`tools.${index}.description`)),
      schema: textFrom(readable(tool['input_schema'] ?? tool), PLACES.came(`tools.${index}.input_schema`)),
    })),
    ...(numbers.length > 0 ? { warnings: numbers } : {}),
  };
}

/** Milliseconds that the client took for the only call that the request before has brought. */
function clientTimes(messages: readonly Fields[], from: number, row: Row, before: Before) {
  const calls = messages
    .slice(from)
    .flatMap(({ content }) => blocksIn(content).filter(({ type }) => type === 'tool_use'));
  const [only] = calls;
  const took = before?.row.totalMs === undefined ? undefined : row.at - before.row.at - before.row.totalMs;
  return (id: string) =>
    calls.length === 1 && only?.['id'] === id && took !== undefined && took >= 0 ? took : undefined;
}

function answerOf(opened: Opened, warnings: readonly ToldWarning[]): Message | undefined {
  const { id, content, error } = opened.answer();
  if (content.length === 0 && error === undefined) return undefined;
  const numbers = warnings.filter(({ path }) => within(path, 'answer')).map(({ number }) => number);
  const reader = new BlockReader({
    at: PLACES.answer,
    warnings: (path) => (path === 'content.0' ? numbers : []),
    results: NO_RESULTS,
    clientMs: () => undefined,
  });
  const message = reader.message({ role: 'assistant', content }, '');
  const failed =
    error === undefined ? [] : [{ type: 'other' as const, kind: 'error', text: textFrom(error, '') }];
  return { role: 'assistant', path: id ?? 'answer', blocks: [...message.blocks, ...failed] };
}

export function conversationOf(
  opened: Opened,
  warnings: readonly ToldWarning[],
  row: Row,
  before: Before,
): Conversation {
  const { system, tools, messages: given } = opened.came()?.json ?? {};
  const messages = listOf(given);
  const known = messagesIn(before?.request);
  const from = earlierCount(messages, known.length);
  const isAsBefore =
    from > 0 &&
    known.length >= from &&
    isSame(messagesIn(opened.request).slice(0, from), known.slice(0, from));
  const at = numbersAt(warnings);
  const reader = new BlockReader({
    at: PLACES.came,
    warnings: at,
    results: resultsIn(messages),
    clientMs: clientTimes(messages, from, row, before),
  });
  const read = messages.map((message, index) => reader.message(message, `messages.${index}`));
  const answer = answerOf(opened, warnings);
  return {
    system: systemOf(system, at),
    tools: toolsOf(tools, at),
    earlier: read.slice(0, from),
    isAsBefore,
    fresh: read.slice(from),
    ...(answer ? { answer } : {}),
  };
}
