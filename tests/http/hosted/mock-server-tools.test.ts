/** The offline mock shows the tools that Google and the proxy run: code, pages, and the search for tools. */
import { describe, expect, test } from 'bun:test';
import { hello, startProxy } from '../../support/proxy.ts';

const CODE = { type: 'code_execution_20250825', name: 'code_execution' };
const FETCH = { type: 'web_fetch_20250910', name: 'web_fetch' };
const ADD = { name: 'add', input_schema: { type: 'object', properties: { a: { type: 'number' } } } };
const DEFERRED = {
  name: 'get_weather',
  description: 'The weather of a place.',
  defer_loading: true,
  input_schema: { type: 'object', properties: { place: { type: 'string' } } },
};

async function ask(content: string, tools: object[], model = 'gemini-3.8-flash') {
  await using proxy = await startProxy();
  const body = { ...hello, model, messages: [{ role: 'user', content }], tools };
  const response = await proxy.send('/v1/messages', body);
  const message = await response.json();
  // The history goes back as it came, and the mock refuses what Google would refuse.
  const messages = [
    ...body.messages,
    { role: 'assistant', content: message.content },
    { role: 'user', content: 'Thanks.' },
  ];
  const again = await proxy.send('/v1/messages', { ...body, messages });
  expect(again.status).toBe(200);
  return message;
}

const types = (message: { content: { type: string }[] }) => message.content.map(({ type }) => type);

describe('the mock', () => {
  test.each<[string, object[], string]>([
    ['alone', [CODE], 'gemini-3.8-flash'],
    ['beside a tool of the client', [ADD, CODE], 'gemini-3.8-flash'],
    ['on an older model', [CODE], 'gemini-2.5-flash-lite'],
  ])('runs code, %s', async (_, tools, model) => {
    const message = await ask('Run some code, please.', tools, model);
    expect(types(message)).toEqual([
      'server_tool_use',
      'bash_code_execution_tool_result',
      'server_tool_use',
      'bash_code_execution_tool_result',
      'text',
    ]);
    expect(message.content[1].content).toMatchObject({ stdout: '2432902008176640000\n', return_code: 0 });
    expect(message.content[3].content.content).toMatchObject([{ type: 'bash_code_execution_output' }]);
  });

  test.each<[string, object[]]>([
    ['alone', [FETCH]],
    ['beside a tool of the client', [ADD, FETCH]],
  ])('reads a page, %s', async (_, tools) => {
    const message = await ask('Read the page https://a.example/x and say what it says.', tools);
    expect(types(message)).toEqual(['server_tool_use', 'web_fetch_tool_result', 'text']);
    expect(message.content[0].input).toEqual({ url: 'https://a.example/x' });
    expect(message.content[1].content).toMatchObject({ type: 'web_fetch_result' });
    expect(message.usage.server_tool_use.web_fetch_requests).toBe(1);
  });

  test.each(['regex', 'bm25'])('finds a deferred tool (%s)', async (kind) => {
    const search = { type: `tool_search_tool_${kind}_20251119`, name: `tool_search_tool_${kind}` };
    const message = await ask('Find a tool for the weather', [search, DEFERRED]);
    expect(types(message)).toEqual(['text', 'server_tool_use', 'tool_search_tool_result', 'text']);
    expect(message.content[2].content.tool_references).toEqual([
      { type: 'tool_reference', tool_name: 'get_weather' },
    ]);
    expect(message.content[3].text).toContain('get_weather');
  });

  test('says which tools it needs where the request has none of them', async () => {
    const message = await ask('Run some code, please.', [ADD]);
    expect(message.content[0].text).toContain('code_execution_20250825');
  });
});
