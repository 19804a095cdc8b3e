/** Texts that a client puts into the user's messages by itself are no prompts for the mock. */
import { expect, test } from 'bun:test';
import { startProxy } from '../support/proxy.ts';

const tool = (name: string, ...properties: string[]) => ({
  name,
  input_schema: {
    type: 'object',
    properties: Object.fromEntries(properties.map((key) => [key, { type: 'string' }])),
    required: properties,
  },
});
const TOOLS = [tool('Write', 'file_path', 'content'), tool('Bash', 'command'), tool('Read', 'file_path')];
const PLAN =
  'Plan mode is active. Make a plan first, write a plan to /plans/one.md, fix the failing test, take the tour.';

test.each([
  ['as blocks', [{ type: 'text', text: PLAN }]],
  ['as a text', PLAN],
])('a reminder in a message of the system, %s', async (_name, content) => {
  await using proxy = await startProxy();
  const messages = [
    { role: 'user', content: 'create a.txt with hi' },
    { role: 'system', content },
  ];
  const body = { model: 'claude-opus-5-5', max_tokens: 1_000, tools: TOOLS, messages };
  const answer = JSON.parse(await (await proxy.send('/v1/messages', body)).text());
  const calls = answer.content.filter(({ type }: { type: string }) => type === 'tool_use');
  expect(calls).toMatchObject([{ name: 'Write', input: { file_path: 'a.txt', content: 'hi\n' } }]);
});
