import { describe, expect, test } from 'bun:test';
import { UpstreamError } from '../../../src/gemini/errors.ts';
import { modelRow } from '../../../src/gemini/model-rows.ts';
import type { GenerateContentRequest } from '../../../src/gemini/wire.ts';
import { repairedRequest, requestWithoutSignatures } from '../../../src/translate/request/repair.ts';

const refusal = (message: string, status = 400) => new UpstreamError('status', message, { status });
const call = (name: string, thoughtSignature?: string) => ({
  functionCall: { name },
  ...(thoughtSignature ? { thoughtSignature } : {}),
});
const CONTENTS: GenerateContentRequest['contents'] = [
  { role: 'user', parts: [{ text: 'go' }] },
  { role: 'model', parts: [{ text: 'a', thoughtSignature: 'S1' }, call('A', 'S2'), call('B')] },
  { role: 'user', parts: [{ text: 'on' }] },
  { role: 'model', parts: [{ text: 'b' }, { text: '', thoughtSignature: 'S3' }] },
];
const REQUEST: GenerateContentRequest = { contents: CONTENTS, generationConfig: { maxOutputTokens: 1 } };
const SENTINEL = 'skip_thought_signature_validator';

describe('a refused signature', () => {
  test.each([
    'Corrupted thought signature.',
    'Thought signature is not valid',
    'Function call is missing a thought_signature in functionCall parts.',
    'Invalid value at \'contents[1].parts[0].thought_signature\' (TYPE_BYTES), Base64 decoding failed for "x"',
  ])('%s', (message) => {
    const before = structuredClone(REQUEST);
    const repaired = repairedRequest(refusal(message), REQUEST, modelRow('gemini-4-argon'));
    expect(REQUEST).toEqual(before);
    expect(repaired?.generationConfig).toEqual({ maxOutputTokens: 1 });
    expect(repaired?.contents).toEqual([
      { role: 'user', parts: [{ text: 'go' }] },
      { role: 'model', parts: [{ text: 'a' }, call('A', SENTINEL), call('B')] },
      { role: 'user', parts: [{ text: 'on' }] },
      { role: 'model', parts: [{ text: 'b' }] },
    ]);
  });

  test('a model that does not ask for signatures gets none', () => {
    const error = refusal('Corrupted thought signature.');
    const repaired = repairedRequest(error, REQUEST, modelRow('gemini-2.5-pro'));
    expect(JSON.stringify(repaired)).not.toContain('thoughtSignature');
  });

  test('another key is sent the very same request where nothing in it is signed', () => {
    const model = modelRow('gemini-4-argon');
    const unsigned = { contents: [{ role: 'model' as const, parts: [{ text: '"thoughtSignature"' }] }] };
    expect(requestWithoutSignatures(unsigned, model)).toBe(unsigned);
    expect(requestWithoutSignatures(REQUEST, model)).not.toBe(REQUEST);
  });

  test.each([
    ['another refusal', refusal('Request contains an invalid argument.')],
    ['another status', refusal('Corrupted thought signature.', 500)],
    ['an error in the stream', new UpstreamError('stream', 'Corrupted thought signature.', { status: 400 })],
  ])('%s is not mended', (_name, error) => {
    expect(repairedRequest(error, REQUEST, modelRow('gemini-4-argon'))).toBeUndefined();
  });
});
