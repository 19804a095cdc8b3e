/** The official Anthropic SDK as a client of the proxy. The proxy is a process of its own, before a scripted Gemini. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic, { APIError } from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { SIGNATURE, scriptedGemini } from '../support/google/scripted-gemini.ts';
import { KEY, serveUpstream } from '../support/google/upstream.ts';
import { type ProxyProcess, startProxy } from '../support/programs/proxy-process.ts';

const MODEL = 'claude-opus-5-5';
const CLIENT_KEY = 'a-key-of-the-proxy';
const REQUEST_ID = /^req_[A-Za-z0-9_-]{1,36}$/;

const folder = mkdtempSync(join(tmpdir(), 'sdk-'));
const upstream = serveUpstream(scriptedGemini);
let proxy: ProxyProcess;
let client: Anthropic;

beforeAll(async () => {
  const env = { GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: upstream.url, PROXY_API_KEY: CLIENT_KEY };
  proxy = await startProxy({ folder, env });
  client = new Anthropic({ baseURL: proxy.url, apiKey: CLIENT_KEY, maxRetries: 0 });
});

afterAll(async () => {
  await proxy?.stop();
  upstream[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (text: string): Anthropic.MessageCreateParamsNonStreaming => ({
  model: MODEL,
  max_tokens: 1000,
  messages: [{ role: 'user', content: text }],
});

const WEATHER = {
  name: 'get_weather',
  description: 'The weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
} satisfies Anthropic.Tool;

/** What `promise` was rejected with. */
const failure = async (promise: PromiseLike<unknown>): Promise<APIError> => {
  try {
    await promise;
  } catch (error) {
    if (error instanceof APIError) return error;
    throw error;
  }
  throw new Error('it did not fail');
};

/** Without what the SDK itself adds to a streamed message. */
const onTheWire = (message: Anthropic.Message) =>
  JSON.parse(JSON.stringify(message, (key, value) => (key === 'parsed_output' ? undefined : value)));

const lastSent = () => JSON.parse(upstream.requests.at(-1)?.body ?? '{}');

describe('answers', () => {
  test('a stream accumulates to the whole text, usage and model', async () => {
    const stream = client.messages.stream(ask('count'));
    let told = '';
    stream.on('text', (text) => {
      told += text;
    });
    const message = await stream.finalMessage();
    expect(told).toBe('one, two, three, four');
    expect(message).toMatchObject({
      model: MODEL,
      role: 'assistant',
      stop_reason: 'end_turn',
      content: [{ type: 'text', text: 'one, two, three, four' }],
      usage: { input_tokens: 20, cache_read_input_tokens: 100, output_tokens: 13 },
    });
    expect(stream.request_id).toMatch(REQUEST_ID);
  });

  test('a whole answer is the stream, folded', async () => {
    const whole = await client.messages.create(ask('count'));
    const streamed = await client.messages.stream(ask('count')).finalMessage();
    expect({ ...onTheWire(streamed), id: '' }).toEqual({ ...onTheWire(whole), id: '' });
    expect(whole._request_id).toMatch(REQUEST_ID);
  });

  test('a stop sequence cuts the text, across chunks too', async () => {
    const message = await client.messages.create({ ...ask('count'), stop_sequences: [', three'] });
    expect(message).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: ', three' });
    expect(message.content).toMatchObject([{ type: 'text', text: 'one, two' }]);
  });

  test('a blocked prompt is a refusal, not an empty answer', async () => {
    const message = await client.messages.create(ask('forbidden'));
    expect(message.stop_reason).toBe('refusal');
    expect(message.stop_details).toMatchObject({ type: 'refusal' });
  });

  test('thoughts are shown to a client that asked for thinking, and to no other', async () => {
    const thinking = { type: 'enabled', budget_tokens: 1024, display: 'summarized' } as const;
    const params = { ...ask('weather in Oslo'), max_tokens: 4000, tools: [WEATHER] };
    const types = async (more: Partial<Anthropic.MessageCreateParamsNonStreaming>) =>
      (await client.messages.create({ ...params, ...more })).content.map((block) => block.type);
    expect(await types({ thinking })).toEqual(['thinking', 'tool_use']);
    expect(await types({})).toEqual(['tool_use']);
  });
});

describe('tools', () => {
  test('a call, its result, and the signature that belongs to the call', async () => {
    const params = { ...ask('weather in Oslo'), tools: [WEATHER] };
    const first = await client.messages.create(params);
    const call = first.content.find((block) => block.type === 'tool_use');
    if (!call) throw new Error('no call');
    expect(first.stop_reason).toBe('tool_use');
    expect(call).toMatchObject({ name: 'get_weather', input: { city: 'Oslo' } });
    const second = await client.messages.create({
      ...params,
      messages: [
        ...params.messages,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: '21 degrees' }] },
      ],
    });
    expect(second.content).toMatchObject([{ type: 'text', text: expect.stringContaining('21 degrees') }]);
    const parts = lastSent().contents.flatMap((turn: { parts: object[] }) => turn.parts);
    expect(parts).toContainEqual(
      expect.objectContaining({ functionCall: expect.anything(), thoughtSignature: SIGNATURE }),
    );
  });

  test('the tool runner works to the end', async () => {
    const asked: string[] = [];
    const runner = client.beta.messages.toolRunner({
      ...ask('weather in Oslo'),
      tools: [
        betaTool({
          name: 'get_weather',
          description: WEATHER.description,
          inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
          run: ({ city }) => {
            asked.push(city);
            return `21 degrees in ${city}`;
          },
        }),
      ],
    });
    const message = await runner.runUntilDone();
    expect(asked).toEqual(['Oslo']);
    expect(message.content).toMatchObject([
      { type: 'text', text: expect.stringContaining('21 degrees in Oslo') },
    ]);
  });
});

describe('errors', () => {
  test('a wrong key is an AuthenticationError that is not retried', async () => {
    const stranger = new Anthropic({ baseURL: proxy.url, apiKey: 'wrong', maxRetries: 5 });
    const error = await failure(stranger.messages.create(ask('count')));
    expect(error).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(error.headers?.get('x-should-retry')).toBe('false');
  });

  test('an unknown model is a NotFoundError that names it', async () => {
    const error = await failure(client.messages.create({ ...ask('count'), model: 'gpt-9' }));
    expect(error).toBeInstanceOf(Anthropic.NotFoundError);
    expect(error.apiMessage).toBe('model: gpt-9');
    expect(error.requestID).toMatch(REQUEST_ID);
  });

  test('a bad field is a BadRequestError that names it', async () => {
    const error = await failure(client.messages.create({ ...ask('count'), max_tokens: -1 }));
    expect(error).toBeInstanceOf(Anthropic.BadRequestError);
    expect(error.apiMessage).toStartWith('max_tokens: ');
    expect(error.error).toMatchObject({ request_id: expect.stringMatching(REQUEST_ID) });
  });

  test('what Google refuses is a BadRequestError', async () => {
    for (const stream of [false, true]) {
      const error = await failure(client.messages.create({ ...ask('unscripted'), stream }));
      expect(error).toBeInstanceOf(Anthropic.BadRequestError);
      expect(error.type).toBe('invalid_request_error');
    }
  });

  test('a stream that breaks off is an error, never a short answer', async () => {
    const error = await failure(client.messages.stream(ask('cut')).finalMessage());
    expect(error.type).toMatch(/^(api|overloaded)_error$/);
  });
});

describe('the rest of the API', () => {
  test('counts tokens', async () => {
    const { model, messages } = ask('count');
    expect(await client.messages.countTokens({ model, messages })).toMatchObject({ input_tokens: 42 });
  });

  test('lists models and finds each of them', async () => {
    const ids: string[] = [];
    for await (const model of client.models.list({ limit: 2 })) ids.push(model.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(2);
    for (const id of ids) expect(await client.models.retrieve(id)).toMatchObject({ id, type: 'model' });
    expect(await failure(client.models.retrieve('gpt-9'))).toBeInstanceOf(Anthropic.NotFoundError);
  });

  test('no key of Google reaches the client or the log', () => {
    expect(proxy.output()).not.toContain(KEY);
  });
});
