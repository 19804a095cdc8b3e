import { describe, expect, test } from 'bun:test';
import { UpstreamError } from '../../../src/gemini/errors.ts';
import type { Frame } from '../../../src/gemini/frames.ts';
import type { ResponsePart } from '../../../src/gemini/wire.ts';
import type { AnswerPlan } from '../../../src/translate/context.ts';
import { PartsReader } from '../../../src/translate/response/parts.ts';
import type { TurnEvent } from '../../../src/translate/response/turn.ts';
import type { Warn } from '../../../src/translate/warnings.ts';
import { planFor } from '../../support/answers/answer.ts';

const parts = (...list: ResponsePart[]): Frame => ({
  kind: 'content',
  chunk: { candidates: [{ content: { parts: list, role: 'model' } }] },
});
const finish = (finishReason = 'STOP', finishMessage = ''): Frame => ({
  kind: 'content',
  chunk: { candidates: [{ finishReason, ...(finishMessage ? { finishMessage } : {}) }] },
});
const called = (name: string, id?: string): ResponsePart => ({
  functionCall: { name, args: { a: 1 }, ...(id ? { id } : {}) },
});
const answered = (name: string, id?: string): ResponsePart => ({
  functionResponse: { name, response: {}, ...(id ? { id } : {}) },
});

/** The attempts of one answer, each with its frames; returns the result of the last, and how many there were. */
function answerOf(attempts: readonly (readonly Frame[])[], change: Partial<AnswerPlan> = {}, retries = 1) {
  const plan = planFor(['Bash', 'mcp__fs__read_file'], change);
  const told: string[] = [];
  const warn: Warn = (_code, _path, detail) => told.push(detail);
  let left = retries;
  const mayAskAgain = () => left-- > 0;
  for (const [index, frames] of attempts.entries()) {
    const reader = new PartsReader({ plan, warn, mayAskAgain, mayGoOn: () => true });
    const events: TurnEvent[] = [];
    try {
      for (const frame of frames) events.push(...reader.read(frame));
      events.push(...reader.end());
      return { shown: events.map(shown), attempts: index + 1, told };
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      const shownBefore = events.map(shown);
      if (shownBefore.length > 0 || index === attempts.length - 1)
        return { shown: [...shownBefore, error.kind], attempts: index + 1, told };
    }
  }
  throw new Error('no attempt');
}

function shown(event: TurnEvent): string {
  if (event.type === 'call') return `call:${event.name}`;
  if (event.type === 'text') return `text:${event.text}`;
  return event.type === 'finish' && event.finish.kind === 'finished' ? event.finish.reason : event.type;
}

const twice = (...frames: Frame[]) => [frames, frames];
const PASSED_ON = ['call:Write', 'STOP'];
const REFUSED = ['unusable'];

describe('a call of a tool that is not declared', () => {
  test.each<[string, Frame[][], Partial<AnswerPlan>, string[], attempts: number]>([
    [
      'is asked for again, and passed on when it comes again',
      twice(parts(called('Write')), finish()),
      {},
      PASSED_ON,
      2,
    ],
    [
      'is forgotten where the other attempt is well',
      [
        [parts(called('Write')), finish()],
        [parts({ text: 'a' }), finish()],
      ],
      {},
      ['text:a', 'STOP'],
      2,
    ],
    [
      'is passed on at once after content',
      twice(parts({ text: 'a' }), parts(called('Write')), finish()),
      {},
      ['text:a', ...PASSED_ON],
      1,
    ],
    [
      'is asked for again after thoughts, which are no content',
      twice(parts({ text: 'h', thought: true }), parts(called('Write')), finish()),
      { thinking: 'hidden' },
      ['thinking', 'unusable'],
      1,
    ],
    [
      'is passed on at once where deferred tools are not all known',
      twice(parts(called('Write')), finish()),
      { undeclaredCalls: 'passed-on' },
      PASSED_ON,
      1,
    ],
    [
      'is the one declared tool that ends so',
      twice(parts(called('read_file')), finish()),
      {},
      ['call:mcp__fs__read_file', 'STOP'],
      1,
    ],
    [
      'but not where deferred tools are not all known',
      twice(parts(called('read_file')), finish()),
      { undeclaredCalls: 'passed-on' },
      ['call:read_file', 'STOP'],
      1,
    ],
    [
      'is refused where none is wanted',
      twice(parts(called('Write')), finish()),
      { undeclaredCalls: 'refused' },
      REFUSED,
      2,
    ],
    [
      'is refused where another one is wanted',
      twice(parts(called('read_file')), finish()),
      { undeclaredCalls: 'refused', requiredArguments: new Map([['Bash', []]]) },
      REFUSED,
      2,
    ],
    [
      'is the one that is wanted',
      twice(parts(called('read_file')), finish()),
      { undeclaredCalls: 'refused', requiredArguments: new Map([['mcp__fs__read_file', []]]) },
      ['call:mcp__fs__read_file', 'STOP'],
      1,
    ],
    ['is refused where nobody could name it', twice(parts(called('')), finish()), {}, REFUSED, 2],
    [
      'stays before what came after it',
      twice(parts(called('Write'), called('Bash')), parts({ text: 'a' }), finish()),
      { undeclaredCalls: 'passed-on' },
      ['call:Write', 'call:Bash', 'text:a', 'STOP'],
      1,
    ],
    [
      'counts as the one call that the client takes',
      twice(parts(called('Write'), called('Bash')), finish()),
      { undeclaredCalls: 'passed-on', parallelCalls: false },
      PASSED_ON,
      1,
    ],
    [
      'is no call before the end is well',
      twice(parts(called('Write'))),
      { undeclaredCalls: 'passed-on' },
      ['truncated'],
      2,
    ],
    [
      'is delivered beside UNEXPECTED_TOOL_CALL',
      twice(parts(called('Write')), finish('UNEXPECTED_TOOL_CALL')),
      {},
      ['call:Write', 'UNEXPECTED_TOOL_CALL'],
      2,
    ],
    [
      'is no call beside MALFORMED_FUNCTION_CALL',
      twice(parts({ text: 'a' }), parts(called('Write')), finish('MALFORMED_FUNCTION_CALL')),
      {},
      ['text:a', 'unusable'],
      1,
    ],
  ])('%s', (_name, attempts, change, expected, count) => {
    const { shown, attempts: made } = answerOf(attempts, change);
    expect({ shown, made }).toEqual({ shown: expected, made: count });
  });

  test('is passed on where no other attempt is to be had, and told', () => {
    const { shown, attempts, told } = answerOf([[parts(called('Write')), finish()]], {}, 0);
    expect({ shown, attempts }).toEqual({ shown: PASSED_ON, attempts: 1 });
    expect(told).toEqual(['call of Write passed on: the client declared no such tool']);
  });
});

describe('a call that the answer brings the result of', () => {
  test.each<[string, Frame[], string[]]>([
    ['in one event', [parts(called('w'), answered('w'), { text: 'a' }), finish()], ['text:a', 'STOP']],
    [
      'in another event',
      [parts(called('w')), parts(answered('w')), parts({ text: 'a' }), finish()],
      ['text:a', 'STOP'],
    ],
    [
      'behind other content',
      [parts(called('w'), { text: 'a' }), parts(answered('w')), finish()],
      ['text:a', 'STOP'],
    ],
    [
      'by id',
      [parts(called('w', '1'), called('w', '2')), parts(answered('w', '2')), finish()],
      ['call:w', 'STOP'],
    ],
    [
      'twice',
      [parts(called('w'), called('w'), answered('w'), answered('w'), { text: 'a' }), finish()],
      ['text:a', 'STOP'],
    ],
    ['and nothing else: no answer', [parts(called('w'), answered('w')), finish()], ['unusable']],
  ])('is none of the client’s: %s', (_name, frames, expected) => {
    for (const undeclaredCalls of ['asked-again', 'passed-on'] as const) {
      expect(answerOf([frames], { undeclaredCalls }, 0).shown).toEqual(expected);
    }
  });

  test('also where no tools are declared', () => {
    const { shown, told } = answerOf([[parts(called('w'), answered('w'), { text: 'a' }), finish()]], {
      undeclaredCalls: 'refused',
    });
    expect(shown).toEqual(['text:a', 'STOP']);
    expect(told).toEqual(['call of w left out: Gemini answered it by itself']);
  });
});

describe('an unexpected call that only the message tells of', () => {
  const told = (text: string) => finish('UNEXPECTED_TOOL_CALL', `Unexpected tool call: ${text}`);

  test.each<[string, Frame[], Partial<AnswerPlan>, string[], attempts: number]>([
    [
      'is asked for again, then passed on',
      [told('print(default_api.Write(a=1))')],
      {},
      ['call:Write', 'UNEXPECTED_TOOL_CALL'],
      2,
    ],
    [
      'is the one declared tool that ends so',
      [told('print(default_api.read_file(a=1))')],
      {},
      ['call:mcp__fs__read_file', 'UNEXPECTED_TOOL_CALL'],
      1,
    ],
    [
      'but with all that it requires',
      [told('print(default_api.read_file(a=1))')],
      { requiredArguments: new Map([['mcp__fs__read_file', ['path']]]) },
      REFUSED,
      2,
    ],
    [
      'is none without its arguments',
      [told('Model tried to call an undeclared function: Write')],
      {},
      REFUSED,
      2,
    ],
    [
      'is refused where none is wanted',
      [told('print(weather_api.get_weather(a=1))')],
      { undeclaredCalls: 'refused' },
      REFUSED,
      2,
    ],
    [
      'is passed on at once after content',
      [parts({ text: 'a' }), told('call:default_api:Write{a:1}')],
      {},
      ['text:a', 'call:Write', 'UNEXPECTED_TOOL_CALL'],
      1,
    ],
  ])('%s', (_name, frames, change, expected, count) => {
    const { shown, attempts } = answerOf(twice(...frames), change);
    expect({ shown, attempts }).toEqual({ shown: expected, attempts: count });
  });
});
