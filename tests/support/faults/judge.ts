/** Compares the result of a fault with what its row promises. */
import { ERROR_STATUS, type ErrorType } from '../../../src/anthropic/errors.ts';
import type { AnswerMessage } from '../../../src/anthropic/message.ts';
import type { Effect, ErrorWord } from '../../../src/sim/faults/fault.ts';
import { openEnvelope } from '../../../src/translate/signatures.ts';
import { type Reading, readIndependently } from '../corpus/independent-reading.ts';
import type { Told } from './bench.ts';
import type { Mode } from './client.ts';
import type { FaultTurn } from './turns.ts';
import { type Shown, type View, viewOf } from './view.ts';

/** The result, in the words that the matrix counts. */
export type Result =
  | 'not struck: the same answer'
  | 'the same answer'
  | 'the same answer after another attempt'
  | 'the same content, other figures'
  | 'the answer as sent'
  | 'one error, nothing shown'
  | 'one error after content'
  | 'one ending of a turn that fails by itself';

export type Judgement = { result: Result; problems: string[] };

const ERROR_TYPES = {
  'invalid-request': 'invalid_request_error',
  authentication: 'authentication_error',
  permission: 'permission_error',
  'not-found': 'not_found_error',
  'too-large': 'request_too_large',
  'rate-limit': 'rate_limit_error',
  timeout: 'timeout_error',
  overloaded: 'overloaded_error',
  unreachable: 'api_error',
  internal: 'api_error',
  address: 'api_error',
} as const satisfies Record<ErrorWord, ErrorType>;

/**
 * In a stream all passing failures are told as `overloaded_error`, the only error after which every client tries again.
 */
const PASSING: ReadonlySet<ErrorWord> = new Set([
  'rate-limit',
  'timeout',
  'overloaded',
  'unreachable',
  'internal',
]);
/** Set where it is not the type's usual one. */
const STATUS: Partial<Record<ErrorWord, number>> = { unreachable: 503, address: 424 };

/** An answer without what may differ between two equal runs: ids, and checksums over ids. */
function comparable(message: AnswerMessage): string {
  const ids: string[] = [];
  const named = (id: string) => {
    if (!ids.includes(id)) ids.push(id);
    return `id ${ids.indexOf(id)}`;
  };
  const json = JSON.stringify(message, (key, value) =>
    key === 'signature' ? (openEnvelope(value) ?? value) : value,
  );
  return json.replace(/\b(?:msg|toolu|srvtoolu)_[0-9A-Za-z]{24}/g, named);
}

/**
 * True where `text` consists of beginnings of `whole`, one for each attempt; with `complete` the last one must be all
 * of it.
 */
function isInAttempts(text: string, whole: string, attempts: number, complete: boolean): boolean {
  if (attempts <= 1) return complete ? text === whole : whole.startsWith(text);
  for (let length = 0; length <= text.length && whole.startsWith(text.slice(0, length)); length++) {
    if (isInAttempts(text.slice(length), whole, attempts - 1, complete)) return true;
  }
  return false;
}

const sameCalls = (some: Shown['calls'], all: Shown['calls']): boolean =>
  JSON.stringify(some) === JSON.stringify(all.slice(0, some.length));

const textOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('utf8');

/** Undefined for bytes that the independent reader cannot read: half an object is no event. */
function readingOf(bytes: Uint8Array | undefined): Reading | undefined {
  try {
    return readIndependently(textOf(bytes));
  } catch {
    return undefined;
  }
}

/** Nor can it read turns with odd framing, so those are not judged by it. */
const isReadable = ({ reply }: FaultTurn): boolean => readingOf(reply.body)?.broken === undefined;

/** Arguments in pieces make a call when the last piece has come. */
const OPEN_CALL = /"willContinue": ?true\}(?![\s\S]*"functionCall")/;

const CALLED = /"functionCall": ?\{"name": ?"([^"]+)"/g;

/**
 * From the first call of an undeclared tool on, nothing is shown before the end. The reader cannot tell whether
 * anything came before it.
 */
const waitsForItsEnd = (text: string, tools: readonly { name: string }[]): boolean =>
  [...text.matchAll(CALLED)].some(([, name = '']) => !tools.some((tool) => tool.name === bare(name)));

type Edits = { edits?: { type: string; pause_after_compaction?: boolean }[] } | undefined;

/** How a turn is summarised: before it is answered, alone, or not at all. Its first request is for the summary. */
function summaryOf({ request }: FaultTurn): 'first' | 'alone' | 'none' {
  if (request['compaction']) return 'alone';
  const { edits = [] } = (request['context_management'] as Edits) ?? {};
  const compact = edits.find(({ type }) => type.startsWith('compact_'));
  if (!compact) return 'none';
  return compact.pause_after_compaction ? 'alone' : 'first';
}

/** Where JSON is asked for, a text that begins with a fence is shown only when it is complete. */
const waitsForItsFence = ({ request }: FaultTurn, text: string): boolean => {
  const { format } = (request['output_config'] ?? {}) as { format?: unknown };
  return format !== undefined && text.startsWith('```');
};

/** Whether the first attempt let the turn's own content through. Once that is shown, no other attempt may follow. */
function contentCame(turn: FaultTurn, told: Told): boolean | 'beyond telling' {
  const reading = isReadable(turn) ? readingOf(told.delivered[0]) : undefined;
  if (!reading) return 'beyond telling';
  const { text, calls, code, media } = reading;
  const tools = (turn.request['tools'] ?? []) as { name: string; type?: string }[];
  const searches = tools.some(({ type }) => type?.startsWith('web_search_'));
  // A searched answer is shown only when it is complete. Beside other tools it waits from its first search on.
  if (searches && tools.length === 1) return false;
  if (searches && textOf(told.delivered[0]).includes('"toolCall"')) return 'beyond telling';
  if (summaryOf(turn) !== 'none' || waitsForItsFence(turn, text)) return false;
  if (waitsForItsEnd(textOf(told.delivered[0]), tools)) return 'beyond telling';
  const declared = calls.some(({ name }) => tools.some((tool) => tool.name === bare(name)));
  if (media > 0) return true;
  return text !== '' || code.length > 0 || (declared && !OPEN_CALL.test(textOf(told.delivered[0])));
}

const countOf = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/**
 * The end has come with its counts, no code waits for its result, and no tool of Google's is at work. What the reader
 * cannot read, the answer tells.
 */
function allWasSaid({ turn, told }: Case, view: View): boolean {
  const text = textOf(told.delivered[0]);
  const reading = isReadable(turn) ? readingOf(told.delivered[0]) : undefined;
  if (!reading) return view.message !== undefined && told.delivered.length === 1;
  const counted = Object.keys(reading.usage ?? {}).some((key) => key.endsWith('TokenCount'));
  const running =
    countOf(text, /"executableCode"|"toolCall"/g) > countOf(text, /"codeExecutionResult"|"toolResponse"/g);
  const ended = reading.finish !== undefined && !reading.finish.endsWith('_UNSPECIFIED');
  const blocked = reading.blocked && reading.finish === undefined && reading.text === '';
  // After a result the model goes on.
  if (text.lastIndexOf('"codeExecutionResult"') > text.lastIndexOf('"text"')) return false;
  return (blocked || (ended && counted)) && !running && !reading.broken;
}

/** Models write a namespace of their own before a tool's name. */
const bare = (name: string): string => name.replace(/^default_api[:.]/, '');

export type Case = { turn: FaultTurn; mode: Mode; effect: Effect; told: Told; healthy: Told };

/** If the fault strikes once, another attempt may help; if it strikes always, none does. */
export function judge(at: Case): Judgement {
  const view = viewOf(at.told, at.mode);
  const healthy = viewOf(at.healthy, at.mode);
  const problems = [...view.broken];
  const result = resultOf(at, view, healthy, problems);
  return { result, problems };
}

function resultOf(at: Case, view: View, healthy: View, problems: string[]): Result {
  const { told, effect } = at;
  if (healthy.error) return checkEnding(view, healthy, effect, problems);
  if (told.strikes === 0) return checkSame(view, healthy, problems, 'not struck: the same answer');
  switch (effect.kind) {
    case 'same':
      return checkSame(view, healthy, problems, 'the same answer');
    case 'same-content':
      if (JSON.stringify(view.shown) !== JSON.stringify(healthy.shown)) problems.push('the content differs');
      return 'the same content, other figures';
    case 'as-sent':
      return checkAsSent(at, view, healthy, problems);
    case 'for-the-client':
      return checkForClient(at, view, healthy, problems);
    case 'error': {
      if (effect.sparesWhole && allWasSaid(at, view))
        return checkSame(view, healthy, problems, 'the same answer');
      const recovers = effect.retried && told.strikes < told.delivered.length;
      const came = contentCame(at.turn, told);
      const again = effect.retried && (at.mode === 'whole' || came === false);
      // After the summary comes the answer itself.
      const expected = again ? (recovers && summaryOf(at.turn) === 'first' ? 3 : 2) : 1;
      if (came !== 'beyond telling' && told.delivered.length !== expected)
        problems.push(`${told.delivered.length} requests instead of ${expected}`);
      return recovers
        ? checkRecovered(view, healthy, told, problems)
        : checkError(at, effect.error, view, healthy, problems);
    }
  }
}

/**
 * A call that names none of the client's tools. A client that offers no tool, or asks for another, cannot answer it.
 */
function checkForClient(at: Case, view: View, healthy: View, problems: string[]): Result {
  const { turn, told } = at;
  const tools = (turn.request['tools'] ?? []) as { type?: string; defer_loading?: boolean }[];
  const { type: choice } = (turn.request['tool_choice'] ?? {}) as { type?: string };
  const offered = tools.filter(({ type }) => !type?.startsWith('web_search_'));
  if (offered.length === 0 || choice === 'none' || choice === 'tool') {
    const effect: Effect = { kind: 'error', error: 'overloaded', retried: true };
    return resultOf({ ...at, effect }, view, healthy, problems);
  }
  const expected = tools.some((tool) => tool.defer_loading) ? 1 : 2;
  if (told.delivered.length !== expected)
    problems.push(`${told.delivered.length} requests instead of ${expected}`);
  return told.strikes < told.delivered.length
    ? checkRecovered(view, healthy, told, problems)
    : checkAsSent(at, view, healthy, problems);
}

/** The turn may have a failure of its own. The one that comes first is told, and nothing is shown that was not said. */
function checkEnding(view: View, healthy: View, effect: Effect, problems: string[]): Result {
  if (!view.error && !view.message) problems.push('no ending');
  if (view.error && effect.kind !== 'as-sent' && !healthy.shown.text.startsWith(view.shown.text))
    problems.push('the text is not the beginning');
  return 'one ending of a turn that fails by itself';
}

function checkSame(view: View, healthy: View, problems: string[], result: Result): Result {
  if (!view.message || !healthy.message) problems.push(`no answer: ${view.error?.type}`);
  else if (comparable(view.message) !== comparable(healthy.message)) problems.push('the answer differs');
  return result;
}

/** The failed attempt may only have shown thoughts. */
function checkRecovered(view: View, healthy: View, told: Told, problems: string[]): Result {
  const attempts = told.delivered.length;
  if (view.error) problems.push(`no answer: ${view.error.type}`);
  if (view.shown.thinking === healthy.shown.thinking) checkSame(view, healthy, problems, 'the same answer');
  if (!isInAttempts(view.shown.thinking, healthy.shown.thinking, attempts, true))
    problems.push('thoughts differ');
  if (view.shown.text !== healthy.shown.text) problems.push('the text differs');
  if (JSON.stringify(view.shown.calls) !== JSON.stringify(healthy.shown.calls)) problems.push('calls differ');
  if (view.message?.stop_reason !== healthy.message?.stop_reason) problems.push('the stop reason differs');
  return 'the same answer after another attempt';
}

/** Thoughts after the last content are left out: at the very end they would hide the answer from some clients. */
function readingToLastContent(bytes: Uint8Array | undefined): Reading {
  const events = Buffer.from(bytes ?? [])
    .toString('utf8')
    .split(/(?<=\r\n\r\n)/);
  const speaks = (event: string) => {
    const { text, calls } = readIndependently(event);
    return text !== '' || calls.length > 0;
  };
  const end = events.findLastIndex(speaks);
  return readIndependently((end < 0 ? events : events.slice(0, end + 1)).join(''));
}

const argsOf = ({ calls }: Shown) => JSON.stringify(calls.map(({ name, input }) => ({ name, args: input })));
const callsIn = ({ calls }: Reading) =>
  JSON.stringify(calls.map(({ name, args }) => ({ name: bare(name), args })));

/** The independent reader is asked only where it agrees with the answer of the undisturbed turn. */
function checkAsSent(at: Case, view: View, healthy: View, problems: string[]): Result {
  const { shown, message } = view;
  const unbroken = readingOf(at.turn.reply.body);
  const bytes = at.told.delivered.at(-1);
  const sent = readingOf(bytes);
  if (!sent || !unbroken || !isReadable(at.turn)) {
    if (!message) problems.push(`no answer: ${view.error?.type}`);
    return 'the answer as sent';
  }
  if (healthy.shown.text === unbroken.text && shown.text !== sent.text)
    problems.push('the text is not the one sent');
  if (argsOf(healthy.shown) === callsIn(unbroken) && argsOf(shown) !== callsIn(sent))
    problems.push('the calls are not the ones sent');
  if (healthy.shown.thinking !== '' && shown.thinking !== readingToLastContent(bytes).thoughts)
    problems.push('the thoughts are not the ones sent');
  const ends = endsOf(sent, healthy, sent.finish === unbroken.finish);
  if (!ends.includes(message?.stop_reason ?? null))
    problems.push(`${message?.stop_reason} instead of ${ends.join(' or ')}`);
  return 'the answer as sent';
}

function endsOf(sent: Reading, healthy: View, sameFinish: boolean): (string | null)[] {
  const before = healthy.message?.stop_reason ?? null;
  if (sameFinish && before !== 'stop_sequence' && sent.calls.length > 0 === healthy.shown.calls.length > 0)
    return [before];
  // The reader cannot tell whether the stop sequence would still have come.
  if (before === 'stop_sequence') return [before, 'end_turn', 'max_tokens'];
  if (sent.finish === 'MAX_TOKENS') return ['max_tokens', 'model_context_window_exceeded'];
  // The calls are in a message that the reader cannot read. Without calls the turn would fail by itself.
  const calls = sent.calls.length > 0 || sent.finish === 'MALFORMED_FUNCTION_CALL';
  return [calls ? 'tool_use' : 'end_turn'];
}

function checkError(at: Case, word: ErrorWord, view: View, healthy: View, problems: string[]): Result {
  const { mode, told } = at;
  const { shown, error } = view;
  const type = ERROR_TYPES[word];
  const expected = error?.status === 200 && PASSING.has(word) ? 'overloaded_error' : type;
  if (error?.type !== expected) problems.push(`${error?.type} instead of ${expected}`);
  if (error && error.status !== 200 && error.status !== (STATUS[word] ?? ERROR_STATUS[type]))
    problems.push(`status ${error.status}`);
  if (!isInAttempts(shown.thinking, healthy.shown.thinking, told.delivered.length, false))
    problems.push('thoughts are not the beginning of the answer');
  if (!healthy.shown.text.startsWith(shown.text))
    problems.push('the text is not the beginning of the answer');
  if (!sameCalls(shown.calls, healthy.shown.calls))
    problems.push('calls are not the first ones of the answer');
  // A call that the client does not answer is content as well.
  const isServed = told.text.includes('"type":"server_tool_use"');
  const content = shown.text !== '' || shown.calls.length > 0 || isServed;
  if (mode === 'stream' && contentCame(at.turn, told) === true && !content)
    problems.push('content came and was not shown');
  return content ? 'one error after content' : 'one error, nothing shown';
}
