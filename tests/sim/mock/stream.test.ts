/** The bytes and shapes of a stream, compared with those of real streams. */
import { describe, expect, test } from 'bun:test';
import type { GenerateContentResponse } from '../../../src/gemini/wire.ts';
import {
  ask,
  BASE,
  declare,
  fakeExchange,
  mockFetch,
  partsOf,
  post,
  readEvents,
  textOf,
  userSays,
} from './harness.ts';

const THINKING = { thinkingConfig: { includeThoughts: true } };
const tour = { contents: [userSays('take the tour')], tools: declare('Write') };
const afterWrite = {
  contents: [
    userSays('take the tour'),
    {
      role: 'model',
      parts: [{ functionCall: { name: 'Write' }, thoughtSignature: 'skip_thought_signature_validator' }],
    },
    { role: 'user', parts: [{ functionResponse: { name: 'Write', response: { output: 'ok' } } }] },
  ],
  tools: declare('Write', 'Read'),
};

const KEY_ORDER: Record<string, readonly string[]> = {
  chunk: ['candidates', 'usageMetadata', 'modelVersion', 'responseId'],
  candidate: ['content', 'finishReason', 'index', 'finishMessage'],
  content: ['parts', 'role'],
  call: ['name', 'args', 'id'],
  usage: [
    'promptTokenCount',
    'candidatesTokenCount',
    'totalTokenCount',
    'cachedContentTokenCount',
    'promptTokensDetails',
    'cacheTokensDetails',
    'thoughtsTokenCount',
    'serviceTier',
  ],
};

function expectOrder(kind: string, value: object | undefined) {
  const keys = Object.keys(value ?? {});
  expect(keys).toEqual((KEY_ORDER[kind] ?? []).filter((key) => keys.includes(key)));
}

const ends = (chunks: readonly GenerateContentResponse[]) =>
  chunks.map((chunk) => chunk.candidates?.[0]?.finishReason ?? '');

describe('bytes', () => {
  test('each event is one data line ended by CRLF CRLF, with a space after colons and none after commas', async () => {
    const response = await mockFetch()(
      `${BASE}/gemini-4-argon:streamGenerateContent?alt=sse`,
      post({ contents: [userSays('hello')] }),
      fakeExchange(),
    );
    const body = await response.text();
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(body.startsWith('data: {"candidates": [{"content": {"parts": [{"text": "')).toBe(true);
    expect(body.endsWith('\r\n\r\n')).toBe(true);
    expect(body).toContain('"}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": ');
    expect(readEvents(body).length).toBeGreaterThan(1);
  });

  test('angle brackets are escaped and other characters are raw', async () => {
    const response = await mockFetch()(
      `${BASE}/gemini-4-argon:streamGenerateContent?alt=sse`,
      post({ contents: [userSays('write <b>é</b>')] }),
      fakeExchange(),
    );
    const body = await response.text();
    expect(body).toContain('\\u003cb\\u003eé\\u003c/b\\u003e');
    expect(textOf(readEvents(body))).toContain('<b>é</b>');
  });

  test('a unary answer is printed in two-space lines with a final newline', async () => {
    const response = await mockFetch()(
      `${BASE}/gemini-4-argon:generateContent`,
      post({ contents: [userSays('hello')] }),
      fakeExchange(),
    );
    const body = await response.text();
    expect(body.startsWith('{\n  "candidates": [\n    {\n      "content": {\n')).toBe(true);
    expect(body.endsWith('\n}\n')).toBe(true);
    const parts = JSON.parse(body).candidates[0].content.parts;
    expect(parts).toHaveLength(1);
    expect(parts[0].text).toContain('offline mock');
  });

  test.each(['gemini-4-argon', 'gemini-3.8-flash', 'gemini-2.5-flash', 'gemini-2.0-flash'])(
    'keys of every event stand in the order of the wire: %s',
    async (model) => {
      for (const body of [tour, { contents: [userSays('hello')], generationConfig: THINKING }]) {
        for (const chunk of await ask(mockFetch(), model, body)) {
          const candidate = chunk.candidates?.[0];
          expectOrder('chunk', chunk);
          expectOrder('candidate', candidate);
          expectOrder('content', candidate?.content);
          expectOrder('usage', chunk.usageMetadata);
          for (const part of candidate?.content?.parts ?? []) expectOrder('call', part.functionCall);
        }
      }
    },
  );
});

describe('shape by generation', () => {
  test('Gemini 4 closes a text answer with an empty signed text and STOP', async () => {
    const chunks = await ask(mockFetch(), 'gemini-4-argon', { contents: [userSays('hello')] });
    const last = chunks.at(-1)?.candidates?.[0];
    expect(last?.content?.parts).toEqual([{ text: '', thoughtSignature: expect.any(String) }]);
    expect(ends(chunks).filter(Boolean)).toEqual(['STOP']);
    expect(last?.finishMessage).toBeUndefined();
  });

  test('Gemini 3 sends parallel calls one by one, signs the first, and closes with an empty text', async () => {
    const chunks = await ask(mockFetch(), 'gemini-3.8-flash', afterWrite);
    const events = chunks.map((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
    expect(events.map((parts) => parts.length)).toEqual([1, 1, 1]);
    expect(events[0]?.[0]?.functionCall?.id).toMatch(/^[a-z0-9]{8}$/);
    expect(events[0]?.[0]?.thoughtSignature).toBeString();
    expect(events[1]?.[0]?.thoughtSignature).toBeUndefined();
    expect(events[2]).toEqual([{ text: '' }]);
    expect(chunks.at(-1)?.candidates?.[0]?.finishMessage).toBe('Model generated function call(s).');
    expect(ends(chunks)).toEqual(['', '', 'STOP']);
  });

  test('Gemini 2.5 sends parallel calls in one event with STOP and without ids', async () => {
    const chunks = await ask(mockFetch(), 'gemini-2.5-flash', afterWrite);
    const last = chunks.at(-1)?.candidates?.[0];
    expect(last?.content?.parts?.map((part) => part.functionCall?.name)).toEqual(['Read', 'Read']);
    expect(last?.content?.parts?.[0]?.functionCall?.id).toBeUndefined();
    expect(last?.finishReason).toBe('STOP');
    expect(last?.finishMessage).toBe('Model generated function call(s).');
  });

  test('Gemini 2.0 signs nothing', async () => {
    const chunks = await ask(mockFetch(), 'gemini-2.0-flash', tour);
    expect(partsOf(chunks).some((part) => part.thoughtSignature)).toBe(false);
    expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP');
  });
});

describe('thinking', () => {
  const config = (thinkingConfig: object) => ({ ...tour, generationConfig: { thinkingConfig } });
  const thoughts = (chunks: readonly GenerateContentResponse[]) =>
    partsOf(chunks).filter((part) => part.thought);
  const billed = (chunks: readonly GenerateContentResponse[]) =>
    chunks.at(-1)?.usageMetadata?.thoughtsTokenCount ?? 0;

  test('summaries come first, a paragraph an event, when they are asked for', async () => {
    const chunks = await ask(mockFetch(), 'gemini-4-argon', config({ includeThoughts: true }));
    expect(chunks.slice(0, 2).map((chunk) => chunk.candidates?.[0]?.content?.parts?.[0]?.thought)).toEqual([
      true,
      true,
    ]);
    expect(thoughts(chunks)[0]?.text).toEndWith('\n\n\n');
    expect(thoughts(chunks)[0]?.thoughtSignature).toBeUndefined();
  });

  test('without includeThoughts they are billed and not shown', async () => {
    const chunks = await ask(mockFetch(), 'gemini-4-argon', tour);
    expect(thoughts(chunks)).toEqual([]);
    expect(billed(chunks)).toBeGreaterThan(0);
  });

  test.each([
    ['gemini-4-argon', { includeThoughts: true, thinkingLevel: 'low' }],
    ['gemini-3.6-flash', { includeThoughts: true, thinkingLevel: 'minimal' }],
    ['gemini-2.5-flash', { includeThoughts: true, thinkingBudget: 0 }],
  ])('none at the lowest setting of %s', async (model, thinkingConfig) => {
    const chunks = await ask(mockFetch(), model, config(thinkingConfig));
    expect(thoughts(chunks)).toEqual([]);
    expect(billed(chunks)).toBe(0);
  });
});

describe('usage', () => {
  test('is on every event, grows, and adds up', async () => {
    const chunks = await ask(mockFetch(), 'gemini-4-argon', { ...tour, generationConfig: THINKING });
    let before = 0;
    for (const { usageMetadata: usage = {} } of chunks) {
      const sum =
        (usage.promptTokenCount ?? 0) + (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0);
      expect(usage.totalTokenCount).toBe(sum);
      expect(sum).toBeGreaterThanOrEqual(before);
      before = sum;
    }
    expect(chunks[0]?.usageMetadata?.candidatesTokenCount).toBeUndefined();
    expect(new Set(chunks.map((chunk) => chunk.responseId)).size).toBe(1);
  });

  test('a repeated beginning counts as cached, and is part of the prompt', async () => {
    const fetch = mockFetch();
    const long = { ...tour, systemInstruction: { parts: [{ text: 'word '.repeat(5_000) }] } };
    const first = (await ask(fetch, 'gemini-4-argon', long)).at(-1)?.usageMetadata;
    const longer = {
      ...long,
      contents: [...long.contents, { role: 'model', parts: [{ text: 'ok' }] }, userSays('go on')],
    };
    const second = (await ask(fetch, 'gemini-4-argon', longer)).at(-1)?.usageMetadata;
    expect(first?.cachedContentTokenCount).toBeUndefined();
    expect(second?.cachedContentTokenCount).toBe(first?.promptTokenCount ?? -1);
    expect(second?.promptTokenCount).toBeGreaterThan(second?.cachedContentTokenCount ?? 0);
  });

  test('a short prompt is never cached', async () => {
    const fetch = mockFetch();
    await ask(fetch, 'gemini-4-argon', tour);
    const again = (await ask(fetch, 'gemini-4-argon', tour)).at(-1)?.usageMetadata;
    expect(again?.cachedContentTokenCount).toBeUndefined();
  });
});

describe('limits', () => {
  test('maxOutputTokens counts thoughts and ends with MAX_TOKENS', async () => {
    const generationConfig = { ...THINKING, maxOutputTokens: 5 };
    const chunks = await ask(mockFetch(), 'gemini-4-argon', { ...tour, generationConfig });
    expect(textOf(chunks)).toBe('');
    expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe('MAX_TOKENS');
  });

  test('a stop sequence is taken out with all after it, and the end says STOP', async () => {
    const generationConfig = { stopSequences: ['mock'] };
    const chunks = await ask(mockFetch(), 'gemini-4-argon', {
      contents: [userSays('hello')],
      generationConfig,
    });
    expect(textOf(chunks)).toBe('Hello! This is the offline ');
    expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP');
  });
});
