import { describe, expect, test } from 'bun:test';
import { lineDiff } from '../../../src/lib/line-diff.ts';
import { differences } from '../../support/turns/compare.ts';
import { jsonDiff } from '../../support/turns/json-diff.ts';
import { runTurn } from '../../support/turns/run.ts';
import { madeTurn } from './made-turn.ts';

const replaced = (bytes: Uint8Array, from: string, to: string) =>
  new TextEncoder().encode(new TextDecoder().decode(bytes).replace(from, to));

describe('the difference of a turn', () => {
  test('shows the events that the client would have seen otherwise, and their neighbours', async () => {
    const recorded = await madeTurn('call-3');
    const { answer } = recorded;
    const other = {
      ...recorded,
      answer: {
        ...answer,
        bytes: replaced(answer.bytes, '"stop_reason":"tool_use"', '"stop_reason":"pause_turn"'),
      },
    };
    const lines = differences(other, await runTurn(recorded)).split('\n');
    expect(lines[1]).toStartWith('what the client would have seen');
    expect(lines.filter((line) => line.startsWith('  - '))).toHaveLength(1);
    expect(lines.find((line) => line.startsWith('  - '))).toBe(
      '  - message_delta delta.stop_reason "pause_turn"',
    );
    expect(lines.find((line) => line.startsWith('  + '))).toBe(
      '  + message_delta delta.stop_reason "tool_use"',
    );
    expect(lines).toContain('    content_block_stop 1');
  });

  test('shows what Gemini would have been sent, path by path', async () => {
    const recorded = await madeTurn('call-3');
    const other = {
      ...recorded,
      upstream: recorded.upstream.map((exchange) => {
        const body = JSON.parse(exchange.request.body);
        body.contents[0].parts[0].text = 'Say hello!';
        body.generationConfig.candidateCount = 1;
        delete body.tools;
        return { ...exchange, request: { ...exchange.request, body: JSON.stringify(body) } };
      }),
    };
    const text = differences(other, await runTurn(recorded));
    expect(text).toContain('what Gemini would have been sent, attempt 1');
    expect(text).toContain('~ contents[0].parts[0].text\n      was "Say hello!"\n      is  "Say hello."');
    expect(text).toContain('- generationConfig.candidateCount: 1');
    expect(text).toContain('+ tools: [{"functionDeclarations"');
    expect(text).not.toContain('what the client would have seen');
  });

  test('shows a status, and a whole answer by its members', async () => {
    const recorded = await madeTurn('status-400');
    const { answer } = recorded;
    const bytes = replaced(answer.bytes, 'invalid_request_error', 'api_error');
    const text = differences(
      { ...recorded, answer: { ...answer, status: 500, bytes } },
      await runTurn(recorded),
    );
    expect(text).toContain('- HTTP 500');
    expect(text).toContain('+ HTTP 400');
    expect(text).toContain('-     "type": "api_error",');
  });

  test('tells of attempts that were not recorded, and of recorded ones that were not made', async () => {
    const recorded = await madeTurn('status-503');
    const { upstream } = await madeTurn('text-4');
    const [first] = recorded.upstream;
    const one = { ...recorded, upstream: first ? [first] : [] };
    expect(differences(one, await runTurn(recorded))).toContain('+ an attempt that was not recorded: POST');
    expect(differences(recorded, await runTurn({ ...recorded, upstream }))).toContain('- not sent: POST');
  });
});

describe('lineDiff', () => {
  test.each([
    [['a', 'b'], ['a', 'b'], []],
    [
      ['a', 'b', 'c'],
      ['a', 'x', 'c'],
      ['  a', '- b', '+ x', '  c'],
    ],
    [[], ['a'], ['+ a']],
    [['a'], [], ['- a']],
    [
      ['1', '2', '3', '4', '5'],
      ['1', '2', '3', '4', '5', '6'],
      ['  …', '  4', '  5', '+ 6'],
    ],
    [
      ['a', 'b', 'c'],
      ['c', 'a', 'b'],
      ['+ c', '  a', '  b', '- c'],
    ],
  ])('%j → %j', (was, is, expected) => {
    expect(lineDiff(was, is)).toEqual(expected);
  });
});

describe('jsonDiff', () => {
  test.each([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: 1 }, { a: 2 }, ['~ a', '    was 1', '    is  2']],
    [{ a: [1] }, { a: [1, { b: 2 }] }, ['+ a[1]: {"b":2}']],
    [{ 'a b': null }, {}, ['- ["a b"]: null']],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, ['~ only the order of keys differs']],
  ])('%j → %j', (was, is, expected) => {
    expect(jsonDiff(was, is)).toEqual(expected);
  });

  test('a long text is shown around the first character that differs', () => {
    const [, was = '', is = ''] = jsonDiff('x'.repeat(5000), `${'x'.repeat(4000)}y${'x'.repeat(999)}`);
    expect(was.length).toBeLessThan(200);
    expect(is).toContain('xyx');
  });
});
