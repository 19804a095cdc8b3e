/**
 * Whatever a client's history holds becomes contents that Google takes: calls with their results, in their places and
 * their order.
 */
import { describe, expect, test } from 'bun:test';
import type { Message } from '../../../src/anthropic/request.ts';
import type { RequestPart } from '../../../src/gemini/wire.ts';
import { toGeminiRequest } from '../../../src/translate/request/index.ts';
import { call, model, result, say, system, user } from '../../support/history.ts';
import { contextFor, deepFreeze, problemsOf, requestOf } from '../../support/translation.ts';

function translate(messages: Message[], modelId?: string) {
  return toGeminiRequest(deepFreeze(requestOf({ messages })), contextFor(modelId));
}

/** Parts in few words. */
function brief(part: RequestPart): string {
  if (part.functionCall) return `call ${part.functionCall.id}`;
  if (part.functionResponse) {
    const { id, response } = part.functionResponse;
    return `response ${id} ${JSON.stringify(response)}`;
  }
  return part.text ?? `media ${part.inlineData?.mimeType}`;
}

const contentsOf = (messages: Message[]) =>
  translate(messages).body.contents.map(({ role, parts }) => [role, ...parts.map(brief)]);

const INTERRUPTED = (id: string) => `response ${id} {"error":"The call was interrupted: it has no result."}`;
const START: Message = { role: 'user', content: 'go' };

const TABLE: [name: string, messages: Message[], contents: string[][]][] = [
  [
    'results in any order answer in the order of the calls',
    [START, model(call('a'), call('b')), user(result('b'), result('a'))],
    [
      ['user', 'go'],
      ['model', 'call a', 'call b'],
      ['user', 'response a {"output":"out a"}', 'response b {"output":"out b"}'],
    ],
  ],
  [
    'text before and beside results comes after them',
    [START, model(call('a')), user(say('one'), result('a'), say('two'))],
    [
      ['user', 'go'],
      ['model', 'call a'],
      ['user', 'response a {"output":"out a"}', 'one', 'two'],
    ],
  ],
  [
    'a missing result is answered as interrupted',
    [START, model(call('a'), call('b')), user(result('b'))],
    [
      ['user', 'go'],
      ['model', 'call a', 'call b'],
      ['user', INTERRUPTED('a'), 'response b {"output":"out b"}'],
    ],
  ],
  [
    'a result that comes twice is answered once, the other is text',
    [START, model(call('a')), user(result('a'), result('a', 'again'))],
    [
      ['user', 'go'],
      ['model', 'call a'],
      ['user', 'response a {"output":"out a"}', '<tool_result>\nagain\n</tool_result>'],
    ],
  ],
  [
    'a result without a call is text',
    [user(result('x'), say('hi'))],
    [['user', '<tool_result>\nout x\n</tool_result>', 'hi']],
  ],
  [
    'a late result is text at its place, and the call was interrupted',
    [START, model(call('a')), user(say('wait')), model(say('ok')), user(result('a'))],
    [
      ['user', 'go'],
      ['model', 'call a'],
      ['user', INTERRUPTED('a'), 'wait'],
      ['model', 'ok'],
      ['user', '<tool_result>\nout a\n</tool_result>'],
    ],
  ],
  [
    'calls over several assistant messages are one turn',
    [START, model(call('a')), model(call('b')), user(result('a')), user(result('b'))],
    [
      ['user', 'go'],
      ['model', 'call a', 'call b'],
      ['user', 'response a {"output":"out a"}', 'response b {"output":"out b"}'],
    ],
  ],
  [
    'a system message between a call and its result comes after the response',
    [START, model(call('a')), system('note'), user(result('a'), say('and'))],
    [
      ['user', 'go'],
      ['model', 'call a'],
      ['user', 'response a {"output":"out a"}', 'note', 'and'],
    ],
  ],
  [
    'a system message keeps its place, and one without words leaves none',
    [START, system([say('env')]), model(say('ok')), system([]), user(say('next'))],
    [
      ['user', 'go', 'env'],
      ['model', 'ok'],
      ['user', 'next'],
    ],
  ],
  [
    'a system message that is cleared at the next user message is gone then',
    [START, system('once', { clear_at: 'next_user_message' }), model(say('ok')), user(say('next'))],
    [
      ['user', 'go'],
      ['model', 'ok'],
      ['user', 'next'],
    ],
  ],
  [
    'and is there until then',
    [START, system('once', { clear_at: 'next_user_message' })],
    [['user', 'go', 'once']],
  ],
  [
    'users in a row are one content, their blocks stay apart',
    [START, user(say('a'), say('b')), { role: 'user', content: 'c' }],
    [['user', 'go', 'a', 'b', 'c']],
  ],
  [
    'a history that starts with the model gets a turn before it',
    [model(call('a')), user(result('a'))],
    [
      ['user', '[The start of the conversation is not shown.]'],
      ['model', 'call a'],
      ['user', 'response a {"output":"out a"}'],
    ],
  ],
  [
    'a call at the very end is answered as interrupted',
    [START, model(say('run'), call('a'))],
    [
      ['user', 'go'],
      ['model', 'run', 'call a'],
      ['user', INTERRUPTED('a')],
    ],
  ],
  [
    'an id used for two calls serves their results in order',
    [
      START,
      model(call('a', { n: 1 }), call('a', { n: 2 })),
      user(result('a', 'first'), result('a', 'second')),
    ],
    [
      ['user', 'go'],
      ['model', 'call a', 'call a'],
      ['user', 'response a {"output":"first"}', 'response a {"output":"second"}'],
    ],
  ],
  [
    'empty texts are dropped, and an empty assistant message with them',
    [user(say(''), say('go')), model(say('')), user(say('on'))],
    [['user', 'go', 'on']],
  ],
];

describe('a history becomes contents', () => {
  for (const [name, messages, contents] of TABLE) {
    test(name, () => {
      expect(contentsOf(messages)).toEqual(contents);
      expect(problemsOf(translate(messages).body)).toEqual([]);
    });
  }

  test('what was repaired is told', () => {
    const { warnings } = translate([START, model(call('a')), user(result('x'))]);
    expect(warnings.filter(({ code }) => code === 'history-repaired').map(({ path }) => path)).toEqual([
      'messages.1.content.0',
      'messages.2.content.0',
    ]);
  });

  test('ids are sent to models that know them, hashed where Google would refuse them', () => {
    const long = 'x'.repeat(300);
    const messages = [START, model(call('a'), call(long)), user(result('a'), result(long))];
    const ids = (modelId: string) =>
      translate(messages, modelId).body.contents[1]?.parts.map((part) => part.functionCall?.id);
    expect(ids('gemini-4-argon')?.[0]).toBe('a');
    expect(ids('gemini-4-argon')?.[1]).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(ids('gemini-2.5-flash')).toEqual([undefined, undefined]);
  });

  test.each([
    ['an object as it is', { a: [1] }, { a: [1] }],
    ['nothing as no arguments', null, {}],
    ['a string wrapped', 'ls', { input: 'ls' }],
    ['a list wrapped', [1], { input: [1] }],
    ['what was no JSON as text', { __unparsedToolInput: { raw: '{"a', len: 3 } }, { input: '{"a' }],
    ['halves of surrogate pairs replaced, in keys too', { 'k\ud800': ['\udc00'] }, { 'k\ufffd': ['\ufffd'] }],
  ])('arguments: %s', (_, input, args) => {
    const { body } = translate([START, model(call('a', input)), user(result('a'))]);
    expect(body.contents[1]?.parts[0]?.functionCall?.args).toEqual(args);
  });

  test('a lone surrogate is replaced in every text', () => {
    const { body } = toGeminiRequest(
      requestOf({
        system: 's\ud800',
        messages: [user(say('u\ud800')), model(say('m\ud800'), call('a')), user(result('a', 'r\ud800'))],
        tools: [{ name: 'Bash', description: 'd\ud800', input_schema: { title: 't\ud800' } }],
      }),
      contextFor(),
    );
    expect(problemsOf(body)).toEqual([]);
  });
});
