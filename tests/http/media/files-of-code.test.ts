/** Pictures that code has drawn: files of the proxy, which the result names. */
import { describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import { scriptedGoogle } from '../../support/google/scripted-google.ts';
import { googleStream, hello } from '../../support/proxy.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const chunk = (parts: object[], candidate: object = {}) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...candidate }],
  usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4 },
});
const STOP = { finishReason: 'STOP' };
const wrote = { executableCode: { language: 'PYTHON', code: 'plt.show()' } };
const gave = { codeExecutionResult: { outcome: 'OUTCOME_OK', output: 'done\n' } };
const picture = { inlineData: { mimeType: 'image/png', data: PNG.toString('base64') } };
const SAID = { text: 'There it is.' };

const tool = (date: string) => ({ type: `code_execution_${date}`, name: 'code_execution' });

async function ask(chunks: object[], tools: object[], env: Record<string, string> = {}) {
  const google = scriptedGoogle(() => googleStream(...chunks));
  const proxy = await google.start({ MODEL_FALLBACKS: 'none', ...env });
  const client = new Anthropic({ baseURL: proxy.url, apiKey: 'any', maxRetries: 0 });
  const body = {
    ...hello,
    model: 'gemini-3.8-flash',
    tools,
  } as unknown as Anthropic.MessageCreateParamsNonStreaming;
  const message = await google.through(client.messages.stream(body).finalMessage());
  // biome-ignore lint/suspicious/noExplicitAny: read as the client reads it
  const content = message.content as any[];
  return { proxy, client, content, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
}

describe('a picture that code has drawn', () => {
  const chunks = [chunk([wrote]), chunk([gave]), chunk([picture]), chunk([SAID], STOP)];

  test.each([
    ['20250522', 'code_execution'],
    ['20250825', 'bash_code_execution'],
  ])('is a file that the result names, in the form of %s', async (date, name) => {
    await using asked = await ask(chunks, [tool(date)]);
    const { content, client } = asked;
    expect(content.map(({ type }) => type)).toEqual(['server_tool_use', `${name}_tool_result`, 'text']);
    expect(content[1].content).toEqual({
      type: `${name}_result`,
      stdout: 'done\n',
      stderr: '',
      return_code: 0,
      content: [{ type: `${name}_output`, file_id: expect.stringMatching(/^file_/) }],
    });
    expect(content[2].text).toBe('There it is.');
    const { file_id: id } = content[1].content.content[0];
    expect(await client.beta.files.retrieveMetadata(id)).toMatchObject({
      filename: 'output.png',
      mime_type: 'image/png',
      size_bytes: PNG.length,
      downloadable: true,
    });
    const bytes = Buffer.from(await (await client.beta.files.download(id)).arrayBuffer());
    expect(bytes.equals(PNG)).toBe(true);
  });

  test('belongs to the code before it, however many there are', async () => {
    await using asked = await ask(
      [chunk([wrote, gave, picture, picture, SAID, wrote, gave]), chunk([picture], STOP)],
      [tool('20250522')],
    );
    const files = asked.content.flatMap(({ content }) => (content ? [content.content.length] : []));
    expect(files).toEqual([2, 1]);
    expect(new Set(JSON.stringify(asked.content).match(/file_\w{10,}/g)).size).toBe(3);
  });

  test('is told in its place where a search holds the answer back', async () => {
    const searched = { toolCall: { toolType: 'GOOGLE_SEARCH_WEB', args: { queries: ['q'] }, id: 's1' } };
    const found = { toolResponse: { toolType: 'GOOGLE_SEARCH_WEB', response: {}, id: 's1' } };
    await using asked = await ask(
      [chunk([searched, found, wrote, gave, picture, SAID], STOP)],
      [tool('20250522'), { type: 'web_search_20250305', name: 'web_search' }],
    );
    expect(asked.content.map(({ type }) => type)).toEqual([
      'server_tool_use',
      'web_search_tool_result',
      'server_tool_use',
      'code_execution_tool_result',
      'text',
    ]);
    expect(asked.content[3].content.content).toHaveLength(1);
  });

  test('is told in words where there is no room for it', async () => {
    await using asked = await ask(chunks, [tool('20250522')], {
      FILES_MAX: '1',
      FILE_MAX_MB: '1',
      FILES_TOTAL_MB: '1',
    });
    await using full = await ask([chunk([wrote, gave, picture, picture, SAID], STOP)], [tool('20250522')], {
      FILES_MAX: '1',
    });
    expect(asked.content[1].content.content).toHaveLength(1);
    expect(full.content[1].content.content).toHaveLength(1);
    expect(full.content[2].text).toContain('[Gemini answered with a picture (image/png');
    expect(full.proxy.told('warning').map(({ detail }) => detail)).toEqual([
      expect.stringContaining('FILES_MAX'),
    ]);
  });

  test('that no code has drawn is told in words', async () => {
    await using asked = await ask([chunk([picture, SAID], STOP)], [tool('20250522')]);
    expect(asked.content).toHaveLength(1);
    expect(asked.content[0].text).toContain('a picture (image/png');
  });
});
