import { describe, expect, test } from 'bun:test';
import type { Changes, Pair } from '../../../src/inspector/shapes.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { answers, told } from '../../support/changes-told.ts';
import { googleError, googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const call = (id: string, input: unknown = { path: 'a.ts' }) => ({
  type: 'tool_use',
  id,
  name: 'Read',
  input,
});
const result = (id: string, content = 'text') => ({ type: 'tool_result', tool_use_id: id, content });
const Read = { name: 'Read', input_schema: { type: 'object', properties: { path: { type: 'string' } } } };
const looping = {
  name: 'plan',
  input_schema: {
    type: 'object',
    properties: { steps: { type: 'array', items: { $ref: '#/$defs/Missing' } } },
  },
};

const signsOf = ({ lines }: Pair['came']) => [...new Set(lines.map(({ sign }) => sign))].sort().join('');
const textOf = ({ lines }: Pair['came']) => lines.map(({ text }) => text).join('\n');

/** Each code of a warning about a request: what causes it, and where either side of it stands. */
const PLACES: readonly (readonly [
  code: string,
  body: object,
  came: { place: string; signs: string; holds: RegExp },
  sent: { place: string; signs: string; holds: RegExp },
])[] = [
  [
    'value-clamped',
    { model: 'gemini-3.8-flash', max_tokens: 900_000 },
    { place: 'max_tokens', signs: '~', holds: /"max_tokens": 900000/ },
    { place: 'generationConfig.maxOutputTokens', signs: '~', holds: /"maxOutputTokens": \d+/ },
  ],
  [
    'field-ignored',
    { top_k: 5 },
    { place: 'top_k', signs: '-', holds: /"top_k": 5/ },
    { place: 'nothing', signs: '', holds: /^$/ },
  ],
  [
    'tool-changed',
    { tools: [Read, looping] },
    { place: 'tools.1 · plan', signs: ' -', holds: /\$ref/ },
    { place: 'tools.0.functionDeclarations.1', signs: ' +', holds: /"items": \{\}/ },
  ],
  [
    'history-repaired',
    {
      tools: [Read],
      messages: [user('a'), assistant([call('toolu_1'), call('toolu_2')]), user([result('toolu_1')])],
    },
    {
      place: 'messages.1.content.1 · assistant',
      signs: ' -',
      holds: /toolu_2[\s\S]*answered as interrupted/,
    },
    { place: 'contents.2', signs: '+', holds: /"functionResponse"/ },
  ],
  [
    'content-changed',
    {
      tools: [Read],
      messages: [user('a'), assistant([call('toolu_1', 'no object')]), user([result('toolu_1')])],
    },
    { place: 'messages.1.content.0 · assistant', signs: '~', holds: /no object/ },
    { place: 'contents.1', signs: '~', holds: /"functionCall"/ },
  ],
  [
    'stand-in-signature',
    { tools: [Read], messages: [user('a'), assistant([call('toolu_1')]), user([result('toolu_1')])] },
    { place: 'messages.1 · assistant', signs: ' ', holds: /"tool_use"/ },
    { place: 'contents.1', signs: ' +', holds: /"thoughtSignature"/ },
  ],
];

describe('what was changed', () => {
  test.each(PLACES)('%s stands at its place on both sides', async (code, body, came, sent) => {
    const { detail, changes } = await told(body);
    const { number } = detail.warnings.find((warning) => warning.code === code) ?? {};
    const pair = changes.pairs.find(({ warnings }) => warnings.includes(number ?? 0));
    if (!pair) throw new Error(`no pair for ${code}: ${JSON.stringify(detail.warnings)}`);
    expect([pair.came.place, signsOf(pair.came)]).toEqual([came.place, came.signs]);
    expect(textOf(pair.came)).toMatch(came.holds);
    expect([pair.sent.place, signsOf(pair.sent)]).toEqual([sent.place, sent.signs]);
    expect(textOf(pair.sent)).toMatch(sent.holds);
  });

  const thinking = (text: string, signature = 'Eo8BCkYIBRgC') => ({
    type: 'thinking',
    thinking: text,
    signature,
  });
  const removed = ({ lines }: Pair['came']) =>
    lines.flatMap(({ sign, text }) => (sign === '-' ? [text.trim()] : []));

  test('a thinking block that is not sent is marked whole, and nothing is said of who wrote it', async () => {
    const { detail, changes } = await told({
      messages: [
        user('a'),
        assistant([thinking('first idea'), { type: 'text', text: 'said' }]),
        user('b'),
        assistant([{ type: 'text', text: 'no thought' }]),
        user('c'),
      ],
    });
    const [warning] = detail.warnings.filter(({ code }) => code === 'signature');
    expect(`${warning?.words}: ${warning?.detail}`).not.toMatch(/another model|signature of a thought/);
    const pair = changes.pairs.find(({ warnings }) => warnings.includes(warning?.number ?? 0));
    expect(pair?.came.place).toBe('messages.1 · assistant');
    expect(removed(pair?.came ?? { place: '', lines: [] }).join(' ')).toMatch(
      /"type": "thinking".*"thinking": "first idea".*"signature": "Eo8BCkYIBRgC"/,
    );
    expect(removed(pair?.came ?? { place: '', lines: [] }).join(' ')).not.toContain('said');
    expect(changes.sent.text).not.toContain('first idea');
  });

  test('a signature that was sent is not marked, though the thinking beside it was not sent', async () => {
    const signed = {
      text: 'Hello.',
      thoughtSignature: Buffer.from('a signature of Gemini').toString('base64'),
    };
    const speaks: Fetch = async () =>
      googleStream({
        candidates: [
          {
            content: { role: 'model', parts: [{ text: 'an idea', thought: true }, signed] },
            finishReason: 'STOP',
          },
        ],
      });
    await using proxy = await startProxy({ fetch: speaks });
    const thinks = { thinking: { type: 'adaptive', display: 'summarized' } };
    const { content } = await (await proxy.send('/v1/messages', { ...hello, ...thinks })).json();
    const own = assistant([thinking('of another'), ...content]);
    const { changes } = await told({ ...thinks, messages: [user('hello'), own, user('more')] }, speaks);
    const pair = changes.pairs.find(({ came }) => came.place === 'messages.1 · assistant');
    const marked = removed(pair?.came ?? { place: '', lines: [] }).join(' ');
    expect(marked).toContain('of another');
    expect(marked).toContain('an idea');
    expect(textOf(pair?.sent ?? { place: '', lines: [] })).toContain(signed.thoughtSignature);
    expect(signsOf(pair?.sent ?? { place: '', lines: [] })).toBe(' ');
    const signatures = marked.match(/"signature"/g) ?? [];
    expect(signatures).toHaveLength(1);
  });

  test('where thoughts and a signature of a call were lost, each is shown where that happened', async () => {
    const { detail, changes } = await told({
      tools: [Read],
      messages: [
        user('a'),
        assistant([thinking('first idea'), { type: 'text', text: 'said' }]),
        user('b'),
        assistant([call('toolu_1')]),
        user([result('toolu_1')]),
      ],
    });
    const placeOf = (code: string) => {
      const { number = 0 } = detail.warnings.find((warning) => warning.code === code) ?? {};
      return changes.pairs.find(({ warnings }) => warnings.includes(number))?.came.place;
    };
    expect([placeOf('signature'), placeOf('stand-in-signature')]).toEqual([
      'messages.1 · assistant',
      'messages.3 · assistant',
    ]);
  });

  const summed = ({ pairs }: Changes) =>
    pairs.flatMap(({ unwarned: one }) => (one ? [`${one.sign} ${one.says}: ${one.why ?? ''}`] : []));

  const UNWARNED: readonly (readonly [name: string, body: object, told: readonly RegExp[]])[] = [
    [
      'room for thinking is added to a small limit',
      { model: 'gemini-3.8-flash', max_tokens: 200 },
      [
        /^~ max_tokens 200 → \d+: room for thinking/,
        /^\+ thinkingConfig \{.*"thinkingLevel":"\w+"\}: the client does not ask .* is the least$/,
      ],
    ],
    [
      'a budget of thinking is told as a level',
      {
        model: 'gemini-3.8-flash',
        max_tokens: 60_000,
        thinking: { type: 'enabled', budget_tokens: 24_576 },
      },
      [/^~ thinking → thinkingConfig \{.*"high".*\}: .*own measure$/],
    ],
    [
      'an effort is told as a level',
      { model: 'gemini-3.8-flash', max_tokens: 10, output_config: { effort: 'high' } },
      [/^~ max_tokens 10 → 24586: room/, /^~ output_config.effort → thinkingConfig \{.*"high".*\}/],
    ],
    [
      'a value without a meaning at Gemini is left out',
      { model: 'gemini-2.5-flash', top_k: 0, thinking: { type: 'disabled' } },
      [/^- top_k 0: $/, /^~ thinking → thinkingConfig \{"thinkingBudget":0\}: .*would think unasked$/],
    ],
    [
      'a setting of tools that nobody chose is added',
      {
        model: 'gemini-3.8-flash',
        max_tokens: 8,
        tools: [Read, { type: 'web_search_20250305', name: 'web_search' }],
      },
      [/^~ max_tokens 8 → /, /^\+ thinkingConfig/, /^\+ toolConfig: $/],
    ],
  ];

  test.each(UNWARNED)('%s', async (_name, body, wanted) => {
    const { changes } = await told(body);
    const said = summed(changes);
    expect(said).toHaveLength(wanted.length);
    for (const [at, pattern] of wanted.entries()) expect(said[at]).toMatch(pattern);
    for (const field of ['max_tokens', 'thinking', 'top_k'])
      expect(changes.unchanged.includes(field)).toBe(
        Object.hasOwn({ ...hello, ...body }, field) && !said.some((line) => line.includes(` ${field} `)),
      );
  });

  test('nothing is told of an answer in which nothing was changed', async () => {
    expect((await told({ top_k: 5 })).changes.answer).toEqual([]);
  });

  const chunks: Fetch = async () => googleStream(textChunk('abc '), textChunk('XYZZY def', 'STOP'));
  test.each<[string, object, Fetch, Changes['text']]>([
    ['is the same', {}, chunks, { is: 'same', sent: 13, got: 13 }],
    ['is cut at a stop sequence', { stop_sequences: ['XYZZY'] }, chunks, { is: 'cut', sent: 13, got: 4 }],
    [
      'is not there',
      {},
      async () => googleStream({ candidates: [{ index: 0, finishReason: 'SAFETY' }] }),
      undefined,
    ],
  ])('the text of the answer %s', async (_name, body, fetch, text) => {
    const { changes, detail } = await told(body, fetch);
    expect(changes.text).toEqual(text);
    const end = detail.lines.find(({ label }) => label === 'End');
    expect(end?.text.includes('found by the proxy')).toBe(text?.is === 'cut');
  });

  test('what a warning tells is told once', async () => {
    const { changes } = await told({ model: 'gemini-3.8-flash', max_tokens: 900_000 });
    expect(summed(changes).filter((line) => line.includes('max_tokens'))).toEqual([]);
  });

  test('a message in a long history finds its content, whatever stands before it', async () => {
    const history = Array.from({ length: 5 }, (_, at) => [
      user(at === 0 ? 'start' : [result(`toolu_${at - 1}`)]),
      assistant([{ type: 'text', text: `step ${at}` }, call(`toolu_${at}`, at === 3 ? 'no object' : {})]),
    ]).flat();
    const { changes } = await told({ tools: [Read], messages: [...history, user([result('toolu_4')])] });
    const pair = changes.pairs.find(({ came }) => came.place === 'messages.7.content.1 · assistant');
    expect(pair?.sent.place).toBe('contents.7');
    expect(textOf(pair?.sent ?? { place: '', lines: [] })).toContain('step 3');
  });

  test('what was not changed is told as such; messages in a row are one', async () => {
    const { changes } = await told({
      top_k: 5,
      messages: [user('a'), assistant('b'), user('c')],
      tools: [Read, looping],
    });
    expect(changes.unchanged).toEqual(['messages.0 – messages.2', '1 tool']);
    expect([changes.cameBytes > 100, changes.sentBytes > 100]).toEqual([true, true]);
  });

  const FIELDS: readonly (readonly [name: string, body: object, is: Partial<Changes>])[] = [
    [
      'fields that Gemini has no place for',
      {
        metadata: { user_id: 'u' },
        service_tier: 'auto',
        context_management: { edits: [] },
        tool_choice: { type: 'auto', disable_parallel_tool_use: false },
      },
      {
        unsent: [
          'metadata',
          'service_tier',
          'context_management',
          'tool_choice.type',
          'tool_choice.disable_parallel_tool_use',
        ],
      },
    ],
    [
      'what the proxy does itself',
      {
        tools: [Read],
        stop_sequences: ['XYZZY'],
        tool_choice: { type: 'any', disable_parallel_tool_use: true },
      },
      {
        unchanged: ['max_tokens', 'messages.0', '1 tool', 'tool_choice.type'],
        kept: ['stream', 'stop_sequences', 'tool_choice.disable_parallel_tool_use'],
        unsent: [],
      },
    ],
    [
      'thinking of earlier turns',
      { messages: [user('a'), assistant([thinking('idea'), { type: 'text', text: 'b' }]), user('c')] },
      { unchanged: ['max_tokens', 'messages.0 – messages.2'], unsent: ['the thinking in messages.1'] },
    ],
    [
      'an empty list of stop sequences',
      { stop_sequences: [] },
      { kept: ['stream'], unsent: ['stop_sequences'] },
    ],
    ['the model, where Gemini is asked for it', { model: 'gemini-2.5-flash' }, { unsent: [] }],
  ];

  test.each(FIELDS)('it is told of %s whether they were sent', async (_name, body, is) => {
    const { changes } = await told({ model: 'gemini-2.5-flash', ...body });
    const { unchanged, kept, unsent } = changes;
    const three = { unchanged: unchanged.filter((one) => one !== 'model'), kept, unsent };
    expect(unchanged).toContain('model');
    expect(three).toMatchObject(is);
  });

  test('another model than the client names is told as a change', async () => {
    const { changes, detail } = await told({});
    expect(summed(changes)).toContain(`~ model claude-opus-5-5 → ${detail.row.answered}: `);
    expect(changes.unchanged).not.toContain('model');
  });

  test('each change has a number, with a warning or without', async () => {
    const { changes, detail } = await told({ top_k: 5 });
    const numbers = changes.pairs.flatMap(({ warnings, unwarned }) => [
      ...warnings,
      ...(unwarned ? [unwarned.number] : []),
    ]);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(numbers.length).toBeGreaterThan(detail.warnings.length);
  });

  test('another model than the one that should have answered matters', async () => {
    const left = [
      googleError(404, 'NOT_FOUND', 'models/gemini-4-argon is not found'),
      googleStream(textChunk('hi', 'STOP')),
    ];
    const { changes, detail } = await told({}, async () => left.shift() ?? googleError(500, 'INTERNAL', 'x'));
    const { replaced, answered } = detail.row;
    expect(replaced).toBeString();
    expect(summed(changes)).toContain(
      `~ model claude-opus-5-5 → ${answered}: it stands in for ${replaced}, which should have answered`,
    );
    expect(changes.pairs.filter(({ unwarned }) => unwarned?.matters)).toHaveLength(1);
  });

  test('each beta of the header is told: read by the proxy, or not sent', async () => {
    const betas = { 'anthropic-beta': 'nobody-knows-2031-01-01, advisor-tool-2026-03-01' };
    const { changes } = await told({}, answers, undefined, betas);
    expect(changes.unsent).toEqual(['anthropic-beta: nobody-knows-2031-01-01']);
    expect(changes.kept).toEqual(['stream', 'anthropic-beta: advisor-tool-2026-03-01']);
  });

  test('nothing is said of the fields of a request that was not sent', async () => {
    const { changes } = await told({ messages: [] }, answers, 0);
    expect([changes.sentBytes, changes.unchanged, changes.kept, changes.unsent]).toEqual([0, [], [], []]);
  });

  test('each attempt has the body that was sent then', async () => {
    const refused = () =>
      googleError(
        400,
        'INVALID_ARGUMENT',
        'Thinking level MEDIUM is not supported for this model. Please retry with other thinking level.',
      );
    const left = [refused(), googleStream(textChunk('hi', 'STOP'))];
    const google: Fetch = async () => left.shift() ?? googleError(500, 'INTERNAL', 'nothing left');
    const body = { thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } };
    const first = await told(body, google, 1);
    expect(first.detail.attempts).toHaveLength(2);
    left.push(refused(), googleStream(textChunk('hi', 'STOP')));
    const second = await told(body, google, 2);
    expect(first.changes.sent.text).toContain('thinkingLevel');
    expect(second.changes.sent.text).not.toContain('thinkingLevel');
    const mended = second.detail.warnings.find(({ detail }) => detail.includes('refused by Gemini'));
    expect(mended?.attempt).toBe(2);
    expect(first.changes.pairs.flatMap(({ warnings }) => warnings)).not.toContain(mended?.number);
    expect(second.changes.pairs.flatMap(({ warnings }) => warnings)).toContain(mended?.number ?? 0);
  });
});
