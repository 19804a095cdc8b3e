/** Which media are moved out of a request that is too large, and what stands in their place. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { GenerateContentRequest, RequestPart } from '../../../../src/gemini/wire.ts';
import type { MediaPart } from '../../../../src/translate/request/items.ts';
import { mediaToMove, movedIn, withPlaced } from '../../../../src/translate/request/media/moved-media.ts';

const inline = (data: string): RequestPart => ({ inlineData: { mimeType: 'image/png', data } });
const inResponse = (data: string): RequestPart => ({
  functionResponse: { name: 'f', response: {}, parts: [{ inlineData: { mimeType: 'image/png', data } }] },
});
const requestOf = (parts: RequestPart[]): GenerateContentRequest => ({ contents: [{ role: 'user', parts }] });
const bytesOf = (request: GenerateContentRequest): number => JSON.stringify(request).length;

/** The request as it is sent without the bytes of these media: each is a URI as long as those of Google. */
const without = (parts: readonly RequestPart[], moved: ReadonlyMap<string, string>) =>
  requestOf(
    parts.flatMap((part) => {
      const data = part.inlineData?.data ?? part.functionResponse?.parts?.[0]?.inlineData.data ?? '';
      if (!moved.has(data)) return [part];
      const linked: RequestPart = { fileData: { mimeType: 'image/png', fileUri: 'u'.repeat(70) } };
      if (part.inlineData) return [linked];
      return [
        { functionResponse: { name: 'f', response: {} } },
        { text: 'Attachment 1 of the result of f:' },
        linked,
      ];
    }),
  );

const sizes = fc.array(
  fc.record({
    size: fc.integer({ min: 0, max: 30_000 }),
    seed: fc.integer({ min: 0, max: 3 }),
    isResult: fc.boolean(),
  }),
  {
    maxLength: 12,
  },
);

test('the request then fits, the largest were moved, and without the last of them it would not fit', () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 5_000, max: 100_000 }), (media, most) => {
      const parts = media.map(({ size, seed, isResult }) => {
        const data = String(seed).repeat(size);
        return isResult ? inResponse(data) : inline(data);
      });
      const request = requestOf(parts);
      const moved = mediaToMove(request, most, 0);
      const data = [...moved.keys()];
      if (bytesOf(request) <= most) return expect(data).toEqual([]);
      if (data.length === 0) return undefined;
      expect(bytesOf(without(parts, moved))).toBeLessThanOrEqual(most);
      const kept = new Map([...moved].slice(0, -1));
      // What a mark takes is counted generously.
      expect(bytesOf(without(parts, kept)) + parts.length * 300).toBeGreaterThan(most);
      return undefined;
    }),
  );
});

test('nothing is moved where all of it would not be enough', () => {
  const request = requestOf([{ text: 'x'.repeat(10_000) }, inline('A'.repeat(5_000))]);
  expect([...mediaToMove(request, 9_000, 0)]).toEqual([]);
});

test('each mark is found, and replaced by what came of it', () => {
  const [first, second] = ['proxy-media:0', 'proxy-media:file/file_1'];
  const link = (fileUri = '') => ({ fileData: { mimeType: 'image/png', fileUri } });
  const other = link('https://example.com/a.png');
  const request = requestOf([link(first), { text: 'a' }, link(second), other, link(first)]);
  expect(movedIn(request).map(({ mark }) => mark)).toEqual([first, second]);
  const placed = new Map<string, MediaPart>([
    [first, link('https://g.test/1')],
    [second, { inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
  ]);
  expect(withPlaced(request, placed)).toEqual(
    requestOf([link('https://g.test/1'), { text: 'a' }, inline('AAAA'), other, link('https://g.test/1')]),
  );
});
