import { describe, expect, test } from 'bun:test';
import { UpstreamError } from '../../../src/gemini/errors.ts';
import { modelRow } from '../../../src/gemini/models.ts';
import type { RequestContent } from '../../../src/gemini/wire.ts';
import { repairedBody } from '../../../src/translate/request/repair.ts';

const refusal = (message: string, status = 400) => new UpstreamError('status', message, { status });
const call = (name: string, thoughtSignature?: string) => ({
  functionCall: { name },
  ...(thoughtSignature ? { thoughtSignature } : {}),
});
const CONTENTS: RequestContent[] = [
  { role: 'user', parts: [{ text: 'go' }] },
  { role: 'model', parts: [{ text: 'a', thoughtSignature: 'S1' }, call('A', 'S2'), call('B')] },
  { role: 'user', parts: [{ text: 'on' }] },
  { role: 'model', parts: [{ text: 'b' }, { text: '', thoughtSignature: 'S3' }] },
];
const BODY = JSON.stringify({ contents: CONTENTS, generationConfig: { maxOutputTokens: 1 } });
const SENTINEL = 'skip_thought_signature_validator';

describe('a refused signature', () => {
  test.each([
    'Corrupted thought signature.',
    'Thought signature is not valid',
    'Function call is missing a thought_signature in functionCall parts.',
    'Invalid value at \'contents[1].parts[0].thought_signature\' (TYPE_BYTES), Base64 decoding failed for "x"',
  ])('%s', (message) => {
    const repaired = JSON.parse(repairedBody(refusal(message), BODY, modelRow('gemini-4-argon')) ?? '{}');
    expect(repaired.generationConfig).toEqual({ maxOutputTokens: 1 });
    expect(repaired.contents).toEqual([
      CONTENTS[0],
      { role: 'model', parts: [{ text: 'a' }, call('A', SENTINEL), call('B')] },
      CONTENTS[2],
      { role: 'model', parts: [{ text: 'b' }] },
    ]);
  });

  test('a model that does not ask for signatures gets none', () => {
    const repaired = repairedBody(refusal('Corrupted thought signature.'), BODY, modelRow('gemini-2.5-pro'));
    expect(repaired).not.toContain('thoughtSignature');
  });

  test.each([
    ['another refusal', refusal('Request contains an invalid argument.')],
    ['another status', refusal('Corrupted thought signature.', 500)],
    ['an error in the stream', new UpstreamError('stream', 'Corrupted thought signature.', { status: 400 })],
  ])('%s is not mended', (_name, error) => {
    expect(repairedBody(error, BODY, modelRow('gemini-4-argon'))).toBeUndefined();
  });
});
