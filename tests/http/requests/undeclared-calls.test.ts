/**
 * A call to a tool that the client did not declare: how often Google is asked, what the client gets, and the next turn.
 */
import { describe, expect, test } from 'bun:test';
import { type Asked, type Script, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { googleStream, hello, startProxy } from '../../support/proxy.ts';

const tool = (name: string, more: object = {}) => ({ name, input_schema: { type: 'object' }, ...more });
const streamed = { ...hello, stream: true, tools: [tool('Bash'), tool('mcp__fs__read_file')] };
const whole = { ...streamed, stream: false };

const chunk = (...parts: object[]) => ({
  candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }],
});
const called = (name: string) => ({ functionCall: { name, args: { path: 'a' } } });
const gives = ({ stream }: Asked, ...parts: object[]): Response =>
  stream ? googleStream(chunk(...parts)) : Response.json(chunk(...parts));
const always =
  (...parts: object[]): Script =>
  (one) =>
    gives(one, ...parts);

async function ask(script: Script, body: object, env: Record<string, string> = {}) {
  const google = scriptedGoogle(script);
  await using proxy = await google.start({ MODEL_FALLBACKS: 'none', ...env });
  const text = await google.through(proxy.send('/v1/messages', body).then((response) => response.text()));
  const names = [...text.matchAll(/"type":"tool_use","id":"[^"]+","name":"([^"]+)"/g)].map(
    ([, name]) => name,
  );
  return { names, text, attempts: google.asked.length };
}

describe.each([
  ['streamed', streamed],
  ['whole', whole],
])('a call of an undeclared tool, %s', (_form, body) => {
  test.each<[string, Script, object, string[], attempts: number]>([
    ['is asked for once more, then passed on', always(called('Write')), {}, ['Write'], 2],
    [
      'is forgotten where the other attempt is well',
      (one, index) => gives(one, called(index === 0 ? 'Write' : 'Bash')),
      {},
      ['Bash'],
      2,
    ],
    ['is passed on at once after text', always({ text: 'a' }, called('Write')), {}, ['Write'], 1],
    ['is the declared tool that ends so', always(called('read_file')), {}, ['mcp__fs__read_file'], 1],
    [
      'is passed on at once where a tool is deferred',
      always(called('read_file')),
      { tools: [...streamed.tools, tool('Later', { defer_loading: true })] },
      ['read_file'],
      1,
    ],
    [
      'is never passed on with tool_choice none',
      always(called('Write')),
      { tool_choice: { type: 'none' } },
      [],
      2,
    ],
    [
      'is never passed on where another is to be called',
      always(called('Write')),
      { tool_choice: { type: 'tool', name: 'Bash' } },
      [],
      2,
    ],
    ['is never passed on without tools', always(called('Write')), { tools: [] }, [], 2],
    [
      'is passed on after another unusable attempt',
      (one, index) => (index === 0 ? gives(one) : gives(one, called('Write'))),
      {},
      ['Write'],
      2,
    ],
  ])('%s', async (_name, script, change, names, attempts) => {
    const result = await ask(script, { ...body, ...change });
    expect({ names: result.names, attempts: result.attempts }).toEqual({ names, attempts });
    const ended = names.length > 0 ? '"stop_reason":"tool_use"' : 'overloaded_error';
    expect(result.text).toContain(ended);
  });

  test('is passed on at once where no retries are wanted', async () => {
    const none = { MAX_RETRIES: '0', MAX_STREAMING_RETRIES: '0' };
    const { names, attempts } = await ask(always(called('Write')), body, none);
    expect({ names, attempts }).toEqual({ names: ['Write'], attempts: 1 });
  });
});

test('its other attempt is of the same model, though no more than one is allowed', async () => {
  const google = scriptedGoogle(always(called('Write')));
  await using proxy = await google.start({ MAX_STREAMING_RETRIES: '1' });
  await google.through(proxy.send('/v1/messages', streamed).then((response) => response.text()));
  expect(google.asked).toHaveLength(2);
  expect(new Set(google.models()).size).toBe(1);
});

test('the next turn brings the call and its error back, and Google takes both', async () => {
  await using proxy = await startProxy();
  const id = 'toolu_01';
  const error = 'Error: No such tool available: fs_write';
  const response = await proxy.send('/v1/messages', {
    ...whole,
    messages: [
      ...hello.messages,
      { role: 'assistant', content: [{ type: 'tool_use', id, name: 'fs_write', input: { path: 'a' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, is_error: true, content: error }] },
    ],
  });
  expect(response.status).toBe(200);
});
