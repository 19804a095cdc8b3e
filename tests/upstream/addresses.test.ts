import { describe, expect, test } from 'bun:test';
import { type Action, Addresses } from '../../src/upstream/addresses.ts';

const BASE = 'https://gateway.example';
const addresses = (key = 'AIza-one') => new Addresses(key, BASE);
const headersOf = ({ init }: { init: RequestInit }) => new Headers(init.headers);

describe('where the SDK sends', () => {
  const cases: [action: Action, path: string][] = [
    ['generateContentStream', ':streamGenerateContent?alt=sse'],
    ['generateContent', ':generateContent'],
    ['countTokens', ':countTokens'],
  ];
  for (const [action, path] of cases) {
    test(`${action}: URL, method and credentials, without a body`, async () => {
      const address = await addresses().of(action, 'gemini-4-argon');
      expect(address.url).toBe(`${BASE}/v1beta/models/gemini-4-argon${path}`);
      expect(address.init.method).toBe('POST');
      expect(address.init.body).toBeUndefined();
      expect(address.init.signal).toBeUndefined();
      expect(headersOf(address).get('x-goog-api-key')).toBe('AIza-one');
    });
  }

  test('is asked once for each action and model', async () => {
    const asked = addresses();
    const first = await asked.of('generateContent', 'a');
    expect(await asked.of('generateContent', 'a')).toBe(first);
    expect((await asked.of('generateContent', 'b')).url).toContain('/models/b:');
    expect((await asked.of('countTokens', 'a')).url).toContain(':countTokens');
  });

  test('is of one key: another key has its own', async () => {
    await addresses('AIza-one').of('generateContent', 'a');
    const other = await addresses('AIza-two').of('generateContent', 'a');
    expect(headersOf(other).get('x-goog-api-key')).toBe('AIza-two');
  });

  test('many ask at the same time, and each gets its own', async () => {
    const asked = addresses();
    const models = ['a', 'b', 'a', 'c', 'b'];
    const urls = await Promise.all(
      models.map(async (model) => (await asked.of('generateContent', model)).url),
    );
    expect(urls).toEqual(models.map((model) => `${BASE}/v1beta/models/${model}:generateContent`));
  });
});
