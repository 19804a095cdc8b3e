import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { toUsage } from '../../../src/translate/response/usage.ts';

test('what was written is told by how long it is kept, and is no new input', () => {
  const usage = { promptTokenCount: 1_000, cachedContentTokenCount: 200, candidatesTokenCount: 5 };
  expect(toUsage(usage, { '5m': 300, '1h': 100 })).toMatchObject({
    input_tokens: 400,
    cache_creation_input_tokens: 400,
    cache_read_input_tokens: 200,
    cache_creation: { ephemeral_5m_input_tokens: 300, ephemeral_1h_input_tokens: 100 },
  });
});

test('the three figures are the prompt, whatever was written', () => {
  const count = fc.nat(100_000);
  fc.assert(
    fc.property(count, count, count, count, (prompt, read, minutes, hour) => {
      const cached = Math.min(read, prompt);
      const usage = toUsage(
        { promptTokenCount: prompt, cachedContentTokenCount: cached },
        { '5m': minutes, '1h': hour },
      );
      const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, cache_creation } = usage;
      const { ephemeral_5m_input_tokens, ephemeral_1h_input_tokens } = cache_creation;
      expect(input_tokens + cache_creation_input_tokens + cache_read_input_tokens).toBe(prompt);
      expect(ephemeral_5m_input_tokens + ephemeral_1h_input_tokens).toBe(cache_creation_input_tokens);
      expect(Math.min(input_tokens, cache_creation_input_tokens)).toBeGreaterThanOrEqual(0);
    }),
  );
});
