/** Arguments that do not fit the client's schema: what the client gets, what is told, and the next turn. */
import { expect, test } from 'bun:test';
import type { GenerateContentRequest } from '../../../src/gemini/wire.ts';
import { type Asked, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { googleStream, hello } from '../../support/proxy.ts';

const READ = {
  name: 'Read',
  input_schema: {
    type: 'object',
    properties: { file_path: { type: 'string' }, limit: { type: 'integer' } },
    required: ['file_path'],
    additionalProperties: false,
  },
};
const body = { ...hello, tools: [READ] };

const gives = ({ stream }: Asked, args: unknown): Response => {
  const functionCall = { name: 'Read', args };
  const chunk = {
    candidates: [
      {
        content: { role: 'model', parts: [{ functionCall, thoughtSignature: 'c2lnbmVk' }] },
        finishReason: 'STOP',
      },
    ],
  };
  return stream ? googleStream(chunk) : Response.json(chunk);
};

type Block = { type: string; id: string; name: string; input: unknown };

async function open(args: unknown) {
  const google = scriptedGoogle((asked) => gives(asked, args));
  const proxy = await google.start();
  const whole = async (request: object = body) => {
    const answer = (await (await proxy.send('/v1/messages', request)).json()) as { content: Block[] };
    return answer.content;
  };
  return {
    ...google,
    whole,
    streamed: async () => (await proxy.send('/v1/messages', { ...body, stream: true })).text(),
    warnings: () =>
      proxy
        .told('warning')
        .filter(({ code }) => code === 'content-changed')
        .map(({ detail }) => detail),
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}

test('are repaired, streamed and whole, and each repair is told', async () => {
  await using proxy = await open({ filePath: '/a', limit: '3' });
  expect(await proxy.whole()).toMatchObject([{ type: 'tool_use', input: { file_path: '/a', limit: 3 } }]);
  const repairs = [
    'arguments of Read: filePath renamed to file_path',
    'arguments of Read: limit read as number',
  ];
  expect(proxy.warnings()).toEqual(repairs);
  expect(await proxy.streamed()).toContain(String.raw`"partial_json":"{\"file_path\":\"/a\",\"limit\":3}"`);
  expect(proxy.asked).toHaveLength(2);
});

test('go back as the client was given them, on the signed call', async () => {
  await using proxy = await open({ filePath: '/a' });
  const content = await proxy.whole();
  const result = { type: 'tool_result', tool_use_id: content[0]?.id, content: 'ok' };
  await proxy.whole({
    ...body,
    messages: [...hello.messages, { role: 'assistant', content }, { role: 'user', content: [result] }],
  });
  const { contents } = JSON.parse(proxy.asked[1]?.body ?? '{}') as GenerateContentRequest;
  expect(contents[1]?.parts).toMatchObject([
    { functionCall: { name: 'Read', args: { file_path: '/a' } }, thoughtSignature: 'c2lnbmVk' },
  ]);
});

test.each([
  ['legal ones', { file_path: '/a', limit: 3 }],
  ['ones that nobody can repair', { path: '/a' }],
])('stay as they are: %s', async (_, args) => {
  await using proxy = await open(args);
  expect(await proxy.whole()).toMatchObject([{ input: args }]);
  expect(proxy.warnings()).toEqual([]);
});
