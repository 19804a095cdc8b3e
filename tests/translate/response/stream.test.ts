import { describe, expect, test } from 'bun:test';
import { MessagesError } from '../../../src/anthropic/errors.ts';
import type { MessageEvent } from '../../../src/anthropic/events.ts';
import type { AnswerPlan } from '../../../src/translate/context.ts';
import { foldEvents } from '../../../src/translate/response/message.ts';
import type { TurnEvent } from '../../../src/translate/response/turn.ts';
import { violations } from '../../support/answers/laws.ts';
import { call, run, STOP, shape, text, thinking } from '../../support/answers/turns.ts';

describe('what the client sees of a turn', () => {
  const cases: [name: string, turn: TurnEvent[], change: Partial<AnswerPlan>, blocks: string[]][] = [
    ['plain text', [text('a'), text('b'), STOP], {}, ['text:ab']],
    ['thoughts shown', [thinking('h'), text('a'), STOP], {}, ['thinking:h:none', 'text:a']],
    ['thoughts hidden', [thinking('h'), text('a'), STOP], { thinking: 'hidden' }, ['text:a']],
    [
      'thoughts omitted',
      [thinking('h'), text('a'), STOP],
      { thinking: 'omitted' },
      ['thinking::none', 'text:a'],
    ],
    ['signed call after thoughts', [thinking('h'), call('s'), STOP], {}, ['thinking:h:call', 'call:Bash']],
    ['signed call, no thoughts: a carrier', [call('s'), STOP], {}, ['thinking::call', 'call:Bash']],
    ['signed call, thinking not asked for', [call('s'), STOP], { thinking: 'hidden' }, ['call:Bash']],
    [
      'parallel calls: the first is signed',
      [call('s'), call(), STOP],
      {},
      ['thinking::call', 'call:Bash', 'call:Bash'],
    ],
    [
      'text before a signed call',
      [text('a'), call('s'), STOP],
      {},
      ['text:a', 'thinking::call', 'call:Bash'],
    ],
    [
      'first text signed: a carrier before it',
      [text('a', 's'), text('b'), STOP],
      {},
      ['thinking::text', 'text:ab'],
    ],
    ['later text signed: no carrier', [text('a'), text('b', 's'), STOP], {}, ['text:ab']],
    ['closing signature: no carrier at the end', [text('a'), text('', 's'), STOP], {}, ['text:a']],
    [
      'thoughts between texts',
      [text('a'), thinking('h'), text('b'), STOP],
      {},
      ['text:a', 'thinking:h:none', 'text:b'],
    ],
    ['thoughts after the last text: left out', [text('a'), thinking('h'), STOP], {}, ['text:a']],
    [
      'omitted thoughts between texts',
      [text('a'), thinking('h'), text('b'), STOP],
      { thinking: 'omitted' },
      ['text:ab'],
    ],
    ['text after a call', [call(), text('a'), STOP], {}, ['call:Bash', 'text:a']],
    [
      'omitted thoughts alone leave no thinking block at the end',
      [thinking('h'), { type: 'finish', finish: { kind: 'finished', reason: 'MAX_TOKENS' } }],
      { thinking: 'omitted' },
      [],
    ],
  ];
  for (const [name, turn, change, blocks] of cases) {
    test(name, () => {
      const { events } = run(turn, change);
      expect(violations(events)).toEqual([]);
      expect(shape(events)).toEqual(blocks);
    });
  }
});

describe('stop reasons', () => {
  const cases: [reason: string, turn: TurnEvent[], expected: string][] = [
    ['STOP', [text('a')], 'end_turn'],
    ['STOP', [call()], 'tool_use'],
    ['MAX_TOKENS', [text('a')], 'max_tokens'],
    ['MAX_TOKENS', [call()], 'max_tokens'],
    ['CONTINUATION', [text('a')], 'max_tokens'],
    ['SAFETY', [text('a')], 'refusal'],
    ['RECITATION', [], 'refusal'],
    ['A_NEW_ONE', [text('a')], 'refusal'],
    ['OTHER', [text('a')], 'refusal'],
    ['PUP_LIMITED_DISABLED', [text('a')], 'refusal'],
  ];
  for (const [reason, turn, expected] of cases) {
    test(`${reason} after ${turn[0]?.type ?? 'nothing'} → ${expected}`, () => {
      const { events } = run([
        ...turn,
        { type: 'finish', finish: { kind: 'finished', reason, message: 'why' } },
      ]);
      const message = foldEvents(events);
      expect(message.stop_reason as string).toBe(expected);
      expect(message.stop_details?.explanation.includes('why') ?? false).toBe(expected === 'refusal');
    });
  }

  test('a blocked prompt is a refusal that says why', () => {
    const { events } = run([{ type: 'finish', finish: { kind: 'blocked', reason: 'SAFETY' } }]);
    expect(foldEvents(events)).toMatchObject({
      stop_reason: 'refusal',
      stop_details: { type: 'refusal', category: null },
    });
  });
});

describe('the ending', () => {
  test('carries the last usage', () => {
    const usage = {
      promptTokenCount: 100,
      cachedContentTokenCount: 60,
      toolUsePromptTokenCount: 5,
      candidatesTokenCount: 7,
      thoughtsTokenCount: 3,
    };
    const { events } = run([
      { type: 'usage', usage: { promptTokenCount: 1 } },
      text('a'),
      { type: 'usage', usage },
      STOP,
    ]);
    expect(foldEvents(events).usage).toMatchObject({
      input_tokens: 45,
      cache_read_input_tokens: 60,
      output_tokens: 10,
      output_tokens_details: { thinking_tokens: 3 },
    });
  });

  test('a full window is told as such', () => {
    const usage: TurnEvent = { type: 'usage', usage: { totalTokenCount: 1_048_576 } };
    const { events } = run([
      text('a'),
      usage,
      { type: 'finish', finish: { kind: 'finished', reason: 'MAX_TOKENS' } },
    ]);
    expect(foldEvents(events).stop_reason).toBe('model_context_window_exceeded');
  });

  test('answers safeguards and context_management when they were asked for', () => {
    const { events } = run([text('a'), STOP], {
      appliedEdits: [],
      safeguards: ['dangerous_tool_use'],
    });
    expect(foldEvents(events)).toMatchObject({
      context_management: { applied_edits: [] },
      safeguard_results: [
        { type: 'dangerous_tool_use', status: { type: 'unavailable', reason: 'disabled' } },
      ],
    });
  });

  test('a failure told in the stream is one that the client retries', () => {
    const { answer } = run([text('a')]);
    const events = answer.fail(new MessagesError('rate_limit_error', 'quota', { retryAfter: 3 }), 'req_1');
    expect(events).toMatchObject([{ type: 'error', error: { type: 'overloaded_error', message: 'quota' } }]);
    expect(answer.fail(new MessagesError('api_error', 'again'), 'req_1')).toEqual([]);
  });

  test('what the client did wrong keeps its type in the stream', () => {
    const { answer } = run([]);
    expect(answer.fail(new MessagesError('invalid_request_error', 'no'), 'req_1')).toMatchObject([
      { error: { type: 'invalid_request_error' } },
    ]);
  });
});

describe('keep-alive', () => {
  const cases: [name: string, turn: TurnEvent[], expected: unknown[]][] = [
    ['between blocks: a ping', [], [{ type: 'ping' }]],
    [
      'in text: an empty text delta',
      [text('a')],
      [{ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: '' } }],
    ],
    [
      'in thinking: an empty thinking delta',
      [thinking('a')],
      [{ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: '' } }],
    ],
    ['after the end: nothing', [text('a'), STOP], []],
  ];
  for (const [name, turn, expected] of cases) {
    test(name, () => expect(run(turn).answer.keepAlive()).toEqual(expected as MessageEvent[]));
  }
});
