/** What a scenario can have Gemini say: each end, block, rating, count, part and oddity, as it stands on the wire. */
import { describe, expect, test } from 'bun:test';
import { FinishReason } from '@google/genai/web';
import { modelRow } from '../../../src/gemini/model-rows.ts';
import type { GenerateContentResponse } from '../../../src/gemini/wire.ts';
import { isIssued } from '../../../src/sim/mock/signing.ts';
import { BLOCK_WORDS, FINISH_WORDS } from '../../../src/sim/scenario/act-schema.ts';
import { parseScenario } from '../../../src/sim/scenario/read.ts';
import { ask, BASE, declare, fakeExchange, mockFetch, partsOf, post, textOf, userSays } from './harness.ts';

const MODEL = 'gemini-4-argon';
const THOUGHTS = { thinkingConfig: { includeThoughts: true, thinkingLevel: 'high' } };
const SIGNATURE = expect.stringMatching(/^[\w+/=]{100,}$/);

const fetchOf = (rule: string) =>
  mockFetch({
    scenarios: [parseScenario(`name: t\ndescription: d\nrules:\n  - { name: r, ${rule} }`, 't.yaml')],
  });

const stream = (rule: string, more: object = {}, model = MODEL): Promise<GenerateContentResponse[]> =>
  ask(fetchOf(rule), model, { contents: [userSays('go')], ...more });

async function whole(rule: string, more: object = {}): Promise<GenerateContentResponse> {
  const body = post({ contents: [userSays('go')], ...more });
  return (await fetchOf(rule)(`${BASE}/${MODEL}:generateContent`, body, fakeExchange())).json();
}

const lastOf = (chunks: readonly GenerateContentResponse[]) => chunks.at(-1)?.candidates?.[0];

describe('ends', () => {
  test.each([...FINISH_WORDS])('finish: %s', async (reason) => {
    const chunks = await stream(`text: so far, finish: ${reason}`);
    expect(textOf(chunks)).toBe('so far');
    expect(lastOf(chunks)).toMatchObject({ finishReason: reason, index: 0 });
    expect((await whole(`finish: ${reason}`)).candidates?.[0]?.finishReason).toBe(reason);
  });

  test('every reason that the SDK knows can be said', () => {
    const missing = Object.values(FinishReason).filter(
      (word) => !FINISH_WORDS.some((known) => known === word),
    );
    expect(missing).toEqual([]);
  });

  test('a message, and a reason that Google does not have yet', async () => {
    const chunks = await stream('finish: { unknown: TIRED, message: Enough. }');
    expect(chunks).toHaveLength(1);
    expect(lastOf(chunks)).toEqual({ finishReason: 'TIRED', index: 0, finishMessage: 'Enough.' });
  });

  test('an answer that is cut at the limit ends with the cut', async () => {
    const chunks = await stream('text: "one two three four five six seven", finish: SAFETY', {
      generationConfig: { maxOutputTokens: 1 },
    });
    expect(lastOf(chunks)?.finishReason).toBe('MAX_TOKENS');
  });

  test.each([...BLOCK_WORDS])('block: %s, and no candidate', async (reason) => {
    const [chunk, ...others] = await stream(`block: { reason: ${reason}, message: No. }`);
    expect(others).toEqual([]);
    expect(chunk?.candidates).toBeUndefined();
    expect(chunk?.promptFeedback).toEqual({ blockReason: reason, blockReasonMessage: 'No.' });
    expect(chunk?.usageMetadata?.promptTokenCount).toBeGreaterThan(0);
  });

  test('ratings stand with the end, or with the block', async () => {
    const rating = '{ category: HARM_CATEGORY_HARASSMENT, probability: HIGH, blocked: true }';
    const safetyRatings = [{ category: 'HARM_CATEGORY_HARASSMENT', probability: 'HIGH', blocked: true }];
    expect(lastOf(await stream(`finish: SAFETY, safety: [${rating}]`))).toMatchObject({ safetyRatings });
    expect((await whole(`block: SAFETY, safety: [${rating}]`)).promptFeedback).toMatchObject({
      safetyRatings,
    });
  });
});

describe('counts', () => {
  test('are those of the scenario at the end, and never more before it', async () => {
    const chunks = await stream(
      'text: { repeat: "word after word ", times: 60 }, usage: { prompt: 900, cached: 800, output: 20, thoughts: 7, tool_prompt: 5 }',
    );
    expect(chunks.at(-1)?.usageMetadata).toMatchObject({
      promptTokenCount: 900,
      cachedContentTokenCount: 800,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 7,
      toolUsePromptTokenCount: 5,
      totalTokenCount: 932,
    });
    const said = chunks.map(({ usageMetadata }) => usageMetadata?.candidatesTokenCount ?? 0);
    expect(said.length).toBeGreaterThan(3);
    expect(said).toEqual(said.toSorted((a, b) => a - b));
  });

  test('a total that is no sum', async () => {
    expect((await whole('text: x, usage: { total: 3 }')).usageMetadata?.totalTokenCount).toBe(3);
  });

  test('none', async () => {
    expect((await stream('text: x, usage: none')).every((chunk) => !('usageMetadata' in chunk))).toBe(true);
  });
});

describe('calls', () => {
  const tools = declare('Read');
  const callOf = async (call: string) =>
    partsOf(await stream(`calls: [${call}]`, { tools })).find((part) => part.functionCall)?.functionCall;

  test.each<[string, string, unknown]>([
    ['as a text', `{ tool: Read, exact_args: '{"path": "a"}' }`, '{"path": "a"}'],
    ['as a text that is no JSON', `{ tool: Read, exact_args: '{"path": ' }`, '{"path": '],
    ['as a list', '{ tool: Read, exact_args: [1, "{{user}}"] }', [1, 'go']],
    ['null', '{ tool: Read, exact_args: null }', null],
    [
      'of wrong types, and unknown',
      '{ tool: Read, exact_args: { path: 5, hue: red } }',
      { path: 5, hue: 'red' },
    ],
  ])('arguments %s', async (_what, call, args) => {
    expect(await callOf(call)).toMatchObject({ name: 'Read', args });
  });

  test('no arguments at all', async () => {
    expect(await callOf('{ tool: Read, no_args: true }')).not.toHaveProperty('args');
  });

  test('a tool that nobody has declared', async () => {
    expect(await callOf('{ undeclared: open_pod_bay_doors, args: { now: true } }')).toMatchObject({
      name: 'open_pod_bay_doors',
    });
  });

  test.each<[string, unknown]>([
    ['false', undefined],
    ['true', SIGNATURE],
    ['not-a-signature', 'not-a-signature'],
  ])('signature: %s', async (signature, expected) => {
    const chunks = await stream(`calls: [{ tool: Read, signature: ${signature} }]`, { tools });
    expect(partsOf(chunks).find((part) => part.functionCall)?.thoughtSignature).toEqual(expected as string);
  });
});

describe('parts', () => {
  test('come in their order, each with its signature', async () => {
    const chunks = await stream(
      `parts: [
        { thought: First., signature: true }, { text: "One. " }, { thought: Second., signature: false },
        { picture: { base64: iVBORw0KGgo= } }, { text: Two., signature: own }, { exact: { hologram: { depth: 3 } } },
        { call: { tool: Read } }, { text: "", signature: false } ]`,
      { tools: declare('Read'), generationConfig: THOUGHTS },
    );
    expect(partsOf(chunks)).toEqual([
      { text: 'First.\n\n\n', thought: true, thoughtSignature: SIGNATURE },
      { text: 'One. ' },
      { text: 'Second.\n\n\n', thought: true },
      { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } },
      { text: 'Two.', thoughtSignature: 'own' },
      { hologram: { depth: 3 } },
      { functionCall: { name: 'Read', args: {}, id: expect.any(String) }, thoughtSignature: SIGNATURE },
      { text: '' },
    ] as never);
    expect(lastOf(chunks)?.finishReason).toBe('STOP');
  });

  test('signatures that are ordered are real ones', async () => {
    const [part] = partsOf(await stream('parts: [{ text: x, signature: true }]'));
    expect(isIssued(part?.thoughtSignature ?? '', modelRow(MODEL))).toBe(true);
  });

  test('a stop sequence cuts at the part in which it is', async () => {
    const chunks = await stream('parts: [{ text: one }, { text: two STOP three }, { text: four }]', {
      generationConfig: { stopSequences: ['STOP'] },
    });
    expect(textOf(chunks)).toBe('onetwo ');
  });

  test('parts whose only call has no tool are passed over', async () => {
    expect(textOf(await stream('parts: [{ text: x }, { call: { tool: Read } }]'))).toContain('no scenario');
  });
});

describe('more than was asked for', () => {
  const OTHERS = 'candidates: [{ text: Short. }, { parts: [{ text: "a " }, { text: b }], finish: SAFETY }]';

  test('other candidates come beside the first, and may end before it', async () => {
    const chunks = await stream(`text: { repeat: "word after word after word ", times: 12 }, ${OTHERS}`);
    const of = (index: number) =>
      chunks.flatMap(({ candidates = [] }) => candidates.filter((each) => each.index === index));
    expect(of(0)).toHaveLength(chunks.length);
    expect(of(1).flatMap(({ content }) => content?.parts ?? [])[0]?.text).toBe('Short.');
    expect(of(1).at(-1)?.finishReason).toBe('STOP');
    expect(chunks.findIndex(({ candidates = [] }) => candidates[1]?.finishReason === 'STOP')).toBeLessThan(
      chunks.length - 1,
    );
    expect(of(2).at(-1)?.finishReason).toBe('SAFETY');
  });

  test('a whole answer has all of them', async () => {
    const { candidates = [] } = await whole(`text: x, ${OTHERS}`);
    expect(candidates.map(({ index, finishReason }) => [index, finishReason])).toEqual([
      [0, 'STOP'],
      [1, 'STOP'],
      [2, 'SAFETY'],
    ]);
  });

  test('fields that nobody knows', async () => {
    const chunks = await stream(
      'text: x, extra: { candidate: { aura: blue }, response: { weather: sunny } }',
    );
    expect(lastOf(chunks)).toMatchObject({ aura: 'blue' });
    expect(chunks.at(-1)).toMatchObject({ weather: 'sunny' });
    expect(chunks.slice(0, -1).some((chunk) => 'weather' in chunk)).toBe(false);
  });
});

describe("Google's tools", () => {
  test.each([
    ['failed: true', 'OUTCOME_FAILED'],
    ['failed: deadline', 'OUTCOME_DEADLINE_EXCEEDED'],
  ])('code that does not end well: %s', async (failed, outcome) => {
    const chunks = await stream(`text: x, code: [{ source: y, output: z, ${failed} }]`, {
      tools: [{ codeExecution: {} }],
    });
    expect(partsOf(chunks)).toContainEqual({ codeExecutionResult: { outcome, output: 'z' } });
  });

  test('a page that cannot be read', async () => {
    const chunks = await stream('text: x, pages: [{ url: "https://a.example/", failed: paywall }]', {
      tools: [{ urlContext: {} }],
    });
    expect(lastOf(chunks)?.urlContextMetadata).toEqual({
      urlMetadata: [
        { retrievedUrl: 'https://a.example/', urlRetrievalStatus: 'URL_RETRIEVAL_STATUS_PAYWALL' },
      ],
    });
  });
});
