import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { packText, unpackText } from '../../../src/sim/cassette/blobs.ts';

function pack(text: string) {
  const blobs = new Map<string, string>();
  const packed = packText(text, (hash, content) => blobs.set(hash, content));
  const load = (hash: string) => {
    const content = blobs.get(hash);
    if (content === undefined) throw new Error(`no blob ${hash}`);
    return content;
  };
  return { packed, blobs, text: () => unpackText(packed, load) };
}

const long = 'You are a helpful assistant. '.repeat(100);
const tool = (name: string) => ({
  name,
  description: name.repeat(1_200),
  parametersJsonSchema: { type: 'object' },
});

const awkward = fc.constantFrom(
  '⟦',
  '⟧',
  '"⟦json:',
  '⟦blob:',
  '⟦⟦',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ':',
  '"tools":[{',
  `"${long}"`,
  `"tools":[${JSON.stringify(tool('a'))}]`,
  `⟦blob:${'0'.repeat(32)}⟧`,
);

describe('blobs', () => {
  test('any text comes back', () => {
    const pieces = fc.array(fc.oneof(awkward, fc.string({ unit: 'binary' })), { maxLength: 12 });
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.join('');
        expect(pack(text).text()).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  test('any JSON comes back, and is JSON while packed', () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(value, fc.boolean(), (json, wide) => {
        const text = JSON.stringify({ system: long, tools: [tool('a')], rest: json }, null, wide ? 2 : 0);
        const packed = pack(text);
        expect(() => JSON.parse(packed.packed)).not.toThrow();
        expect(packed.text()).toBe(text);
      }),
    );
  });

  test('text with lone surrogates comes back', () => {
    expect(pack(`"${long}\udcc3⟦"`).text()).toBe(`"${long}\udcc3⟦"`);
  });

  test.each([
    ['a long string', { system: long }, 1],
    ['each tool of the client', { tools: [tool('a'), tool('b')] }, 2],
    [
      'each declaration, not what groups them',
      { tools: [{ functionDeclarations: [tool('a'), tool('b')] }] },
      2,
    ],
    ['a tool once, where it comes twice', { tools: [tool('a'), tool('a')] }, 1],
    ['nothing that is short', { system: 'short', tools: [{ name: 'a' }] }, 0],
  ])('takes out %s', (_name, body, count) => {
    const { blobs, packed } = pack(JSON.stringify(body));
    expect(blobs.size).toBe(count);
    if (count > 0) expect(packed.length).toBeLessThan(400);
  });

  test('one more tool leaves the blobs of the others as they were', () => {
    const before = pack(JSON.stringify({ tools: [{ functionDeclarations: [tool('a')] }] })).blobs;
    const after = pack(JSON.stringify({ tools: [{ functionDeclarations: [tool('a'), tool('b')] }] })).blobs;
    expect([...after.keys()]).toContain([...before.keys()][0] ?? '');
  });

  test('megabytes in one string, full of escapes', () => {
    const text = JSON.stringify({ data: '"\\\n'.repeat(700_000) });
    expect(pack(text).text()).toBe(text);
  });
});
