/** What the mock keeps by name: in Google's words, for the key that made it, and for its time. */
import { describe, expect, test } from 'bun:test';
import type { GenerateContentRequest } from '../../../src/gemini/wire.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { fakeExchange, mockFetch } from './harness.ts';

const MODEL = 'gemini-3.8-flash';
const LIST = 'http://mock.local/v1beta/cachedContents';
const LONG = 'word'.repeat(5_000);
const KEPT = { model: `models/${MODEL}`, systemInstruction: { parts: [{ text: LONG }] }, ttl: '300s' };
const QUESTION = {
  contents: [{ role: 'user', parts: [{ text: 'hello' }] }],
} satisfies GenerateContentRequest;

function google() {
  const clock = new ManualClock();
  const fetch = mockFetch({ clock });
  const ask = async (method: string, url: string, body?: object, key = 'key-1') => {
    const init = {
      method,
      headers: { 'x-goog-api-key': key },
      ...(body ? { body: JSON.stringify(body) } : {}),
    };
    const response = await fetch(url, init, fakeExchange());
    return { status: response.status, body: await response.json() };
  };
  const keep = (body: object = KEPT, key?: string) => ask('POST', LIST, body, key);
  const generate = (body: object, key?: string, model = MODEL) =>
    ask('POST', `http://mock.local/v1beta/models/${model}:generateContent`, body, key);
  const at = (name: string) => LIST.replace('cachedContents', name);
  return { clock, ask, keep, generate, at };
}

describe('what is kept', () => {
  test('has a name, its tokens and its end', async () => {
    const { clock, keep } = google();
    const { status, body } = await keep();
    expect(status).toBe(200);
    expect(body).toMatchObject({ model: `models/${MODEL}`, usageMetadata: { totalTokenCount: 5_000 } });
    expect(body.name).toMatch(/^cachedContents\/[a-z0-9]{40}$/);
    expect(Date.parse(body.expireTime) - clock.wall().getTime()).toBe(300_000);
  });

  test('counts as cached, and the prompt is the whole', async () => {
    const { keep, generate } = google();
    const { name } = (await keep()).body;
    const { body } = await generate({ ...QUESTION, cachedContent: name });
    expect(body.usageMetadata).toMatchObject({ promptTokenCount: 5_002, cachedContentTokenCount: 5_000 });
  });

  test('a conversation may go on from it in the middle', async () => {
    const { keep, generate } = google();
    const call = { role: 'model', parts: [{ functionCall: { name: 'f', id: 'a' } }] };
    const response = { functionResponse: { name: 'f', id: 'a', response: {} } };
    const tools = [{ functionDeclarations: [{ name: 'f' }] }];
    const { name } = (await keep({ ...KEPT, tools, contents: QUESTION.contents })).body;
    const signed = {
      ...call,
      parts: [{ ...call.parts[0], thoughtSignature: 'skip_thought_signature_validator' }],
    };
    const rest = { contents: [signed, { role: 'user', parts: [response] }] };
    expect((await generate({ ...rest, cachedContent: name })).status).toBe(200);
    expect((await generate(rest)).status).toBe(400);
  });

  test('is listed, kept on, and let go', async () => {
    const { clock, ask, keep, generate, at } = google();
    const { name } = (await keep()).body;
    expect((await ask('GET', LIST)).body.cachedContents.map((one: { name: string }) => one.name)).toEqual([
      name,
    ]);
    await clock.advance(299_000);
    expect((await ask('PATCH', `${at(name)}?updateMask=ttl`, { ttl: '600s' })).status).toBe(200);
    await clock.advance(599_000);
    expect((await generate({ ...QUESTION, cachedContent: name })).status).toBe(200);
    expect(await ask('DELETE', at(name))).toEqual({ status: 200, body: {} });
    expect((await ask('GET', at(name))).status).toBe(403);
    expect((await ask('GET', LIST)).body).toEqual({});
  });
});

describe('is refused', () => {
  test.each([
    [
      'too little',
      { ...KEPT, systemInstruction: { parts: [{ text: 'x' }] } },
      400,
      'Cached content is too small. total_token_count=1, min_total_token_count=4096',
    ],
    [
      'a model that keeps nothing',
      { ...KEPT, model: 'models/gemini-4-argon' },
      404,
      'models/gemini-4-argon is not found for API version v1beta, or is not supported for createCachedContent. Call ListModels to see the list of available models and their supported methods.',
    ],
    [
      'an unknown field',
      { ...KEPT, generationConfig: {} },
      400,
      'Invalid JSON payload received. Unknown name "generationConfig": Cannot find field.',
    ],
  ])('%s', async (_what, body, status, message) => {
    expect(await google().keep(body)).toMatchObject({ status, body: { error: { message } } });
  });

  const NOT_FOUND = {
    status: 403,
    body: { error: { message: 'CachedContent not found (or permission denied)' } },
  };

  test('to another key, to another model, beside tools, and after its time', async () => {
    const { clock, keep, generate } = google();
    const { name } = (await keep()).body;
    const asked = { ...QUESTION, cachedContent: name };
    expect(await generate(asked, 'key-2')).toMatchObject(NOT_FOUND);
    expect((await generate(asked, 'key-1', 'gemini-3.6-flash')).body.error.message).toBe(
      'Cached content model does not match the model in the request.',
    );
    expect((await generate({ ...asked, tools: [] })).body.error.message).toBe(
      'CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.',
    );
    await clock.advance(300_000);
    expect(await generate(asked)).toMatchObject(NOT_FOUND);
  });
});
