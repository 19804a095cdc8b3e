/**
 * Answers in sound JSON whose fields have any type: none causes an error of ours, and none reaches a client with a
 * wrong type.
 */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { UpstreamError } from '../../../src/gemini/errors.ts';
import { FrameDecoder } from '../../../src/gemini/frames.ts';
import { parseKeepingDigits } from '../../../src/lib/exact-json.ts';
import { foldEvents } from '../../../src/translate/response/message.ts';
import { answerFrames, planFor } from '../../support/answers/answer.ts';
import { contractViolations } from '../../support/answers/contract.ts';
import { violations } from '../../support/answers/laws.ts';

const NAMES = ['Bash', 'bash', 'Nope', 'default_api:Bash', '', '\ud83d'];
const garbage: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      null,
      true,
      false,
      0,
      -1,
      1.5,
      1e300,
      '',
      '0',
      'x',
      '\ud83d',
      [],
      {},
      [null],
      [[]],
      { a: [] },
    ),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

/** Mostly what Google sends in this place, sometimes anything. */
const mostly = (...good: readonly unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: garbage });
const or = (good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 8, arbitrary: good }, { weight: 1, arbitrary: garbage });
const some = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> =>
  or(fc.record(fields, { requiredKeys: [] }));
const list = (item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => or(fc.array(item, { maxLength: 3 }));

const piece = some({
  jsonPath: mostly('$.a', '$.a.b', '$.l[0]', '$.l[1].x', '$["q"]', '$', '$.a[9999]'),
  stringValue: mostly('x', '\ud83d', '\ude00'),
  numberValue: mostly(1, 2.5),
  boolValue: mostly(true),
  nullValue: mostly(null),
});
const part = some({
  text: mostly('a', 'hi \ud83d', '\ude00!', ''),
  thought: mostly(true, undefined),
  thoughtSignature: mostly('sig', ''),
  functionCall: some({
    id: mostly('1', 'call_1'),
    name: mostly(...NAMES),
    args: mostly({ a: 1 }, {}, '{"a":1}', [], null),
    partialArgs: list(piece),
    willContinue: mostly(true, false),
  }),
  functionResponse: some({ id: mostly('1'), name: mostly(...NAMES), response: garbage }),
  executableCode: some({ language: mostly('PYTHON'), code: mostly('print(1)') }),
  codeExecutionResult: some({ outcome: mostly('OUTCOME_OK'), output: mostly('1\n') }),
  inlineData: garbage,
  toolCall: garbage,
});
/** Few parts have both a call and text, so each kind of part is drawn by itself. */
const onePart = fc
  .tuple(part, fc.constantFrom('text', 'functionCall', 'executableCode', undefined))
  .map(([value, key]) =>
    key !== undefined && typeof value === 'object' && value !== null && key in value
      ? { [key]: (value as Record<string, unknown>)[key] }
      : value,
  );
const candidate = some({
  content: some({ parts: list(onePart), role: mostly('model') }),
  index: mostly(0, '0', 1),
  finishReason: mostly(
    'STOP',
    'STOP',
    'STOP',
    'MAX_TOKENS',
    'SAFETY',
    'UNEXPECTED_TOOL_CALL',
    'MALFORMED_FUNCTION_CALL',
    'NEW',
  ),
  finishMessage: mostly('Malformed function call: print(default_api.Bash(a=1))', 'm', 'a \ud83d'),
});
const chunk = some({
  candidates: list(candidate),
  promptFeedback: fc.oneof(
    { weight: 5, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: some({ blockReason: mostly('SAFETY'), blockReasonMessage: mostly('m', 'a \ud83d') }),
    },
  ),
  usageMetadata: some({
    promptTokenCount: mostly(3, '7'),
    cachedContentTokenCount: mostly(1),
    candidatesTokenCount: mostly(2),
    thoughtsTokenCount: mostly(1),
    toolUsePromptTokenCount: mostly(1),
    totalTokenCount: mostly(9),
  }),
  error: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: some({
        code: mostly(503),
        message: mostly('m', 'a \ud83d'),
        status: mostly('UNAVAILABLE'),
        details: garbage,
      }),
    },
  ),
});
const END = { candidates: [{ finishReason: 'STOP' }] };

const plans = fc.record({
  thinking: fc.constantFrom('hidden', 'shown', 'omitted'),
  stopSequences: fc.constantFrom([], ['hi'], ['😀!']),
  parallelCalls: fc.boolean(),
  undeclaredCalls: fc.constantFrom('refused', 'passed-on', 'asked-again'),
} as const);

const utf8 = new TextEncoder();

test('answers whose fields are of any type', async () => {
  const seen = { whole: 0, failed: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { maxLength: 4 }), plans, fc.boolean(), async (chunks, plan, ends) => {
      const bodies = (ends ? [...chunks, END] : chunks).map((one) => `data: ${JSON.stringify(one)}\r\n\r\n`);
      const decoder = new FrameDecoder();
      const frames = [...decoder.feed(utf8.encode(bodies.join(''))), ...decoder.end()];
      const { events, error } = await answerFrames(frames, planFor(['Bash'], plan));
      expect(error === undefined || error instanceof UpstreamError).toBe(true);
      expect(violations(events)).toEqual([]);
      for (const event of events) {
        expect(contractViolations(JSON.parse(JSON.stringify(event)))).toEqual([]);
      }
      if (error === undefined) {
        expect(typeof parseKeepingDigits(JSON.stringify(foldEvents(events)))).toBe('object');
        seen.whole++;
      } else seen.failed++;
    }),
    { numRuns: 2_000 },
  );
  // The test covers both.
  expect(seen.whole).toBeGreaterThan(50);
  expect(seen.failed).toBeGreaterThan(50);
}, 60_000);
