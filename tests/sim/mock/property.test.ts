/**
 * Whatever is declared and whatever the history is: a request that is accepted gets one complete, well-formed stream.
 */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { GenerateContentResponse } from '../../../src/gemini/wire.ts';
import { ask, fakeExchange, mockFetch, partsOf } from './harness.ts';

const MODELS = ['gemini-4-argon', 'gemini-3.6-flash', 'gemini-2.5-pro', 'gemini-2.0-flash'];
const CALLERS = ['main', 'title', 'helper', 'subagent', 'compaction', 'classifier', 'sdk', 'unheard-of'];
const NAMES = ['Write', 'Bash', 'Read', 'ToolSearch', 'CronList', 'Agent', 'Task', 'run_command', 'other'];
const SENTINEL = 'skip_thought_signature_validator';

const words = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.constantFrom('take the tour', 'hello', 'Tour stop:', '<b>{{user}}'),
);
const userTurn = words.map((text) => [{ role: 'user', parts: [{ text }] }]);
const answerTurn = words.map((text) => [
  { role: 'model', parts: [{ text }] },
  { role: 'user', parts: [{ text: 'go on' }] },
]);
const callTurn = fc
  .tuple(fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }), fc.boolean(), words)
  .map(([names, failed, said]) => [
    {
      role: 'model',
      parts: names.map((name, index) => ({
        functionCall: { name, args: {} },
        ...(index === 0 ? { thoughtSignature: SENTINEL } : {}),
      })),
    },
    {
      role: 'user',
      parts: names.map((name) => ({
        functionResponse: { name, response: { [failed ? 'error' : 'output']: said } },
      })),
    },
  ]);

const history = fc
  .tuple(userTurn, fc.array(fc.oneof(answerTurn, callTurn), { maxLength: 5 }))
  .map(([first, rest]) => [...first, ...rest.flat()]);
const tools = fc
  .uniqueArray(fc.constantFrom(...NAMES), { maxLength: NAMES.length })
  .map((names) =>
    names.length > 0 ? { tools: [{ functionDeclarations: names.map((name) => ({ name })) }] } : {},
  );
const config = fc.record(
  {
    maxOutputTokens: fc.integer({ min: 1, max: 200 }),
    stopSequences: fc.array(fc.string({ minLength: 1 }), { maxLength: 2 }),
    thinkingConfig: fc.record({ includeThoughts: fc.boolean() }),
  },
  { requiredKeys: [] },
);

function expectWhole(chunks: readonly GenerateContentResponse[], declared: readonly string[]) {
  expect(chunks.length).toBeGreaterThan(0);
  const finishes = chunks.map((chunk) => chunk.candidates?.[0]?.finishReason);
  expect(finishes.at(-1)).toBeOneOf(['STOP', 'MAX_TOKENS']);
  expect(finishes.slice(0, -1).every((finish) => finish === undefined)).toBe(true);
  for (const chunk of chunks) {
    expect(chunk.candidates?.[0]?.content?.parts?.length).toBeGreaterThan(0);
    expect(chunk.usageMetadata?.totalTokenCount).toBeGreaterThan(0);
  }
  const calls = partsOf(chunks).flatMap((part) => part.functionCall?.name ?? []);
  expect(calls.filter((name) => !declared.includes(name))).toEqual([]);
}

test('any accepted request is answered with a whole stream, calling declared tools only', async () => {
  const fetch = mockFetch();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...MODELS),
      fc.constantFrom(...CALLERS),
      history,
      tools,
      config,
      async (model, caller, contents, declared, generationConfig) => {
        const body = { contents, ...declared, generationConfig };
        const names = (declared.tools ?? []).flatMap((tool) =>
          tool.functionDeclarations.map(({ name }) => name),
        );
        expectWhole(await ask(fetch, model, body, fakeExchange(caller)), names);
      },
    ),
    { numRuns: 300 },
  );
});
