/** The form of a refusal, and countTokens bodies. */
import { describe, expect, test } from 'bun:test';
import { modelRow } from '../../../src/gemini/model-rows.ts';
import { readCountRequest } from '../../../src/sim/validator/count-tokens.ts';
import { validateRequest } from '../../../src/sim/validator/index.ts';
import { ARGON, hello, messageOf, model, user } from './requests.ts';

describe('envelope', () => {
  test('a parser refusal lists its fields in the details', () => {
    expect(validateRequest(modelRow(ARGON), { contents: [hello], generationConfig: { b: 2 } })).toEqual({
      code: 400,
      message: expect.any(String),
      status: 'INVALID_ARGUMENT',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [
            {
              field: 'generation_config',
              description: `Invalid JSON payload received. Unknown name "b" at 'generation_config': Cannot find field.`,
            },
          ],
        },
      ],
    });
  });

  test('a body over 20 MiB is refused by its size', () => {
    const text = 'Request payload size exceeds the limit: 20971520 bytes.';
    expect(messageOf({ contents: [hello] }, ARGON, { bytes: 20_971_521 })).toBe(text);
    expect(messageOf({ contents: [hello] }, ARGON, { bytes: 20_971_520 })).toBeUndefined();
    expect(messageOf({ contents: [user({ text: 'x'.repeat(20_971_520) })] })).toBe(text);
  });

  test('the hook decides which signatures are known', () => {
    const body = { contents: [hello, model({ text: '', thoughtSignature: 'AAAA' }), hello] };
    expect(messageOf(body, ARGON, { knownSignature: () => false })).toBe('Corrupted thought signature.');
    expect(messageOf(body, ARGON, { knownSignature: (signature) => signature === 'AAAA' })).toBeUndefined();
  });

  test('the input is not changed', () => {
    const body = { contents: { parts: { text: 'x' } }, generation_config: { topK: '4' } };
    const before = structuredClone(body);
    messageOf(body);
    expect(body as unknown).toEqual(before);
  });
});

describe('countTokens', () => {
  const count = (body: unknown) => {
    const read = readCountRequest(modelRow(ARGON), body);
    return read.ok ? undefined : read.error.message;
  };
  const whole = { model: 'models/gemini-4-argon', contents: [hello] };

  test.each([
    ['bare contents', { contents: [hello] }, undefined],
    ['a whole request', { generateContentRequest: whole }, undefined],
    [
      'both',
      { contents: [hello], generateContentRequest: whole },
      'Only one of contents and generate_content_request can be set.',
    ],
    [
      'a whole request without a model',
      { generateContentRequest: { contents: [hello] } },
      '* CountTokensRequest.generate_content_request.model: model is not specified\n',
    ],
    [
      'system beside contents',
      { contents: [hello], systemInstruction: {} },
      'Invalid JSON payload received. Unknown name "systemInstruction": Cannot find field.',
    ],
    ['turns in any order', { contents: [hello, model({ text: 'x' })] }, undefined],
  ])('%s', (_, body, message) => expect(count(body)).toBe(message));
});
