/** Edited histories over HTTP: what Gemini is sent, what the client is told, and the turn after that. */
import { expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import type { GenerateContentRequest } from '../../../src/gemini/wire.ts';
import { CLEARED_RESULT } from '../../../src/translate/edits/cleared.ts';
import { type Script, says, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { googleStream, hello, textChunk } from '../../support/proxy.ts';

const LONG = 'word '.repeat(500);
const use = (id: string) => [
  { role: 'assistant', content: [{ type: 'tool_use', id, name: 'Read', input: { path: id } }] },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: `${id} ${LONG}` }] },
];
const history = [...hello.messages, ...use('a'), ...use('b'), ...use('c')];
const clearing = (keep: number) => ({
  context_management: {
    edits: [
      {
        type: 'clear_tool_uses_20250919',
        trigger: { type: 'tool_uses', value: 1 },
        keep: { type: 'tool_uses', value: keep },
      },
    ],
  },
});

test('a history that comes again is edited anew, and whole again without edits', async () => {
  const google = scriptedGoogle((asked) => says(asked));
  await using proxy = await google.start();
  const results = async (changes: object) => {
    await (await proxy.send('/v1/messages', { ...hello, messages: history, ...changes })).text();
    const { contents } = JSON.parse(google.asked.at(-1)?.body ?? '{}') as GenerateContentRequest;
    return contents
      .flatMap(({ parts }) => parts.flatMap(({ functionResponse }) => functionResponse?.response ?? []))
      .map((response) => (JSON.stringify(response).includes(CLEARED_RESULT) ? 'cleared' : 'whole'));
  };
  expect(await results(clearing(2))).toEqual(['cleared', 'whole', 'whole']);
  expect(await results(clearing(0))).toEqual(['cleared', 'cleared', 'cleared']);
  expect(await results({})).toEqual(['whole', 'whole', 'whole']);
  expect(await results(clearing(2))).toEqual(['cleared', 'whole', 'whole']);
});

test('what was cleared is told in the last event of a stream, and at the top of a whole answer', async () => {
  await using proxy = await scriptedGoogle((asked) => says(asked)).start();
  const body = { ...hello, messages: history, ...clearing(1) };
  const applied = [
    { type: 'clear_tool_uses_20250919', cleared_tool_uses: 2, cleared_input_tokens: expect.any(Number) },
  ];
  const whole = await (await proxy.send('/v1/messages', body)).json();
  expect(whole.context_management).toEqual({ applied_edits: applied });
  const streamed = await (await proxy.send('/v1/messages', { ...body, stream: true })).text();
  const [, last] = /event: message_delta\ndata: (.*)/.exec(streamed) ?? [];
  expect(JSON.parse(last ?? '{}').context_management).toEqual(whole.context_management);
  expect(whole.context_management.applied_edits[0].cleared_input_tokens).toBeGreaterThan(LONG.length / 3);
});

test('the runner of the SDK has its conversation summarised between two turns', async () => {
  const script: Script = (asked) => {
    if (asked.body.includes('Write a summary of this whole conversation')) return says(asked, 'It is 7.');
    if (asked.body.includes('functionResponse') || asked.body.includes('<summary>'))
      return says(asked, 'Seven.');
    const chunk = textChunk('');
    const parts = [{ functionCall: { name: 'dice', args: {} } }];
    return googleStream({
      ...chunk,
      candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }],
    });
  };
  const google = scriptedGoogle(script);
  await using proxy = await google.start();
  const client = new Anthropic({ baseURL: proxy.url, apiKey: 'any', maxRetries: 0 });
  const runner = client.beta.messages.toolRunner({
    model: 'claude-opus-5-5',
    max_tokens: 2_000,
    stream: true,
    betas: ['compact-2026-09-04'],
    messages: [{ role: 'user', content: 'Roll the dice.' }],
    tools: [
      betaTool({
        name: 'dice',
        description: 'Rolls dice',
        inputSchema: { type: 'object', properties: {} },
        run: () => '7',
      }),
    ],
  });
  const blocks: string[] = [];
  for await (const stream of runner) {
    const { content } = await stream.finalMessage();
    if (blocks.length === 0) runner.compactBeforeNextTurn();
    blocks.push(content.map(({ type }) => type).join());
  }
  expect(blocks).toEqual(['tool_use', 'compaction', 'text']);
  const { contents } = JSON.parse(google.asked.at(-1)?.body ?? '{}') as GenerateContentRequest;
  expect(contents.map(({ role }) => role)).toEqual(['user']);
  expect(contents[0]?.parts[0]?.text).toContain('<summary>\nIt is 7.\n</summary>');
});
