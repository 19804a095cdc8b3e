/** The search for deferred tools, which the proxy runs: one answer over several requests. */
import { describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import { scriptedGoogle } from '../../support/google/scripted-google.ts';
import { googleStream, hello } from '../../support/proxy.ts';

const REGEX = { type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' };
const BM25 = { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' };
const tool = (name: string, description: string) => ({
  name,
  description,
  input_schema: { type: 'object', properties: { city: { type: 'string', description: 'Where' } } },
  defer_loading: true,
});
const DEFERRED = [
  tool('get_weather', 'The weather of today'),
  tool('get_forecast', 'Wetter von morgen: Größe der Wolken'),
  tool('send_mail', 'Sends a letter'),
];

const chunk = (parts: object[], candidate: object = {}) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...candidate }],
  usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 4, totalTokenCount: 14 },
});
const STOP = { finishReason: 'STOP' };
const called = (name: string, args: object, signature = 'c2ln') => ({
  functionCall: { name, args, id: 'abcd0001' },
  thoughtSignature: signature,
});
const searches = (args: object, name = 'tool_search_tool_regex') =>
  chunk([{ text: 'I look. ' }, called(name, args)], STOP);
const uses = chunk([called('get_weather', { city: 'Oslo' }, 'dXNl')], STOP);
const done = chunk([{ text: 'Done.' }], STOP);

async function talk(answers: object[], ...requests: ((before: Anthropic.Message[]) => object)[]) {
  const google = scriptedGoogle((_, index) => googleStream(answers[index] ?? answers.at(-1) ?? {}));
  await using proxy = await google.start({ MODEL_FALLBACKS: 'none' });
  const client = new Anthropic({ baseURL: proxy.url, apiKey: 'any', maxRetries: 0 });
  const messages: Anthropic.Message[] = [];
  for (const request of requests) {
    const body = { ...hello, max_tokens: 100, model: 'gemini-3.8-flash', ...request(messages) };
    const asked = body as unknown as Anthropic.MessageCreateParamsNonStreaming;
    messages.push(await google.through(client.messages.stream(asked).finalMessage()));
  }
  const bodies = google.asked.map(({ body }) => JSON.parse(body));
  return { messages, bodies, content: (messages[0]?.content ?? []) as unknown as object[] };
}

const namesIn = (body: { tools: { functionDeclarations?: { name: string }[] }[] }) =>
  body.tools.flatMap(({ functionDeclarations }) => functionDeclarations ?? []).map(({ name }) => name);
const ask = (change: object = {}) => ({ tools: [REGEX, ...DEFERRED], ...change });

describe('a search for tools', () => {
  test('is answered by the proxy, and the tool that was found is called in the same answer', async () => {
    const { content, bodies, messages } = await talk([searches({ pattern: '(?i)weather' }), uses], () =>
      ask(),
    );
    expect(content).toMatchObject([
      { type: 'text', text: 'I look. ' },
      { type: 'server_tool_use', name: 'tool_search_tool_regex', input: { pattern: '(?i)weather' } },
      {
        type: 'tool_search_tool_result',
        content: {
          type: 'tool_search_tool_search_result',
          tool_references: [{ type: 'tool_reference', tool_name: 'get_weather' }],
        },
      },
      { type: 'tool_use', name: 'get_weather', input: { city: 'Oslo' } },
    ]);
    expect(messages[0]?.stop_reason).toBe('tool_use');
    expect(bodies.map(namesIn)).toEqual([
      ['tool_search_tool_regex'],
      ['tool_search_tool_regex', 'get_weather'],
    ]);
    expect(bodies[1].contents.slice(1)).toMatchObject([
      {
        role: 'model',
        parts: [
          { text: 'I look. ' },
          { functionCall: { name: 'tool_search_tool_regex' }, thoughtSignature: 'c2ln' },
        ],
      },
      { role: 'user', parts: [{ functionResponse: { name: 'tool_search_tool_regex' } }] },
    ]);
    expect(bodies[1].generationConfig.maxOutputTokens).toBeLessThan(
      bodies[0].generationConfig.maxOutputTokens + 1,
    );
    expect(messages[0]?.usage).toMatchObject({ input_tokens: 20, output_tokens: 8 });
  });

  test('stands in the next request as a call with its response', async () => {
    const { bodies } = await talk(
      [searches({ pattern: 'weather' }), uses, done],
      () => ask(),
      ([first]) =>
        ask({
          messages: [
            ...hello.messages,
            { role: 'assistant', content: first?.content },
            {
              role: 'user',
              content: [
                {
                  type: 'tool_result',
                  tool_use_id: first?.content.flatMap((b) => (b.type === 'tool_use' ? [b.id] : []))[0],
                  content: 'Rain',
                },
              ],
            },
          ],
        }),
    );
    expect(bodies[2].contents.map(({ role }: { role: string }) => role)).toEqual([
      'user',
      'model',
      'user',
      'model',
      'user',
    ]);
    expect(bodies[2].contents[3].parts).toMatchObject([
      { functionCall: { name: 'get_weather' }, thoughtSignature: 'dXNl' },
    ]);
    expect(namesIn(bodies[2])).toEqual(['tool_search_tool_regex', 'get_weather']);
  });

  test.each<[string, object, object, object | string]>([
    ['a pattern over descriptions', REGEX, { pattern: 'letter' }, ['send_mail']],
    ['a pattern over arguments', REGEX, { pattern: 'city', limit: 2 }, ['get_weather', 'get_forecast']],
    ['a pattern with letters beyond ASCII', REGEX, { pattern: 'Größe' }, ['get_forecast']],
    ['a pattern that fits all', REGEX, { pattern: '.*' }, ['get_weather', 'get_forecast', 'send_mail']],
    ['a pattern that fits none', REGEX, { pattern: 'zzz' }, []],
    ['a broken pattern', REGEX, { pattern: '(' }, 'invalid_pattern'],
    ['no pattern', REGEX, {}, 'invalid_pattern'],
    ['a long pattern', REGEX, { pattern: 'a'.repeat(201) }, 'pattern_too_long'],
    ['words, the best first', BM25, { query: 'weather of today' }, ['get_weather']],
    ['words of a name', BM25, { query: 'mail' }, ['send_mail']],
    ['words beyond ASCII', BM25, { query: 'größe' }, ['get_forecast']],
  ])('finds by %s', async (_, search, args, expected) => {
    const { name } = search as typeof REGEX;
    const { content } = await talk([searches(args, name), done], () => ask({ tools: [search, ...DEFERRED] }));
    const result = content[2] as {
      content: { tool_references?: { tool_name: string }[]; error_code?: string };
    };
    const { tool_references: references, error_code } = result.content;
    expect<object | string | undefined>(error_code ?? references?.map((one) => one.tool_name)).toEqual(
      expected,
    );
  });

  test('ends at a pattern of any kind, in steps that grow with the text alone', async () => {
    const evil = tool('evil', 'a'.repeat(3_000));
    const { content } = await talk([searches({ pattern: '(a+)+(b|c)+$' }), done], () =>
      ask({ tools: [REGEX, evil] }),
    );
    expect(content[2]).toMatchObject({ content: { tool_references: [] } });
  });

  test('that is repeated without end pauses the turn, and the client can go on', async () => {
    const again = chunk([called('tool_search_tool_regex', { pattern: 'x' })], STOP);
    const { messages, bodies } = await talk(
      [again],
      () => ask(),
      ([first]) => ask({ messages: [...hello.messages, { role: 'assistant', content: first?.content }] }),
    );
    expect(messages[0]?.stop_reason).toBe('pause_turn');
    expect(messages[0]?.content.filter(({ type }) => type === 'server_tool_use')).toHaveLength(9);
    expect(bodies[9].contents.at(-1).role).toBe('user');
  });

  test('beside a call of the client leaves the turn to the client', async () => {
    const both = chunk(
      [called('tool_search_tool_regex', { pattern: 'mail' }), uses.candidates[0]?.content.parts[0] ?? {}],
      STOP,
    );
    const { messages, bodies } = await talk([both], () =>
      ask({ tools: [REGEX, ...DEFERRED, { ...DEFERRED[0], defer_loading: false }].toSpliced(1, 1) }),
    );
    expect(messages[0]?.content.map(({ type }) => type as string)).toEqual([
      'server_tool_use',
      'tool_search_tool_result',
      'tool_use',
    ]);
    expect(messages[0]?.stop_reason).toBe('tool_use');
    expect(bodies).toHaveLength(1);
  });

  test('is not demanded once more', async () => {
    const { bodies } = await talk([searches({ pattern: 'x' }), done], () =>
      ask({ tool_choice: { type: 'any' } }),
    );
    expect(bodies[0].toolConfig.functionCallingConfig.mode).toBe('ANY');
    expect(bodies[1].toolConfig).toBeUndefined();
  });
});
