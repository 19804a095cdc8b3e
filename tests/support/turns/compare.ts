/** Shows people where a run differs from the recording: event by event, and path by path. */
import { isObject, tryParseJson } from '../../../src/lib/json.ts';
import { lineDiff } from '../../../src/lib/line-diff.ts';
import { textOf } from '../../../src/sim/cassette/escape.ts';
import type { Answer, RecordedRequest, UpstreamExchange } from '../../../src/sim/cassette/types.ts';
import { jsonDiff } from './json-diff.ts';
import type { TurnRun } from './run.ts';

type Request = UpstreamExchange['request'];

/** Empty where the run did exactly what was recorded. */
export function differences(recorded: RecordedRequest, { recorded: now, bugs }: TurnRun): string {
  const count = Math.max(recorded.upstream.length, now.upstream.length);
  const attempts = Array.from({ length: count }, (_, index) =>
    section(
      `what Gemini would have been sent, attempt ${index + 1}`,
      sentDiff(recorded.upstream[index]?.request, now.upstream[index]?.request),
    ),
  );
  return [
    section('what the client would have seen', answerDiff(recorded.answer, now.answer)),
    ...attempts,
    section('errors of ours on the way', bugs.map(stackOf)),
  ].join('');
}

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `\n${title} (- recorded, + now):\n${lines.map((line) => `  ${line}\n`).join('')}`;

const stackOf = (bug: unknown): string => (bug instanceof Error ? (bug.stack ?? bug.message) : String(bug));

// ── the answer ────────────────────────────────────────────────────────────────────────────────────────────────

export function answerDiff(was: Answer, is: Answer): string[] {
  const head = lineDiff(headLines(was), headLines(is));
  if (Buffer.compare(was.bytes, is.bytes) === 0) return head;
  const lines = lineDiff(answerLines(was.bytes), answerLines(is.bytes));
  return [...head, ...(lines.length > 0 ? lines : ['~ only bytes that do not show, such as line ends'])];
}

export const headLines = ({ status, headers, end }: Answer): string[] => [
  `HTTP ${status}${end === 'whole' ? '' : ', and the client left'}`,
  ...Object.keys(headers)
    .sort()
    .map((name) => `${name}: ${headers[name]}`),
];

/** One line for an event (or one for each member, if it has many). A whole answer is shown by its members. */
export function answerLines(bytes: Uint8Array): string[] {
  const text = textOf(bytes);
  const whole = tryParseJson(text);
  if (whole !== undefined) return JSON.stringify(whole, null, 2).split('\n');
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .flatMap(eventLines);
}

/** `content_block_delta 0 text_delta "Hel"`, `message_delta delta.stop_reason "end_turn"`. */
function eventLines(event: string): string[] {
  const data = tryParseJson(/^data: (.*)$/m.exec(event)?.[1] ?? '');
  if (!isObject(data)) return [event.replaceAll('\n', ' ⏎ ')];
  const { type, index, ...rest } = data;
  const name = typeof index === 'number' ? `${type} ${index}` : String(type);
  const held = rest['delta'] ?? rest['content_block'];
  if (typeof index === 'number' && isObject(held)) return [`${name} ${blockText(held)}`];
  const lines = leaves('', rest).map((leaf) => `${name} ${leaf}`);
  return lines.length > 0 ? lines : [name];
}

function blockText({ type, ...rest }: Record<string, unknown>): string {
  const values = Object.values(rest);
  return `${String(type)} ${JSON.stringify(values.length === 1 ? values[0] : rest)}`;
}

function leaves(path: string, value: unknown): string[] {
  if (!isObject(value)) return [`${path} ${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([key, member]) =>
    leaves(path === '' ? key : `${path}.${key}`, member),
  );
}

// ── the requests ──────────────────────────────────────────────────────────────────────────────────────────────

function sentDiff(was: Request | undefined, is: Request | undefined): string[] {
  if (!was) return is ? [`+ an attempt that was not recorded: ${target(is)}`] : [];
  if (!is) return [`- not sent: ${target(was)}`];
  const head = lineDiff([target(was)], [target(is)]);
  if (was.body === is.body) return head;
  const [before, after] = [tryParseJson(was.body), tryParseJson(is.body)];
  if (before === undefined || after === undefined) return [...head, ...lineDiff([was.body], [is.body])];
  const places = jsonDiff(before, after);
  return [...head, ...(places.length > 0 ? places : ['~ only white space between values differs'])];
}

const target = ({ method, path, query }: Request): string => `${method} ${path}${query ? `?${query}` : ''}`;
