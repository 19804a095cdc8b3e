import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Conversation, Raw } from '../../../src/inspector/shapes.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { allEnded, Looker } from '../../support/clients/looker.ts';
import { rowsOf } from '../../support/clients/shown-requests.ts';
import { googleStream, hello, startProxy, type TestProxy, textChunk } from '../../support/proxy.ts';

const google: Fetch = async () => googleStream(textChunk('All is', undefined), textChunk(' well.', 'STOP'));
const long = 'A long result. '.repeat(3_000);
const picture = Buffer.from('no picture at all').toString('base64');

const first = {
  ...hello,
  stream: true,
  system: [{ type: 'text', text: 'You are careful.' }],
  tools: [{ name: 'Bash', description: 'Runs a command.', input_schema: { type: 'object' } }],
  messages: [{ role: 'user', content: 'Run the tests.' }],
};
const edit = { file_path: 'a.ts', old_string: 'let a', new_string: 'const a' };
const second = {
  ...first,
  messages: [
    ...first.messages,
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: '', signature: 'c2ln' },
        { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'bun test', description: 'Run' } },
        { type: 'tool_use', id: 'toolu_2', name: 'Edit', input: edit },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_1', content: long, is_error: true },
        { type: 'tool_result', tool_use_id: 'toolu_2', content: [{ type: 'text', text: 'done' }] },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: picture } },
        { type: 'text', text: 'Go on.' },
      ],
    },
  ],
};

describe('the conversation of a request', () => {
  let proxy: TestProxy;
  let ids: string[];
  const get = (path: string) => proxy.send(`/ui/api/requests/${ids[1]}${path}`);
  const conversation = async (): Promise<Conversation> => (await get('/conversation')).json();

  beforeAll(async () => {
    proxy = await startProxy({ fetch: google });
    for (const body of [first, second]) {
      await (await proxy.send('/v1/messages', body, { 'x-claude-code-session-id': 'one' })).text();
    }
    ids = (await rowsOf(proxy, 2)).map(({ id }) => id);
  });
  afterAll(() => proxy[Symbol.asyncDispose]());

  test('opens at what is new; what the request before had is told apart', async () => {
    const { earlier, fresh, system, tools } = await conversation();
    expect(earlier.map(({ path }) => path)).toEqual(['messages.0']);
    expect(fresh.map(({ role, path }) => [role, path])).toEqual([
      ['assistant', 'messages.1'],
      ['user', 'messages.2'],
    ]);
    expect([system.blocks, system.texts.map(({ text }) => text)]).toEqual([1, ['You are careful.']]);
    expect(tools.tools.map(({ name, description }) => [name, description.text])).toEqual([
      ['Bash', 'Runs a command.'],
    ]);
  });

  test('a result stands under its call, with its error, and not among the blocks of the user', async () => {
    const { fresh } = await conversation();
    const [thinking, bash, edited] = fresh[0]?.blocks ?? [];
    expect(thinking).toMatchObject({ type: 'thinking', hidden: true });
    expect(bash).toMatchObject({ type: 'call', name: 'Bash', brief: 'bun test', result: { isError: true } });
    expect(edited).toMatchObject({
      name: 'Edit',
      edit: { path: 'a.ts', removed: { text: 'let a' }, added: { text: 'const a' } },
      result: { isError: false, text: { text: 'done' } },
    });
    expect(fresh[1]?.blocks.map(({ type }) => type)).toEqual(['media', 'text']);
  });

  test.each<[string, object, number | undefined, number]>([
    [
      'of results alone stands in its place, and says how many there were',
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'done' }] },
      1,
      0,
    ],
    ['of the system', { role: 'system', content: 'The day is a day.' }, undefined, 1],
  ])('no number is left out: a message %s', async (_name, message, results, blocks) => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} };
    const messages = [
      ...first.messages,
      { role: 'assistant', content: [call] },
      message,
      { role: 'user', content: 'Go on.' },
    ];
    const session = { 'x-claude-code-session-id': crypto.randomUUID() };
    const answer = await proxy.send('/v1/messages', { ...first, messages }, session);
    await answer.text();
    const id = answer.headers.get('request-id');
    const { earlier, fresh }: Conversation = await (
      await proxy.send(`/ui/api/requests/${id}/conversation`)
    ).json();
    const all = [...earlier, ...fresh];
    expect(all.map(({ path }) => path)).toEqual(messages.map((_, index) => `messages.${index}`));
    expect([all[2]?.results, all[2]?.blocks.length]).toEqual([results, blocks]);
  });

  test('a long text is told by its beginning, and the rest is there for who asks', async () => {
    const { fresh } = await conversation();
    const bash = fresh[0]?.blocks[1];
    const text = bash?.type === 'call' ? bash.result?.text : undefined;
    expect([text?.text.length, text?.length]).toEqual([20_000, long.length]);
    const at = encodeURIComponent(text?.at ?? '');
    const rest = await (await get(`/text?at=${at}&from=20000`)).text();
    expect((text?.text ?? '') + rest).toBe(long);
    expect(await (await get(`/text?at=${at}&from=5&length=9`)).text()).toBe(long.slice(5, 14));
  });

  test('bytes come on request, and as nothing that a browser shows by itself', async () => {
    const { fresh } = await conversation();
    const media = fresh[1]?.blocks[0];
    if (media?.type !== 'media') throw new Error('there is no picture');
    expect([media.mediaType, media.bytes]).toEqual(['image/png', expect.any(Number)]);
    const answer = await get(`/text?at=${encodeURIComponent(media.at)}&bytes=1`);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(await answer.text()).toBe('no picture at all');
  });

  test('the answer stands at its end, as the client got it', async () => {
    const { answer } = await conversation();
    expect(answer).toMatchObject({ role: 'assistant', path: expect.stringMatching(/^msg_/) });
    expect(answer?.blocks).toEqual([{ type: 'text', text: { text: 'All is well.', length: 12 } }]);
  });

  test('raw is everything in the order in which it came, without the credentials of the request', async () => {
    const { parts }: Raw = await (await get('/raw')).json();
    expect(parts.map(({ name }) => name)).toEqual([
      'The client’s headers',
      'The client’s request',
      'Sent at attempt 1',
      'Gemini’s answer to attempt 1: 200',
      'What the client got',
    ]);
    const whole = await (await get(`/text?at=${encodeURIComponent('raw 1')}`)).text();
    expect(JSON.parse(whole)).toEqual(second);
  });

  test.each(['came messages.99', 'raw 99', 'frame 1 99', 'nothing', '', 'came __proto__'])(
    'there is no text at %p',
    async (at) => {
      expect((await get(`/text?at=${encodeURIComponent(at)}`)).status).toBe(404);
    },
  );
});

test.each<[string, object[], boolean]>([
  ['there was no request before', [second], false],
  ['the request before had the same messages', [first, second], true],
  [
    'the request before had other messages',
    [{ ...first, messages: [{ role: 'user', content: 'Something else.' }] }, second],
    false,
  ],
])('earlier messages: %s', async (_name, bodies, isAsBefore) => {
  await using proxy = await startProxy({ fetch: google });
  let id: string | null = null;
  for (const body of bodies) {
    const response = await proxy.send('/v1/messages', body, { 'x-claude-code-session-id': 'one' });
    await response.text();
    id = response.headers.get('request-id');
  }
  const looker = await (await Looker.at(proxy)).until(allEnded(bodies.length));
  looker.leave();
  const told: Conversation = await (await proxy.send(`/ui/api/requests/${id}/conversation`)).json();
  expect([told.earlier.map(({ path }) => path), told.isAsBefore]).toEqual([['messages.0'], isAsBefore]);
});

test('raw tells of each text how many of its places were blotted out', async () => {
  await using proxy = await startProxy({ fetch: google });
  const text = 'The key is sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789, says peter-42 to peter-42.';
  const body = { ...first, messages: [{ role: 'user', content: text }] };
  const response = await proxy.send('/v1/messages', body, { 'x-goog-api-key': 'peter-42' });
  await response.text();
  const looker = await (await Looker.at(proxy)).until(allEnded(1));
  looker.leave();
  const { parts }: Raw = await (await proxy.send(`/ui/api/requests/${looker.list[0]?.id}/raw`)).json();
  expect(parts.map(({ name, hidden }) => [name, hidden])).toEqual([
    ['The client’s headers', 0],
    ['The client’s request', 3],
    ['Sent at attempt 1', 3],
    ['Gemini’s answer to attempt 1: 200', 0],
    ['What the client got', 0],
  ]);
});
