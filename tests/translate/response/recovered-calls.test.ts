import { describe, expect, test } from 'bun:test';
import { UpstreamError } from '../../../src/gemini/errors.ts';
import type { Frame } from '../../../src/gemini/frames.ts';
import type { Candidate, ResponsePart } from '../../../src/gemini/wire.ts';
import type { AnswerPlan } from '../../../src/translate/context.ts';
import { PartsReader } from '../../../src/translate/response/parts.ts';
import type { TurnEvent } from '../../../src/translate/response/turn.ts';
import type { Warn, Warning } from '../../../src/translate/warnings.ts';
import { planFor } from '../../support/answers/answer.ts';

const frame = (candidate: Candidate): Frame => ({ kind: 'content', chunk: { candidates: [candidate] } });
const parts = (...list: ResponsePart[]): Frame => frame({ content: { parts: list, role: 'model' } });

function readTry(frames: readonly Frame[], plan: AnswerPlan) {
  const warnings: Warning[] = [];
  const warn: Warn = (code, path, detail) => warnings.push({ code, path, detail });
  const reader = new PartsReader({ plan, warn, mayAskAgain: () => true, mayGoOn: () => true });
  const events: TurnEvent[] = frames.flatMap((one) => reader.read(one));
  events.push(...reader.end());
  return { events, warnings };
}

describe('calls that only the end tells of', () => {
  const LOST = "print(default_api.Bash(command='ls'))";
  const plan = { requiredArguments: new Map([['Bash', ['command']]]) };
  const end = (message: string, reason = 'MALFORMED_FUNCTION_CALL') =>
    frame({ finishReason: reason, finishMessage: `Malformed function call: ${message}` });
  const readLost = (frames: Frame[], change: Partial<AnswerPlan> = {}) =>
    readTry(frames, planFor(['Bash', 'Read'], { ...plan, ...change }));

  test.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL'])('%s', (reason) => {
    const { events, warnings } = readLost([end(LOST, reason)]);
    expect(events.map(({ type }) => type)).toEqual(['call', 'finish']);
    expect(events[0]).toEqual({ type: 'call', name: 'Bash', args: { command: 'ls' } });
    expect(warnings.map(({ detail }) => detail)).toEqual([
      `call of default_api.Bash read out of Gemini's message (${reason})`,
    ]);
  });

  test('with parallel calls disabled only the first is kept', () => {
    const { events } = readLost([end(`${LOST}\n${LOST}`)], { parallelCalls: false });
    expect(events.map(({ type }) => type)).toEqual(['call', 'finish']);
  });

  test('behind text, and in place of a call that broke off', () => {
    const partialArgs = [{ jsonPath: '$.command', stringValue: 'l', willContinue: true }];
    const { events } = readLost([
      parts({ text: 'a' }, { functionCall: { name: 'Bash', willContinue: true, partialArgs } }),
      end(LOST),
    ]);
    expect(events.map(({ type }) => type)).toEqual(['text', 'call', 'finish']);
  });

  test.each<[name: string, frames: Frame[], change: Partial<AnswerPlan>]>([
    ['under another end', [end(LOST, 'MALFORMED_RESPONSE')], {}],
    ['of an undeclared tool', [end('print(default_api.Write(command=1))')], {}],
    ['beside one of an undeclared tool', [end(`${LOST}\nprint(default_api.Write(command=1))`)], {}],
    ['of a tool that may not be called now', [end('print(default_api.Read())')], {}],
    ['without a required argument', [end("print(default_api.Bash(cmd='ls'))")], {}],
    [
      'with an inherited one',
      [end('print(default_api.Bash())')],
      { requiredArguments: new Map([['Bash', ['toString']]]) },
    ],
    ['that may have been delivered already', [parts({ functionCall: { name: 'Read' } }), end(LOST)], {}],
  ])('not: %s', (_name, frames, change) => {
    expect(() => readLost(frames, change)).toThrow(UpstreamError);
  });
});
