/** Code that Gemini runs, and pages that Google reads: Anthropic's blocks, and Google's parts in the next request. */
import { describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import { scriptedGoogle } from '../../support/google/scripted-google.ts';
import { googleStream, hello } from '../../support/proxy.ts';

const chunk = (parts: object[], candidate: object = {}) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...candidate }],
  usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4 },
});
const STOP = { finishReason: 'STOP' };

const wrote = (code: string) => ({
  executableCode: { language: 'PYTHON', code, id: 'x1' },
  thoughtSignature: 'Y29kZQ==',
});
const gave = (outcome: string, output?: string) => ({
  codeExecutionResult: { outcome, ...(output === undefined ? {} : { output }), id: 'x1' },
});

async function talk(answers: object[][], ...requests: ((before: Anthropic.Message[]) => object)[]) {
  const google = scriptedGoogle((_, index) => googleStream(...(answers[index] ?? [])));
  await using proxy = await google.start({ MODEL_FALLBACKS: 'none' });
  const client = new Anthropic({ baseURL: proxy.url, apiKey: 'any', maxRetries: 0 });
  const messages: Anthropic.Message[] = [];
  for (const request of requests) {
    const body = { ...hello, model: 'gemini-3.8-flash', ...request(messages) };
    messages.push(
      await google.through(
        client.messages.stream(body as Anthropic.MessageCreateParamsNonStreaming).finalMessage(),
      ),
    );
  }
  const bodies = google.asked.map(({ body }) => JSON.parse(body));
  return { messages, bodies, content: (messages[0]?.content ?? []) as unknown as object[] };
}

const code = (date: string) => ({ tools: [{ type: `code_execution_${date}`, name: 'code_execution' }] });

describe('code', () => {
  const run = [
    chunk([{ text: 'I compute. ' }]),
    chunk([wrote('print(6*7)')]),
    chunk([gave('OUTCOME_OK', '42\n')]),
    chunk([{ text: 'It is 42.' }], STOP),
  ];

  test('is told as code to the oldest version of the tool', async () => {
    const { content, bodies, messages } = await talk([run], () => code('20250522'));
    expect(bodies[0].tools).toEqual([{ codeExecution: {} }]);
    expect(content).toMatchObject([
      { type: 'text', text: 'I compute. ' },
      { type: 'server_tool_use', name: 'code_execution', input: { code: 'print(6*7)' } },
      {
        type: 'code_execution_tool_result',
        content: { type: 'code_execution_result', stdout: '42\n', stderr: '', return_code: 0, content: [] },
      },
      { type: 'text', text: 'It is 42.' },
    ]);
    expect(messages[0]?.stop_reason).toBe('end_turn');
    const [, call, result] = content as { id?: string; tool_use_id?: string }[];
    expect(result?.tool_use_id).toBe(call?.id);
  });

  test.each(['20250825', '20260120', '20260209'])('is told as a command to %s', async (date) => {
    const { content } = await talk([run], () => code(date));
    expect(content[1]).toMatchObject({
      name: 'bash_code_execution',
      input: { command: "python3 <<'EOF'\nprint(6*7)\nEOF" },
    });
    expect(content[2]).toMatchObject({
      type: 'bash_code_execution_tool_result',
      content: { type: 'bash_code_execution_result', stdout: '42\n', return_code: 0 },
    });
  });

  test.each<[string, object[], object]>([
    ['that failed', [gave('OUTCOME_FAILED', 'ZeroDivisionError')], { stderr: 'ZeroDivisionError' }],
    ['that took too long', [gave('OUTCOME_DEADLINE_EXCEEDED')], { stderr: 'OUTCOME_DEADLINE_EXCEEDED' }],
  ])('%s has another return code than 0', async (_, parts, expected) => {
    const { content } = await talk([[chunk([wrote('1/0'), ...parts, { text: 'No.' }], STOP)]], () =>
      code('20250522'),
    );
    expect(content[1]).toMatchObject({ content: { ...expected, stdout: '', return_code: 1 } });
  });

  test('without a result is told as failed', async () => {
    const { content } = await talk([[chunk([wrote('1'), wrote('2'), { text: 'No.' }], STOP)]], () =>
      code('20250522'),
    );
    const error = { type: 'code_execution_tool_result_error', error_code: 'unavailable' };
    expect(content.filter((_, index) => index % 2 === 1)).toMatchObject([
      { content: error },
      { type: 'text' },
    ]);
    expect(JSON.stringify(content).match(/unavailable/g)).toHaveLength(2);
  });

  test.each<[string, string[]]>([
    ['in order', ['a', 'b']],
    ['in another order', ['b', 'a']],
  ])('that runs at once has its own result each, %s', async (_, order) => {
    const ran = [
      chunk(['a', 'b'].map((id) => ({ executableCode: { language: 'PYTHON', code: id, id } }))),
      chunk(order.map((id) => ({ codeExecutionResult: { outcome: 'OUTCOME_OK', output: id, id } }))),
      chunk([{ text: 'Done.' }], STOP),
    ];
    const { content, bodies } = await talk(
      [ran, [chunk([{ text: 'Yes.' }], STOP)]],
      () => code('20250522'),
      ([first]) => ({
        ...code('20250522'),
        messages: [
          ...hello.messages,
          { role: 'assistant', content: first?.content },
          { role: 'user', content: 'Sure?' },
        ],
      }),
    );
    const blocks = content as { type: string; id?: string; tool_use_id?: string; content?: object }[];
    const idOf = (code: string) => blocks.find((block) => Bun.deepMatch({ input: { code } }, block))?.id;
    expect(blocks.slice(2, 4)).toMatchObject(
      order.map((name) => ({ tool_use_id: idOf(name), content: { stdout: name } })),
    );
    const sent = bodies[1].contents[1].parts.flatMap(
      ({ executableCode, codeExecutionResult }: Record<string, { id: string }>) =>
        executableCode ? [`code ${executableCode.id}`] : [`result ${codeExecutionResult?.id}`],
    );
    expect(sent.slice(0, 4)).toEqual(['code a', 'result a', 'code b', 'result b']);
  });

  test('goes back as Google’s parts, and in words where the tool is gone', async () => {
    const done = [chunk([{ text: 'Yes.' }], STOP)];
    const next = (tools: object) => (before: Anthropic.Message[]) => ({
      ...tools,
      messages: [
        { role: 'user', content: 'Compute.' },
        { role: 'assistant', content: before[0]?.content },
        { role: 'user', content: 'Sure?' },
      ],
    });
    const { bodies } = await talk(
      [run, done, done],
      () => code('20250825'),
      next(code('20250825')),
      next({}),
    );
    expect(bodies[1].contents[1].parts).toEqual([
      { text: 'I compute. ' },
      wrote('print(6*7)'),
      gave('OUTCOME_OK', '42\n'),
      { text: 'It is 42.' },
    ]);
    const words = JSON.stringify(bodies[2].contents[1]);
    expect(words).not.toContain('executableCode');
    expect(words).toContain('print(6*7)');
    expect(words).toContain('42');
  });

  test('runs beside a function of the client', async () => {
    const { bodies } = await talk([run], () => ({
      tools: [...code('20250825').tools, { name: 'add', input_schema: { type: 'object' } }],
    }));
    expect(bodies[0]).toMatchObject({
      tools: [{ codeExecution: {} }, { functionDeclarations: [{ name: 'add' }] }],
      toolConfig: { includeServerSideToolInvocations: true },
    });
  });
});

describe('pages', () => {
  const fetch = (change: object = {}) => ({
    messages: [{ role: 'user', content: 'What does https://a.example/x say?' }],
    tools: [{ type: 'web_fetch_20250910', name: 'web_fetch', ...change }],
  });
  const read = (...pages: [string, string][]) => ({
    urlContextMetadata: {
      urlMetadata: pages.map(([retrievedUrl, status]) => ({
        retrievedUrl,
        urlRetrievalStatus: `URL_RETRIEVAL_STATUS_${status}`,
      })),
    },
  });
  const says = (...pages: [string, string][]) => [
    chunk([{ text: 'It says ' }], read(...pages)),
    chunk([{ text: 'hello.' }], STOP),
  ];

  test('are told before the text, and counted', async () => {
    const { content, bodies, messages } = await talk([says(['https://a.example/x', 'SUCCESS'])], () =>
      fetch(),
    );
    expect(bodies[0].tools).toEqual([{ urlContext: {} }]);
    expect(content).toMatchObject([
      { type: 'server_tool_use', name: 'web_fetch', input: { url: 'https://a.example/x' } },
      {
        type: 'web_fetch_tool_result',
        content: {
          type: 'web_fetch_result',
          // A client of Vercel's takes nothing else than a date.
          retrieved_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          url: 'https://a.example/x',
          content: { type: 'document', source: { type: 'text', media_type: 'text/plain' } },
        },
      },
      { type: 'text', text: 'It says hello.' },
    ]);
    expect(messages[0]?.usage.server_tool_use).toMatchObject({
      web_fetch_requests: 1,
      web_search_requests: 0,
    });
  });

  test.each([
    ['ERROR', 'url_not_accessible'],
    ['PAYWALL', 'url_not_accessible'],
    ['UNSAFE', 'url_not_allowed'],
    ['UNSPECIFIED', 'unavailable'],
  ])('that could not be read: %s is %s', async (status, error_code) => {
    const { content } = await talk([says(['https://a.example/x', status])], () => fetch());
    expect(content[1]).toMatchObject({ content: { type: 'web_fetch_tool_result_error', error_code } });
  });

  test('of other domains are told as refused, and so are those beyond max_uses', async () => {
    const pages = says(
      ['https://b.example/', 'SUCCESS'],
      ['https://a.example/1', 'SUCCESS'],
      ['https://a.example/2', 'SUCCESS'],
    );
    const { content, bodies } = await talk([pages], () =>
      fetch({ allowed_domains: ['a.example'], max_uses: 1 }),
    );
    expect([content[1], content[3], content[5]]).toMatchObject([
      { content: { error_code: 'url_not_allowed' } },
      { content: { type: 'web_fetch_result' } },
      { content: { error_code: 'max_uses_exceeded' } },
    ]);
    expect(JSON.stringify(bodies[0].systemInstruction)).toContain('a.example');
  });

  test('of domains that may not be read are told as refused', async () => {
    const pages = says(['https://b.example/', 'SUCCESS'], ['https://a.example/1', 'SUCCESS']);
    const { content, bodies } = await talk([pages], () => fetch({ blocked_domains: ['b.example'] }));
    expect([content[1], content[3]]).toMatchObject([
      { content: { error_code: 'url_not_allowed' } },
      { content: { type: 'web_fetch_result' } },
    ]);
    expect(JSON.stringify(bodies[0].systemInstruction)).toContain('b.example');
  });

  test('beside a function are told where Google tells the call, which goes back', async () => {
    const hosted = [
      { toolCall: { toolType: 'URL_CONTEXT', args: { urls: ['https://a.example/x'] }, id: 'u1' } },
      { toolResponse: { toolType: 'URL_CONTEXT', response: {}, id: 'u1' } },
    ].map((part) => ({ ...part, thoughtSignature: 'dQ==' }));
    const tools = [...fetch().tools, { name: 'add', input_schema: { type: 'object' } }];
    const answer = [
      chunk(hosted),
      chunk([{ text: 'Hello.' }], { ...STOP, ...read(['https://a.example/x', 'SUCCESS']) }),
    ];
    const { content, bodies } = await talk(
      [answer, [chunk([{ text: 'Yes.' }], STOP)]],
      () => ({ ...fetch(), tools }),
      ([first]) => ({
        tools,
        messages: [
          { role: 'user', content: 'Read.' },
          { role: 'assistant', content: first?.content },
          { role: 'user', content: 'Sure?' },
        ],
      }),
    );
    expect(content).toMatchObject([
      { name: 'web_fetch' },
      { content: { type: 'web_fetch_result' } },
      { text: 'Hello.' },
    ]);
    expect(bodies[1].contents[1].parts).toEqual([...hosted, { text: 'Hello.' }]);
  });
});
