import { describe, expect, test } from 'bun:test';
import { overflowSaid } from '../../src/gemini/overflow-said.ts';

describe('a prompt over the window is told in the words', () => {
  test.each([
    [
      'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).',
      1_196_265,
      1_048_575,
    ],
    ['The input token count exceeds the maximum number of tokens allowed (1048576).', undefined, 1_048_576],
    ['The input token count exceeds the maximum number of tokens allowed 1048576.', undefined, 1_048_576],
    [
      'Unable to submit request because the input token count is 1,230,000 but model only supports up to 1,048,576. Reduce the input token count and try again.',
      1_230_000,
      1_048_576,
    ],
    [
      'Unable to submit request because the input token count is 1230000 but the model only supports up to 1048576.',
      1_230_000,
      1_048_576,
    ],
    ['The input token count is too large.', undefined, undefined],
    ['prompt is too long: 205000 tokens > 200000 maximum', 205_000, 200_000],
    [
      "This model's maximum context length is 1048576 tokens. However, your messages resulted in 1200000 tokens.",
      1_200_000,
      1_048_576,
    ],
    [
      "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
      537_812,
      131_072,
    ],
    ['Input is too long for requested model.', undefined, undefined],
    ["The prompt exceeds the model's context window.", undefined, undefined],
  ])('%p', (message, tokens, maximum) => {
    expect(overflowSaid(message)).toEqual({ tokens, maximum });
  });

  test.each([
    '',
    'Request contains an invalid argument.',
    'max_output_tokens is too large',
    'The input is invalid.',
  ])('and not in %p', (message) => {
    expect(overflowSaid(message)).toBeUndefined();
  });
});
