/** The edits of `context_management`: what is cleared, what stays, and what the client is told about it. */
import { describe, expect, test } from 'bun:test';
import type { ContentBlock } from '../../../src/anthropic/content.ts';
import type { Message, MessagesRequest } from '../../../src/anthropic/request.ts';
import { parseMessagesRequest } from '../../../src/anthropic/validate.ts';
import { estimateTokens } from '../../../src/gemini/estimate/request-size.ts';
import type { GenerateContentRequest, RequestPart } from '../../../src/gemini/wire.ts';
import { CLEARED_RESULT } from '../../../src/translate/edits/cleared.ts';
import { toGeminiRequest } from '../../../src/translate/request/index.ts';
import { callContentKey, callKey, sealEnvelope } from '../../../src/translate/signatures.ts';
import { call, model, result, say, user } from '../../support/history.ts';
import { contextFor, deepFreeze, ORIGIN, requestOf } from '../../support/translation.ts';

const LONG = 'word '.repeat(400);

/** Five calls after a question. `names` gives the tool of each. */
const uses = (names = 'abcde'): Message[] => [
  user(say('go')),
  ...[...names].flatMap((name, index) => [
    model({ ...call(`id${index}`, { given: LONG }), name } as ContentBlock),
    user(result(`id${index}`, `${LONG}${index}`)),
  ]),
];

type Edit = { type: string } & Record<string, unknown>;

function edited(edit: Edit | Edit[], messages = uses(), more: Partial<MessagesRequest> = {}, context = {}) {
  const edits = Array.isArray(edit) ? edit : [edit];
  const request = parseMessagesRequest(
    deepFreeze(requestOf({ messages, context_management: { edits }, ...more })),
  );
  const { body, plan, warnings } = toGeminiRequest(request, contextFor('gemini-4-argon', context));
  const parts = body.contents.flatMap(({ parts: some }) => some);
  const responses = parts.flatMap(({ functionResponse }) => (functionResponse ? [functionResponse] : []));
  const told = warnings.filter(({ code }) => code !== 'stand-in-signature');
  return { body, plan, warnings: told, parts, responses };
}

const isCleared = ({ response }: { response: unknown }) =>
  JSON.stringify(response) === JSON.stringify({ output: CLEARED_RESULT });
const inputs = (parts: readonly RequestPart[]) =>
  parts.flatMap(({ functionCall }) =>
    functionCall ? [Object.keys(functionCall.args ?? {}).length > 0] : [],
  );

const TOOLS = 'clear_tool_uses_20250919';
const by = (type: string, value: number) => ({ type, value });
const now = { trigger: by('tool_uses', 1) };

describe('clear_tool_uses', () => {
  test.each<[string, object, string]>([
    ['all but the last three', now, 'xx...'],
    ['all but as many as are to be kept', { ...now, keep: by('tool_uses', 1) }, 'xxxx.'],
    ['all', { ...now, keep: by('tool_uses', 0) }, 'xxxxx'],
    ['none where more are kept than there are', { ...now, keep: by('tool_uses', 9) }, '.....'],
    ['none at the number of the trigger', { trigger: by('tool_uses', 5), keep: by('tool_uses', 0) }, '.....'],
    ['from one more on', { trigger: by('tool_uses', 4), keep: by('tool_uses', 0) }, 'xxxxx'],
    ['by tokens', { trigger: by('input_tokens', 2_000), keep: by('tool_uses', 4) }, 'x....'],
    ['none below the tokens of the trigger', { trigger: by('input_tokens', 20_000) }, '.....'],
    ['none below 100,000 tokens by default', { keep: by('tool_uses', 0) }, '.....'],
    ['not those of excluded tools', { ...now, exclude_tools: ['a'] }, '.x...'],
    ['none where too little would be saved', { ...now, clear_at_least: by('input_tokens', 9_000) }, '.....'],
    ['where enough is saved', { ...now, clear_at_least: by('input_tokens', 500) }, 'xx...'],
    ['null stands for the default', { ...now, keep: null, exclude_tools: null }, 'xx...'],
  ])('clears %s', (_, edit, expected) => {
    const { responses, plan, warnings } = edited({ type: TOOLS, ...edit });
    expect(responses.map((response) => (isCleared(response) ? 'x' : '.')).join('')).toBe(expected);
    const count = expected.replaceAll('.', '').length;
    expect(plan.appliedEdits?.map(({ type }) => type)).toEqual(count > 0 ? [TOOLS] : []);
    expect(plan.appliedEdits?.[0]).toEqual(
      count > 0 ? expect.objectContaining({ cleared_tool_uses: count }) : undefined,
    );
    expect(warnings).toEqual([]);
  });

  test.each<[string, unknown, boolean[]]>([
    ['the arguments stay', undefined, [true, true, true, true, true]],
    ['the arguments go too', true, [false, false, true, true, true]],
    ['those of named tools go', ['b', 'e'], [true, false, true, true, true]],
  ])('of the cleared calls %s', (_, clear_tool_inputs, expected) => {
    const { parts, body } = edited({ type: TOOLS, ...now, clear_tool_inputs });
    expect(inputs(parts)).toEqual(expected);
    expect(body.contents.map(({ role }) => role)).toEqual(
      Array(11).fill(['user', 'model']).flat().slice(0, 11),
    );
  });

  test('tells the tokens by which the request has become smaller', () => {
    const whole = edited({ type: TOOLS, keep: by('tool_uses', 0) });
    const less = edited({ type: TOOLS, ...now, keep: by('tool_uses', 0), clear_tool_inputs: true });
    const estimate = (body: GenerateContentRequest) => estimateTokens(body, contextFor().model);
    const frame = ({ generationConfig: _, ...rest }: typeof whole.body) => rest;
    expect(less.plan.appliedEdits).toEqual([
      {
        type: TOOLS,
        cleared_tool_uses: 5,
        cleared_input_tokens: estimate(frame(whole.body)) - estimate(frame(less.body)),
      },
    ]);
  });

  test('each call keeps its place, its response and its signature', () => {
    const stored = (id: string) =>
      [
        callKey(id),
        sealEnvelope({ ...ORIGIN, place: { on: 'call', toolId: id }, signature: `of ${id}` }),
      ] as const;
    const { parts, responses } = edited(
      { type: TOOLS, ...now, keep: by('tool_uses', 0), clear_tool_inputs: true },
      uses(),
      {},
      { signatures: new Map(['id0', 'id1', 'id2', 'id3', 'id4'].map(stored)) },
    );
    const calls = parts.flatMap((part) => (part.functionCall ? [part] : []));
    expect(calls.map(({ thoughtSignature }) => thoughtSignature)).toEqual([
      'of id0',
      'of id1',
      'of id2',
      'of id3',
      'of id4',
    ]);
    expect(responses.map(({ id }) => id)).toEqual(calls.map(({ functionCall }) => functionCall?.id));
  });

  test('a signature that is known by the arguments is found although they are not sent', () => {
    const key = callContentKey('a', { given: LONG });
    const envelope = sealEnvelope({ ...ORIGIN, place: { on: 'call', toolId: 'x' }, signature: 'kept' });
    const { parts } = edited(
      { type: TOOLS, ...now, keep: by('tool_uses', 0), clear_tool_inputs: true },
      uses('ab'),
      {},
      { signatures: new Map([[key, envelope]]) },
    );
    const [first] = parts.filter(({ functionCall }) => functionCall);
    expect(first).toMatchObject({ functionCall: { args: {} }, thoughtSignature: 'kept' });
  });

  test('a tool that a cleared result has loaded stays loaded', () => {
    const tools = [
      { name: 'Late', input_schema: { type: 'object' }, defer_loading: true },
      { name: 'Bash', input_schema: { type: 'object' } },
    ];
    const loading: ContentBlock = {
      type: 'tool_result',
      tool_use_id: 'id0',
      content: [{ type: 'tool_reference', tool_name: 'Late' }],
    };
    const messages = [
      user(say('go')),
      model(call('id0')),
      user(loading),
      model(call('id1')),
      user(result('id1')),
    ];
    const { body, responses } = edited({ type: TOOLS, ...now, keep: by('tool_uses', 0) }, messages, {
      tools,
    });
    expect(responses.every(isCleared)).toBe(true);
    expect(body.tools?.[0]?.functionDeclarations?.map(({ name }) => name)).toEqual(['Bash', 'Late']);
  });

  test('a failed call stays a failed one', () => {
    const failed = { ...result('id0', LONG), is_error: true } as ContentBlock;
    const messages = [
      user(say('go')),
      model(call('id0')),
      user(failed),
      model(call('id1')),
      user(result('id1')),
    ];
    const { responses } = edited({ type: TOOLS, ...now, keep: by('tool_uses', 1) }, messages);
    expect(responses[0]?.response).toEqual({ error: CLEARED_RESULT });
  });
});

const thinks = (words: string): ContentBlock => ({ type: 'thinking', thinking: words, signature: '' });

describe('clear_thinking', () => {
  /** Three turns that think; the last one goes on over a call. */
  const messages = [
    user(say('one')),
    model(thinks(LONG), say('1')),
    user(say('two')),
    model(thinks('b'), say('2')),
    user(say('three')),
    model(thinks('c'), call('id0')),
    user(result('id0')),
    model(thinks('d'), call('id1')),
    user(result('id1')),
  ];
  const THINKING = 'clear_thinking_20251015';

  test.each<[string, unknown, number]>([
    ['all but the last turn by default', undefined, 2],
    ['all but the last turns', { type: 'thinking_turns', value: 2 }, 1],
    ['none', { type: 'thinking_turns', value: 3 }, 0],
    ['none where all are kept', 'all', 0],
    ['none where all are kept, in the long form', { type: 'all' }, 0],
  ])('clears %s', (_, keep, turns) => {
    const { plan } = edited({ type: THINKING, keep }, messages);
    expect(plan.appliedEdits).toEqual(
      turns === 0
        ? []
        : [{ type: THINKING, cleared_thinking_turns: turns, cleared_input_tokens: expect.any(Number) }],
    );
  });

  test('tells the tokens of the words, which Gemini is not sent in any case', () => {
    const few = edited({ type: THINKING, keep: by('thinking_turns', 2) }, messages);
    const [applied] = few.plan.appliedEdits ?? [];
    expect(applied?.cleared_input_tokens).toBeGreaterThan(LONG.length / 8);
    expect(few.body).toEqual(edited({ type: THINKING, keep: 'all' }, messages).body);
  });

  test('stands before the clearing of tool uses', () => {
    const { plan } = edited(
      [{ type: THINKING }, { type: TOOLS, ...now, keep: by('tool_uses', 0) }],
      messages,
    );
    expect(plan.appliedEdits?.map(({ type }) => type)).toEqual([THINKING, TOOLS]);
  });
});

describe('compact', () => {
  test.each<[string, object, unknown]>([
    ['not below the trigger', { trigger: by('input_tokens', 50_000) }, undefined],
    ['not below 150,000 tokens by default', {}, undefined],
    [
      'above the trigger',
      { trigger: by('input_tokens', 1_000), instructions: 'Be short.' },
      { instructions: 'Be short.', pause: false },
    ],
    [
      'with a pause',
      { trigger: by('input_tokens', 1_000), instructions: ' ', pause_after_compaction: true },
      { instructions: undefined, pause: true },
    ],
  ])('a conversation is summarised first: %s', (_, edit, expected) => {
    const { plan } = edited({ type: 'compact_20260112', ...edit });
    expect(plan.compactFirst as unknown).toEqual(expected);
    expect(plan.appliedEdits).toEqual([]);
  });

  test('not where clearing has made it small enough', () => {
    const { plan } = edited([
      { type: TOOLS, ...now, keep: by('tool_uses', 0), clear_tool_inputs: true },
      { type: 'compact_20260112', trigger: by('input_tokens', 1_000) },
    ]);
    expect(plan.compactFirst).toBeUndefined();
  });
});

test('without edits nothing is told', () => {
  const { plan } = toGeminiRequest(requestOf({ messages: uses() }), contextFor());
  expect(plan.appliedEdits).toBeUndefined();
});

describe('refused', () => {
  test.each<[string, Edit | Edit[]]>([
    [
      "context_management.edits.0: Input tag 'forget_20270101' found using 'type' does not match any of the expected tags: 'clear_thinking_20251015', 'clear_tool_uses_20250919', 'compact_20260112'",
      { type: 'forget_20270101' },
    ],
    [
      'context_management: `clear_thinking_20251015` must be the first strategy in `context_management.edits` when provided',
      [{ type: TOOLS }, { type: 'clear_thinking_20251015' }],
    ],
    [
      'context_management.edits.0.clear_tool_uses_20250919.keep.tool_uses.value: Input should be a valid integer',
      { type: TOOLS, keep: { type: 'tool_uses', value: 'x' } },
    ],
    [
      "context_management.edits.0.clear_tool_uses_20250919.trigger: Input tag 'words' found using 'type' does not match any of the expected tags: 'input_tokens', 'tool_uses'",
      { type: TOOLS, trigger: { type: 'words', value: 1 } },
    ],
    [
      'context_management.edits.0.compact_20260112.trigger.input_tokens.value: Input should be greater than or equal to 1',
      { type: 'compact_20260112', trigger: by('input_tokens', 0) },
    ],
  ])('%s', (message, edit) => {
    expect(() => edited(edit)).toThrow(message);
  });

  test('not an unknown edit that only clears', () => {
    const { warnings } = edited({ type: 'clear_images_20270101' });
    expect(warnings).toEqual([
      {
        code: 'field-ignored',
        path: 'context_management.edits.0',
        detail: 'clear_images_20270101 is not known here: it is not applied',
      },
    ]);
  });
});
