import { describe, expect, test } from 'bun:test';
import { estimateBodyTokens, estimateTokens } from '../../src/answer/estimate-tokens.ts';
import type { GenerateContentRequest, RequestPart } from '../../src/gemini/wire.ts';

const bodyOf = (...parts: RequestPart[]): GenerateContentRequest => ({ contents: [{ role: 'user', parts }] });
const picture: RequestPart = { inlineData: { mimeType: 'image/png', data: 'A'.repeat(400_000) } };
const file: RequestPart = { fileData: { fileUri: 'https://files.example/1' } };
const quotation: RequestPart = { text: JSON.stringify(picture) };

describe('the estimate of a body', () => {
  test.each([
    ['a text', bodyOf({ text: 'hello' })],
    ['media, at a flat rate', bodyOf({ text: 'look' }, picture, picture, file)],
    ['a text that quotes media', bodyOf(quotation)],
    ['no parts', bodyOf()],
  ])('%s: serialised or not, about the same', (_name, body) => {
    const [text, parsed] = [estimateBodyTokens(JSON.stringify(body)), estimateTokens(body)];
    expect(Math.abs(text - parsed)).toBeLessThanOrEqual(2);
  });

  test('calls whose arguments look like media without an end are counted once', () => {
    const nested = '{"inlineData":'.repeat(20_000);
    expect(estimateBodyTokens(`${nested}1${'}'.repeat(20_000)}`)).toBeLessThan(258 + 20_000);
  });
});
