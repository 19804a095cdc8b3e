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

describe('a missing signature', () => {
  const MISSING = refusal('Function call is missing a thought_signature in functionCall parts.');

  test.each(['gemini-4-argon', 'gemini-2.5-pro'])(
    'each call of %s gets a stand-in, and signatures stay',
    (id) => {
      const before = structuredClone(REQUEST);
      const { request, how } = repairedRequest(MISSING, REQUEST, modelRow(id)) ?? {};
      expect(REQUEST).toEqual(before);
      expect(how).toBe('with a stand-in for each signature that is missing');
      expect(request?.contents).toEqual(
        CONTENTS.with(1, {
          role: 'model',
          parts: [{ text: 'a', thoughtSignature: 'S1' }, call('A', 'S2'), call('B', SENTINEL)],
        }),
      );
    },
  );

  test('where none is missing, the signatures are given up', () => {
    const signed = { contents: [{ role: 'model' as const, parts: [call('A', 'S2')] }] };
    const { request, how } = repairedRequest(MISSING, signed, modelRow('gemini-4-argon')) ?? {};
    expect(how).toBe('without signatures');
    expect(request?.contents).toEqual([{ role: 'model', parts: [call('A', SENTINEL)] }]);
  });
});

describe('a refused signature', () => {
  test.each([
    'Corrupted thought signature.',
    'Thought signature is not valid',
    'Invalid value at \'contents[1].parts[0].thought_signature\' (TYPE_BYTES), Base64 decoding failed for "x"',
  ])('%s', (message) => {
    const before = structuredClone(REQUEST);
    const repaired = repairedRequest(refusal(message), REQUEST, modelRow('gemini-4-argon'));
    expect(REQUEST).toEqual(before);
    expect(repaired?.request.generationConfig).toEqual({ maxOutputTokens: 1 });
    expect(repaired?.request.contents).toEqual([
      { role: 'user', parts: [{ text: 'go' }] },
      { role: 'model', parts: [{ text: 'a' }, call('A', SENTINEL), call('B')] },
      { role: 'user', parts: [{ text: 'on' }] },
      { role: 'model', parts: [{ text: 'b' }] },
    ]);
  });

  test('a model that does not ask for signatures gets none', () => {
    const error = refusal('Corrupted thought signature.');
    const repaired = repairedRequest(error, REQUEST, modelRow('gemini-2.5-pro'));
    expect(JSON.stringify(repaired?.request)).not.toContain('thoughtSignature');
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
