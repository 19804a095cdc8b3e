/** Endpoints, refusals, JSON answers, leaving early. */
import { describe, expect, test } from 'bun:test';
import { createSeededRandom } from '../../../src/lib/ports.ts';
import {
  ask,
  BASE,
  declare,
  fakeExchange,
  mockFetch,
  noWaiting,
  partsOf,
  post,
  textOf,
  userSays,
} from './harness.ts';

const hello = { contents: [userSays('hello')] };

describe('refusals', () => {
  test('a bad request is a 400 with bare JSON under the stream content type', async () => {
    const exchange = fakeExchange();
    const response = await mockFetch()(
      `${BASE}/gemini-4-argon:streamGenerateContent?alt=sse`,
      post({}),
      exchange,
    );
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await response.text()).toBe(
      '{\n  "error": {\n    "code": 400,\n    "message": "* GenerateContentRequest.contents: contents is not specified\\n",\n    "status": "INVALID_ARGUMENT"\n  }\n}\n',
    );
    expect(exchange.notes.map((note) => note.event)).toEqual(['refusal']);
  });

  test.each([
    ['nope', ':streamGenerateContent?alt=sse', 'generateContent'],
    ['nope', ':generateContent', 'generateContent'],
    ['nope', ':countTokens', 'countTokens'],
    ['nope', '', 'generateContent'],
    ['gemini-4-argon', ':embedContent', 'embedContent'],
  ])('model %s with method %s is a 404 in Google words', async (model, method, named) => {
    const response = await mockFetch()(`${BASE}/${model}${method}`, post(hello), fakeExchange());
    expect(response.status).toBe(404);
    expect((await response.json()).error.message).toBe(
      `models/${model} is not found for API version v1beta, or is not supported for ${named}. Call ListModels to see the list of available models and their supported methods.`,
    );
  });

  test('what is not JSON is a 400', async () => {
    const response = await mockFetch()(
      `${BASE}/gemini-4-argon:generateContent`,
      post('{"contents'),
      fakeExchange(),
    );
    expect(response.status).toBe(400);
    expect((await response.json()).error.message).toStartWith('Invalid JSON payload received.');
  });

  test('a prompt over the window is refused with its count', async () => {
    const body = { contents: [userSays('x'.repeat(4_400_000))] };
    const response = await mockFetch()(`${BASE}/gemini-4-argon:generateContent`, post(body), fakeExchange());
    expect((await response.json()).error.message).toBe(
      'The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).',
    );
  });
});

describe('endpoints', () => {
  test('models are listed by pages', async () => {
    const page = async (query: string) => (await mockFetch()(`${BASE}${query}`, {}, fakeExchange())).json();
    const first = await page('?pageSize=2');
    const second = await page(`?pageSize=2&pageToken=${first.nextPageToken}`);
    expect(first.models).toHaveLength(2);
    expect(second.models[0].name).not.toBe(first.models[0].name);
    expect((await page('')).nextPageToken).toBeUndefined();
  });

  test('a model tells its limits', async () => {
    const response = await mockFetch()(`${BASE}/gemini-4-argon`, {}, fakeExchange());
    expect(await response.json()).toMatchObject({
      name: 'models/gemini-4-argon',
      inputTokenLimit: 1_048_576,
      outputTokenLimit: 65_536,
    });
  });

  test('countTokens counts system and tools, and agrees with the prompt count of the answer', async () => {
    const whole = { ...hello, systemInstruction: { parts: [{ text: 'be kind' }] }, tools: declare('Read') };
    const body = { generateContentRequest: { model: 'models/gemini-4-argon', ...whole } };
    const response = await mockFetch()(`${BASE}/gemini-4-argon:countTokens`, post(body), fakeExchange());
    const { totalTokens } = await response.json();
    const chunks = await ask(mockFetch(), 'gemini-4-argon', whole);
    expect(totalTokens).toBe(chunks.at(-1)?.usageMetadata?.promptTokenCount);
  });

  test('countTokens takes a history that ends with the model', async () => {
    const body = { contents: [...hello.contents, { role: 'model', parts: [{ text: 'hi' }] }] };
    const response = await mockFetch()(`${BASE}/gemini-4-argon:countTokens`, post(body), fakeExchange());
    expect(response.status).toBe(200);
  });
});

describe('what the request insists on', () => {
  const schema = {
    type: 'object',
    properties: { title: { type: 'string' }, count: { $ref: '#/$defs/n' }, note: { type: 'string' } },
    required: ['title', 'count'],
    $defs: { n: { type: 'integer', minimum: 3 } },
  };

  test('JSON satisfies the schema; a title is made of the user words', async () => {
    const generationConfig = { responseMimeType: 'application/json', responseJsonSchema: schema };
    const body = { contents: [userSays('please fix the login page today or tomorrow')], generationConfig };
    const chunks = await ask(mockFetch(), 'gemini-4-hydrogen', body, fakeExchange('title'));
    expect(JSON.parse(textOf(chunks))).toEqual({ title: 'Please fix the login page today', count: 3 });
  });

  test('mode ANY gets a call of an allowed tool', async () => {
    const functionCallingConfig = { mode: 'ANY', allowedFunctionNames: ['second'] };
    const body = { ...hello, tools: declare('first', 'second'), toolConfig: { functionCallingConfig } };
    const calls = partsOf(await ask(mockFetch(), 'gemini-4-argon', body)).filter((part) => part.functionCall);
    expect(calls.map((part) => part.functionCall?.name)).toEqual(['second']);
  });

  test('mode NONE gets no call', async () => {
    const toolConfig = { functionCallingConfig: { mode: 'NONE' } };
    const body = { contents: [userSays('take the tour')], tools: declare('Write'), toolConfig };
    const parts = partsOf(await ask(mockFetch(), 'gemini-4-argon', body));
    expect(parts.some((part) => part.functionCall)).toBe(false);
  });
});

describe('callers', () => {
  test.each([
    ['classifier', 'a command', '<block>no</block>'],
    ['compaction', 'summarise', '<summary>'],
    ['helper', 'a page', 'summary of the page'],
    ['subagent', 'look around', 'look around'],
    ['title', 'take the tour', 'take the tour'],
    ['main', 'explain monads', 'explain monads'],
    ['sdk', 'explain monads', 'explain monads'],
  ])('%s is answered in its form', async (caller, user, expected) => {
    const chunks = await ask(
      mockFetch(),
      'gemini-4-argon',
      { contents: [userSays(user)] },
      fakeExchange(caller),
    );
    expect(textOf(chunks)).toContain(expected);
  });

  test('without any scenario there is still an answer', async () => {
    expect(textOf(await ask(mockFetch({ scenarios: [] }), 'gemini-4-argon', hello))).not.toBe('');
  });
});

describe('time', () => {
  const url = `${BASE}/gemini-4-argon:streamGenerateContent?alt=sse`;

  test('an aborted signal ends the stream with its reason', async () => {
    const controller = new AbortController();
    const response = await mockFetch()(url, post(hello, controller.signal), fakeExchange());
    const reader = response.body?.getReader();
    await reader?.read();
    controller.abort(new Error('the client left'));
    await expect(reader?.read()).rejects.toThrow('the client left');
  });

  test('a signal that was aborted before rejects the call', async () => {
    const signal = AbortSignal.abort(new Error('gone'));
    await expect(mockFetch()(url, post(hello, signal), fakeExchange())).rejects.toThrow('gone');
  });

  test('an abort ends the waiting of a human pace', async () => {
    const controller = new AbortController();
    const clock = {
      ...noWaiting,
      sleep: (_: number, signal?: AbortSignal) =>
        new Promise<void>((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(signal.reason)),
        ),
    };
    const response = await mockFetch({ clock, pace: 'human' })(
      url,
      post(hello, controller.signal),
      fakeExchange(),
    );
    const read = response.body?.getReader().read();
    controller.abort(new Error('the client left'));
    await expect(read).rejects.toThrow('the client left');
  });

  test('a human pace waits before the first event and then by its tokens', async () => {
    const waits: number[] = [];
    const clock = { ...noWaiting, sleep: async (ms: number) => void waits.push(ms) };
    await ask(mockFetch({ clock, pace: 'human', random: createSeededRandom(7) }), 'gemini-4-argon', hello);
    expect(waits[0]).toBeGreaterThan(300);
    expect(waits.slice(1).every((wait) => wait > 0 && wait < 1_000)).toBe(true);
  });
});
