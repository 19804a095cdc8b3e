/**
 * Every request of the day ends in its complete answer or in one typed error, and shows nothing that was not said to
 * it.
 */
import { ERROR_STATUS } from '../../src/anthropic/errors.ts';
import type { AnswerMessage } from '../../src/anthropic/message.ts';
import { violations } from '../support/answers/laws.ts';
import { shownBy, shownIn } from '../support/answers/shown.ts';
import { attemptIn, callArgs, textPieces, thoughtPieces, usageOf } from './answer.ts';
import type { Asked } from './asked.ts';
import type { Send } from './google.ts';

export type Ending = 'complete' | 'error' | 'left';
export type Judgement = { asked: Asked; sends: readonly Send[]; ending: Ending; problems: readonly string[] };

/** Milliseconds. */
const REQUEST_TIMEOUT = 570_000;
const HEAD_WAIT = 8_000;
const PING = 10_000;
/** Until upstream is left; the virtual clock has no load. */
const LEAVING = 100;

/**
 * The thoughts of a failed attempt stay shown. So what is shown is a beginning of each attempt's thoughts, in order,
 * and then all thoughts of the last one.
 */
function isThoughtInAttempts(thinking: string, asked: Asked, last: number | undefined): boolean {
  let rest = thinking;
  for (let attempt = 1; rest !== '' && attempt < 20; attempt++) {
    const pieces = thoughtPieces(asked.wish, attempt);
    let shown = 0;
    while (shown < pieces.length && rest.startsWith(pieces[shown] ?? '')) {
      rest = rest.slice(pieces[shown]?.length);
      shown++;
    }
    if (attempt === last) return rest === '' && shown === pieces.length;
  }
  return rest === '' && (last === undefined || asked.wish.thoughts === 0);
}

const expectedCalls = ({ wish }: Asked, attempt: number) =>
  wish.call ? [{ name: 'report', input: JSON.stringify(callArgs(wish, attempt)) }] : [];

function checkMessage(asked: Asked, message: AnswerMessage, sends: readonly Send[], say: Say): void {
  const { wish } = asked;
  const shown = shownIn(message);
  const attempt = attemptIn(shown.text) ?? 0;
  const answer = sends.find((send) => send.attempt === attempt);
  say(
    shown.text === textPieces(wish, attempt).join(''),
    `the text is not the one said: ${shown.text.slice(0, 400)}`,
  );
  say(
    JSON.stringify(shown.calls) === JSON.stringify(expectedCalls(asked, attempt)),
    'the calls are not those made',
  );
  say(
    asked.thinking || message.content.every(({ type }) => type !== 'thinking'),
    'thinking that nobody asked for',
  );
  say(
    !asked.thinking || isThoughtInAttempts(shown.thinking, asked, attempt),
    `the thoughts differ: ${shown.thinking}`,
  );
  say(message.stop_reason === (wish.call ? 'tool_use' : 'end_turn'), `stop reason ${message.stop_reason}`);
  say(message.model === asked.model, `model ${message.model}`);
  const usage = usageOf(wish, attempt);
  say(message.usage.input_tokens === usage.promptTokenCount, `input tokens ${message.usage.input_tokens}`);
  const output = usage.candidatesTokenCount + usage.thoughtsTokenCount;
  say(message.usage.output_tokens === output, `output tokens ${message.usage.output_tokens}`);
  say(answer?.outcome === 'answered', `an answer made of an attempt that was ${answer?.outcome}`);
  say(attempt === sends.length, `asked ${sends.length} times, and answered with attempt ${attempt}`);
}

/** What was shown before an error, or before the client left, is the beginning of one attempt. */
function checkBeginning(asked: Asked, sends: readonly Send[], say: Say): void {
  const shown = shownBy(asked.events);
  const attempt = attemptIn(shown.text) ?? attemptIn(shown.calls[0]?.input ?? '');
  if (attempt !== undefined) {
    say(
      textPieces(asked.wish, attempt).join('').startsWith(shown.text),
      'the text is not the beginning of what was said',
    );
    say(
      attempt === sends.length,
      `asked again after content: ${sends.length} times, shown is attempt ${attempt}`,
    );
    const calls = JSON.stringify(shown.calls);
    say(
      calls === '[]' || calls === JSON.stringify(expectedCalls(asked, attempt)),
      'a call that was not made',
    );
  }
  say(asked.thinking || shown.thinking === '', 'thinking that nobody asked for');
  say(isThoughtInAttempts(shown.thinking, asked, undefined), 'the thoughts are not those of its attempts');
}

function checkError(asked: Asked, say: Say): void {
  const { error } = asked;
  if (!error) return;
  const usual = (ERROR_STATUS as Readonly<Record<string, number>>)[error.type];
  say(usual !== undefined, `an error of no known type: ${error.type}`);
  // Told instead of a 529: Claude Code ends its turn at three of those in a row.
  const isInPlaceOf529 = error.status === 503 && error.type === 'api_error';
  say(
    error.status === 200 || error.status === usual || isInPlaceOf529,
    `status ${error.status} with ${error.type}`,
  );
  say(error.message !== '', 'an error that says nothing');
}

function checkTimes(asked: Asked, sends: readonly Send[], leavingMs: number, say: Say): void {
  const { startedAt, headAt, contentAt, endedAt, leftAt, stream } = asked;
  const until = leftAt ?? (stream ? contentAt : undefined) ?? endedAt ?? Infinity;
  say(until - startedAt <= REQUEST_TIMEOUT, `nothing within REQUEST_TIMEOUT: ${until - startedAt} ms`);
  if (stream && headAt !== undefined) {
    say(headAt - startedAt <= HEAD_WAIT, `no head for ${headAt - startedAt} ms`);
    say(asked.silentMs <= PING, `silent for ${asked.silentMs} ms`);
  }
  const over = leftAt ?? endedAt ?? Infinity;
  for (const { closedAt = Infinity } of sends)
    say(closedAt - over <= leavingMs, `upstream open ${closedAt - over} ms after the end`);
}

type Say = (ok: boolean, problem: string) => void;

function endingOf({ leftAt, error }: Asked): Ending {
  if (leftAt !== undefined) return 'left';
  return error ? 'error' : 'complete';
}

function judgeOne(asked: Asked, sends: readonly Send[], leavingMs: number): Judgement {
  const problems = [...asked.broken];
  const say: Say = (ok, problem) => {
    if (!ok) problems.push(problem);
  };
  const ending = endingOf(asked);
  say(asked.endedAt !== undefined, 'it never ended');
  checkTimes(asked, sends, leavingMs, say);
  if (ending !== 'left') {
    say(asked.error === undefined || asked.message === undefined, 'an answer and an error');
    say(asked.headers?.get('request-id')?.startsWith('req_') === true, 'no request-id');
    if (asked.stream && asked.status === 200) problems.push(...violations(asked.events));
  }
  if (asked.message && asked.error === undefined) checkMessage(asked, asked.message, sends, say);
  else {
    say(ending !== 'complete', 'neither an answer nor an error');
    checkBeginning(asked, sends, say);
  }
  checkError(asked, say);
  return { asked, sends, ending, problems };
}

export function judge(asked: readonly Asked[], sends: readonly Send[], leavingMs = LEAVING): Judgement[] {
  const byNonce = Map.groupBy(sends, ({ nonce }) => nonce);
  return asked.map((one) => judgeOne(one, byNonce.get(one.wish.nonce) ?? [], leavingMs));
}

/** One line for each problem, with its request. */
export const problemsOf = (verdicts: readonly Judgement[]): string[] =>
  verdicts.flatMap(({ asked, problems }) =>
    problems.map(
      (problem) => `${asked.wish.nonce} (${asked.phase}, ${asked.stream ? 'stream' : 'whole'}): ${problem}`,
    ),
  );
