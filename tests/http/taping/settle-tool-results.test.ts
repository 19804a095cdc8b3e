import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { settleToolResults } from '../../../src/http/taping/settle-tool-results.ts';

const call = (id: string) => ({ type: 'tool_use', id, name: 'Read', input: {} });
const result = (id: string, content: unknown = `what ${id} gave`) => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
});
const text = (words: string) => ({ type: 'text', text: words });
const marker = { cache_control: { type: 'ephemeral' } };
const user = (...content: unknown[]) => ({ role: 'user', content });
const assistant = (...content: unknown[]) => ({ role: 'assistant', content });
const turn = (...results: unknown[]) => ({
  messages: [user(text('go')), assistant(text('I look'), call('a'), call('b'), call('c')), user(...results)],
});

describe('the results of a turn', () => {
  test.each([
    [
      'stand in the order of the calls',
      [result('c'), result('a'), result('b')],
      [result('a'), result('b'), result('c')],
    ],
    [
      'change places among themselves only',
      [result('b'), text('between'), result('a')],
      [result('a'), text('between'), result('b')],
    ],
    [
      'leave the cache marker where it was',
      [result('b'), { ...result('a'), ...marker }],
      [result('a'), { ...result('b'), ...marker }],
    ],
    [
      'of one id stay in their order',
      [result('b', 1), result('a', 1), result('b', 2)],
      [result('a', 1), result('b', 1), result('b', 2)],
    ],
    [
      'without a call stand last, as they are',
      [result('y'), result('x'), result('a')],
      [result('a'), result('y'), result('x')],
    ],
  ])('%s', (_name, before, after) => {
    expect(settleToolResults(turn(...before))).toEqual(turn(...after));
  });

  test('are told by the turn before them, in a conversation of several', () => {
    const session = (...ends: [string, string][]) => ({
      messages: ends.flatMap(([first, second], i) => [
        assistant(call(`${i}a`), call(`${i}b`)),
        user(result(`${i}${first}`), result(`${i}${second}`)),
        { role: 'system', content: 'a note' },
      ]),
    });
    expect(settleToolResults(session(['b', 'a'], ['a', 'b'], ['b', 'a']))).toEqual(
      session(['a', 'b'], ['a', 'b'], ['a', 'b']),
    );
  });

  test('in any order are the same request', () => {
    const ids = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        ids.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([inOrder, shuffled]) => {
          const messages = (list: string[]) => ({
            messages: [assistant(...inOrder.map(call)), user(...list.map((id) => result(id)))],
          });
          expect(settleToolResults(messages(shuffled))).toEqual(messages(inOrder));
        },
      ),
    );
  });
});

test('what holds no results comes back as it is, whatever it is', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.record({ messages: fc.jsonValue() })), (body) => {
      expect(settleToolResults(body)).toEqual(body);
    }),
  );
});
