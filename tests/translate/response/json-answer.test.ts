/** Answers that have to be JSON: fences around it, text that is none, and when that is known. */
import { describe, expect, test } from 'bun:test';
import type { Frame } from '../../../src/gemini/frames.ts';
import type { Candidate, ResponsePart } from '../../../src/gemini/wire.ts';
import type { AnswerPlan } from '../../../src/translate/context.ts';
import { jsonIn } from '../../../src/translate/response/json-answer.ts';
import { openReader } from '../../../src/translate/response/open-reader.ts';
import type { TurnEvent } from '../../../src/translate/response/turn.ts';
import { planFor } from '../../support/answers/answer.ts';

const SCHEMA = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };

describe('the JSON in a text', () => {
  test.each<[string, string, string | undefined]>([
    ['plain', '{"n": 1}', '{"n": 1}'],
    ['with white space around', '\n {"n": 1}\n', '{"n": 1}'],
    ['between fences', '```json\n{"n": 1}\n```', '{"n": 1}'],
    ['between fences without a word', '```\r\n{"n": 1}\r\n```\n', '{"n": 1}'],
    ['between fences, after words', 'Here it is:\n```json\n{"n": 1}\n```\nThat is all.', '{"n": 1}'],
    [
      'with fences inside of its text',
      '```json\n{"n": 1, "s": "```js```"}\n```',
      '{"n": 1, "s": "```js```"}',
    ],
    ['the one of two that fits', '```json\n{"a": 1}\n```\nor\n```json\n{"n": 1}\n```', '{"n": 1}'],
    ['two that fit', '```json\n{"n": 2}\n```\nor\n```json\n{"n": 1}\n```', undefined],
    ['with another type', '{"n": "1"}', undefined],
    ['broken off', '{"n": ', undefined],
    ['words', 'I cannot do that.', undefined],
    ['an open fence', '```json\n{"n": 1}', undefined],
  ])('%s', (_, text, expected) => {
    expect(jsonIn(text, SCHEMA)).toBe(expected);
  });

  test('a long text of fences takes no time to speak of', () => {
    const steps = '```\n{"n": '.repeat(20_000);
    expect(jsonIn(steps, SCHEMA)).toBeUndefined();
  });
});

const frame = (parts: ResponsePart[], candidate: Candidate = {}): Frame => ({
  kind: 'content',
  chunk: { candidates: [{ content: { parts, role: 'model' }, index: 0, ...candidate }] },
});

type Given = (ResponsePart | string)[];

/** What each frame gives out, in short; `asks`: the attempts that may still be made. */
function read(
  given: Given,
  { isPromised = false, asks = 0, finishReason = 'STOP', tools = [] as string[] } = {},
) {
  const told: string[] = [];
  let left = asks;
  const plan: AnswerPlan = planFor(tools, { json: { schema: SCHEMA, isPromised } });
  const reader = openReader({
    plan,
    warn: (code) => told.push(code),
    mayAskAgain: () => left-- > 0,
    mayGoOn: () => false,
  });
  const shown = (events: TurnEvent[]) =>
    events
      .map((event) => {
        if (event.type === 'text') return `${event.text}${event.signature ? `<${event.signature}>` : ''}`;
        return event.type === 'call' ? `call ${event.name}` : event.type;
      })
      .join('|');
  const parts = given.map((part) => (typeof part === 'string' ? { text: part } : part));
  const steps = parts.map((part) => shown(reader.read(frame([part]))));
  reader.read(frame([], { finishReason }));
  return { steps, end: shown(reader.end()), told };
}

describe('asked for in words', () => {
  test('the text waits for its end', () => {
    expect(read(['{"n"', ': 1}'])).toEqual({ steps: ['', ''], end: '{"n"|: 1}|finish', told: [] });
  });

  test('thoughts do not wait', () => {
    expect(read([{ text: 'Hm.', thought: true }, '{"n": 1}']).steps).toEqual(['thinking', '']);
  });

  test('what stands around the JSON is left out, and told; the closing signature stays', () => {
    const { end, told } = read(['Sure:\n```json\n', '{"n": 1}\n```', { text: '', thoughtSignature: 'c2ln' }]);
    expect([end, told]).toEqual(['{"n": 1}|<c2ln>|finish', ['content-changed']]);
  });

  test('another text is asked for once, then passed on', () => {
    expect(() => read(['Sorry.'], { asks: 1 })).toThrow('not the JSON asked for');
    expect(read(['Sorry.'])).toEqual({ steps: [''], end: 'Sorry.|finish', told: ['content-changed'] });
  });

  test('JSON that the schema refuses is asked for once more, too', () => {
    expect(() => read(['{"n": "x"}'], { asks: 1 })).toThrow('not the JSON asked for');
  });

  test.each(['MAX_TOKENS', 'SAFETY'])('a text that ends with %s is passed on as it is', (finishReason) => {
    expect(read(['{"n": '], { asks: 1, finishReason })).toEqual({
      steps: [''],
      end: '{"n": |finish',
      told: [],
    });
  });

  test('before a call, and after it, text is text', () => {
    const call = { functionCall: { name: 'Bash', args: {} } };
    const { steps } = read(['I look first.', call, 'Then'], { asks: 1, tools: ['Bash'] });
    expect(steps).toEqual(['', 'I look first.|call Bash', 'Then']);
  });
});

describe('promised by the API', () => {
  test.each<[string, string[], string[]]>([
    ['is passed on as it comes', ['{"n"', ': 1}'], ['{"n"', ': 1}']],
    ['after white space as well', ['\n', ' {"n": 1}'], ['', '\n| {"n": 1}']],
    ['waits where it begins with a fence', ['``', '`json\n{"n": 1}', '\n```'], ['', '', '']],
    ['does not wait for what is no fence', ['``', '"'], ['', '``|"']],
  ])('%s', (_, texts, steps) => {
    expect(read(texts, { isPromised: true, asks: 1 }).steps).toEqual(steps);
  });

  test('a fence is taken away', () => {
    expect(read(['```json\n{"n": 1}', '\n```'], { isPromised: true }).end).toBe('{"n": 1}|finish');
  });

  test('what is no JSON is passed on, and not asked for again', () => {
    expect(read(['```\nno\n```'], { isPromised: true, asks: 1 })).toEqual({
      steps: [''],
      end: '```\nno\n```|finish',
      told: ['content-changed'],
    });
  });
});
