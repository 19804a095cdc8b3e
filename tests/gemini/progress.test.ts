/** Which events of a stream are progress, and when its answer is complete. */
import { describe, expect, test } from 'bun:test';
import { FrameDecoder } from '../../src/gemini/frames.ts';
import { Progress } from '../../src/gemini/progress.ts';

const COUNTS = { promptTokenCount: 3, candidatesTokenCount: 1 };
const event = (parts: unknown, finishReason?: string, usageMetadata?: object) => ({
  candidates: [
    { content: { role: 'model', parts }, ...(finishReason === undefined ? {} : { finishReason }) },
  ],
  ...(usageMetadata ? { usageMetadata } : {}),
});
const TEXT = event([{ text: 'a' }]);
const CODE = { executableCode: { language: 'PYTHON', code: '1' } };
const RESULT = { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } };

/** One letter for each event: whether it is progress. */
function news(...events: unknown[]): string {
  const progress = new Progress();
  const decoder = new FrameDecoder();
  const bytes = (value: unknown) =>
    new TextEncoder().encode(typeof value === 'string' ? value : `data: ${JSON.stringify(value)}\n\n`);
  return events.map((value) => (progress.read(decoder.feed(bytes(value))) ? 'y' : 'n')).join('');
}

function isWhole(...events: object[]): boolean {
  const progress = new Progress();
  const decoder = new FrameDecoder();
  for (const value of events)
    progress.read(decoder.feed(new TextEncoder().encode(`data: ${JSON.stringify(value)}\n\n`)));
  return progress.isWhole;
}

describe('an event says something', () => {
  test.each<[name: string, events: unknown[], said: string]>([
    ['a text, equal or not', [TEXT, TEXT], 'yy'],
    ['a thought', [event([{ text: 'hm', thought: true }])], 'y'],
    [
      'a call, equal or not',
      [
        event([{ functionCall: { name: 'a', args: {} } }]),
        event([{ functionCall: { name: 'a', args: {} } }]),
      ],
      'yy',
    ],
    [
      'a piece of a call',
      [
        event([
          { functionCall: { partialArgs: [{ jsonPath: '$.a', stringValue: 'x' }], willContinue: true } },
        ]),
      ],
      'y',
    ],
    [
      'a call without anything in it',
      [
        event([{ functionCall: { willContinue: true } }]),
        event([{ functionCall: { name: '' } }]),
        event([{ functionCall: { partialArgs: [] } }]),
      ],
      'nnn',
    ],
    ['code and its result', [event([CODE]), event([RESULT])], 'yy'],
    ['an error', [{ error: { code: 500, message: 'x' } }], 'y'],
    ['a comment', [': still here\n\n'], 'n'],
    ['half an event', ['data: {"candi'], 'n'],
    ['a sentinel', ['data: [DONE]\n\n'], 'n'],
    [
      'counts, growing or not',
      [{ usageMetadata: COUNTS }, { usageMetadata: { ...COUNTS, thoughtsTokenCount: 9 } }],
      'nn',
    ],
    ['a name and an id', [{ modelVersion: 'x', responseId: 'y' }], 'n'],
    [
      'an empty text, or an empty thought',
      [
        event([{ text: '' }]),
        event([{ text: null }]),
        event([{ text: '', thought: true }]),
        event([{ thought: true }]),
      ],
      'nnnn',
    ],
    ['no parts', [event([]), event(undefined), { candidates: [{}] }, { candidates: [null] }], 'nnnn'],
    ['an end, once', [event([], 'STOP'), event([], 'STOP')], 'yn'],
    ['an end that is none', [event([], 'FINISH_REASON_UNSPECIFIED'), event([], '')], 'nn'],
    [
      'a block, once',
      [{ promptFeedback: { blockReason: 'SAFETY' } }, { promptFeedback: { blockReason: 'SAFETY' } }],
      'yn',
    ],
    [
      'a signature, once',
      [event([{ text: '', thoughtSignature: 'c2ln' }]), event([{ text: '', thoughtSignature: 'c2ln' }])],
      'yn',
    ],
    [
      'a signature, once, with nothing said in between',
      [
        event([{ text: '', thoughtSignature: 'c2ln' }]),
        event([{ text: '' }]),
        event([{ text: '', thoughtSignature: 'c2ln' }]),
      ],
      'ynn',
    ],
    [
      'a part of no known kind, once',
      [event([{ novelty: 1 }]), event([{ novelty: 1 }]), event([{ novelty: 2 }])],
      'yny',
    ],
  ])('%s', (_name, events, said) => {
    expect(news(...events)).toBe(said);
  });
});

describe('an answer is whole', () => {
  test.each<[name: string, events: object[], whole: boolean]>([
    ['with its end and counts', [TEXT, event([], 'STOP', COUNTS)], true],
    ['with counts behind its end', [event([{ text: 'a' }], 'STOP'), { usageMetadata: COUNTS }], true],
    [
      'with the counts of its last word',
      [event([{ text: 'a' }], undefined, COUNTS), event([], 'STOP')],
      true,
    ],
    [
      'with an empty thought behind its end',
      [event([{ text: 'a' }], 'STOP', COUNTS), event([{ text: '', thought: true }])],
      true,
    ],
    ['not without an end', [event([{ text: 'a' }], undefined, COUNTS)], false],
    ['not without counts', [event([{ text: 'a' }], 'STOP')], false],
    ['not with counts of no tokens', [event([{ text: 'a' }], 'STOP', { trafficType: 'x' })], false],
    [
      'not with counts of an earlier word',
      [event([{ text: 'a' }], undefined, COUNTS), event([{ text: 'b' }], 'STOP')],
      false,
    ],
    [
      'not with the end of another candidate, whom nobody has asked',
      [TEXT, { candidates: [{ index: 1, finishReason: 'STOP' }], usageMetadata: COUNTS }],
      false,
    ],
    ['not while code runs', [event([CODE], 'STOP', COUNTS)], false],
    [
      'not when the code has run, before the end that follows',
      [event([CODE], 'STOP', COUNTS), event([RESULT])],
      false,
    ],
    [
      'after the code, with the second end',
      [event([CODE], 'STOP', COUNTS), event([RESULT]), event([{ text: 'a' }], 'STOP', COUNTS)],
      true,
    ],
    ['not while a tool of Google’s is at work', [event([{ toolCall: { id: '1' } }], 'STOP', COUNTS)], false],
    [
      'not with the result of that tool: the model goes on from there',
      [event([{ toolCall: { id: '1' } }, { toolResponse: { id: '1' } }], 'STOP', COUNTS)],
      false,
    ],
    [
      'with what the model says to it',
      [event([{ toolCall: {} }, { toolResponse: {} }]), event([{ text: 'a' }], 'STOP', COUNTS)],
      true,
    ],
    ['where the prompt was blocked, without counts', [{ promptFeedback: { blockReason: 'SAFETY' } }], true],
  ])('%s', (_name, events, whole) => {
    expect(isWhole(...events)).toBe(whole);
  });
});
