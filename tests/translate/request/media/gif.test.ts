/** GIFs as PNG: the same picture, and no more work than its bytes and its size are worth. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ContentBlock } from '../../../../src/anthropic/content.ts';
import { toGeminiRequest } from '../../../../src/translate/request/index.ts';
import { gifToPng, pixelBudget } from '../../../../src/translate/request/media/gif.ts';
import { readPixels } from '../../../../src/translate/request/media/gif-pixels.ts';
import { type GifParts, gifOf, lzw, lzwOfZeros, readPng } from '../../../support/gif.ts';
import { contextFor, requestOf } from '../../../support/translation.ts';

const RED = [255, 0, 0] as const;
const GREEN = [0, 255, 0] as const;
const BLUE = [0, 0, 255] as const;
const GREY = [9, 9, 9] as const;
const COLOURS = [RED, GREEN, BLUE, GREY];
const CLEAR = [0, 0, 0, 0];
const full = (colour: readonly number[]) => [...colour, 255];
const TOO_MANY =
  'could not process image: the GIFs of a request have more than 20 million pixels; send PNG or JPEG instead';

const base64 = (parts: GifParts) => gifOf(parts).toString('base64');
const tiny: GifParts = { width: 2, height: 2, colours: COLOURS, transparent: 3, data: lzw([0, 1, 2, 3]) };

function pixelsOf(parts: GifParts): number[][] {
  const reading = gifToPng(base64(parts), pixelBudget());
  if ('problem' in reading) throw new Error(reading.problem);
  const { width, height, pixels } = readPng(reading.png);
  expect([width, height]).toEqual([parts.width, parts.height]);
  return pixels;
}

describe('the picture', () => {
  test('keeps its colours, and what is see-through', () => {
    expect(pixelsOf(tiny)).toEqual([full(RED), full(GREEN), full(BLUE), CLEAR]);
  });

  test('stands at its place on the screen, and around it there is nothing', () => {
    const frame = { left: 1, top: 1, width: 1, height: 1 };
    const { transparent: _none, ...opaque } = tiny;
    expect(pixelsOf({ ...opaque, frame, data: lzw([2]) })).toEqual([CLEAR, CLEAR, CLEAR, full(BLUE)]);
  });

  test('is cut at the edges of the screen', () => {
    const frame = { left: 1, top: 0, width: 2, height: 3 };
    const data = lzw([0, 1, 2, 3, 0, 1]);
    expect(pixelsOf({ ...tiny, frame, data })).toEqual([CLEAR, full(RED), CLEAR, full(BLUE)]);
  });

  test('outside of the screen is not seen', () => {
    const frame = { left: 9, top: 9, width: 1, height: 1 };
    expect(pixelsOf({ ...tiny, frame, data: lzw([0]) })).toEqual([CLEAR, CLEAR, CLEAR, CLEAR]);
  });

  test('of numbers without a colour is black', () => {
    expect(pixelsOf({ ...tiny, data: lzw([0, 1, 200, 3]) })[2]).toEqual(full([0, 0, 0]));
  });

  test('is whatever an encoder wrote', () => {
    const pixels = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3_000 });
    fc.assert(
      fc.property(pixels, (numbers) => {
        expect([...readPixels(lzw(numbers), 8, numbers.length)]).toEqual(numbers);
        expect([...readPixels(lzw(numbers, 2), 2, numbers.length)]).toEqual(numbers);
      }),
      { numRuns: 50 },
    );
  });

  test('of a single colour is whole, however few codes it takes', () => {
    const data = lzwOfZeros(500_000);
    expect(data.length).toBeLessThan(2_000);
    expect(readPixels(data, 2, 500_000)).toEqual(new Uint8Array(500_000));
  });
});

describe('what is none', () => {
  test('or is cut off never throws', () => {
    const whole = gifOf(tiny);
    for (let length = 0; length < whole.length; length++)
      expect(() => gifToPng(whole.subarray(0, length).toString('base64'), pixelBudget())).not.toThrow();
  });

  test('or is anything after its head never throws', () => {
    const head = gifOf(tiny).subarray(0, 25);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (rest) => {
        gifToPng(Buffer.concat([head, rest]).toString('base64'), pixelBudget());
      }),
    );
  });

  test('cannot be read', () => {
    expect(gifToPng(Buffer.from('x').toString('base64'), pixelBudget())).toEqual({
      problem: 'could not process image',
    });
  });
});

describe('work', () => {
  const large = (width: number, height: number, frame = { left: 0, top: 0, width, height }): GifParts => ({
    ...tiny,
    width,
    height,
    frame,
    data: lzw([0]),
  });

  test.each<[string, GifParts]>([
    ['a screen', large(8_000, 8_000, { left: 0, top: 0, width: 1, height: 1 })],
    ['a frame', large(1, 1, { left: 0, top: 0, width: 8_000, height: 8_000 })],
    ['the largest of all', large(65_535, 65_535)],
  ])('a few bytes that stand for millions of pixels are refused: %s', (_, parts) => {
    expect(base64(parts).length).toBeLessThan(100);
    expect(gifToPng(base64(parts), pixelBudget())).toEqual({ problem: TOO_MANY });
  });

  test('is shared by all pictures of a request, and each costs some', () => {
    const budget = { left: 50_000 };
    const read = () => 'png' in gifToPng(base64(tiny), budget);
    expect([read(), read(), read(), read()]).toEqual([true, true, true, false]);
  });

  test('of extensions and blocks is that of their bytes', () => {
    const comments = Buffer.alloc(300_000);
    for (let at = 0; at < comments.length; at += 3) comments.set([0x21, 0xfe, 0], at);
    const whole = gifOf(tiny);
    const many = Buffer.concat([whole.subarray(0, 25), comments, whole.subarray(25)]);
    expect('png' in gifToPng(many.toString('base64'), pixelBudget())).toBe(true);
  });
});

describe('in a request', () => {
  const image = (data: string): ContentBlock => ({
    type: 'image',
    source: { type: 'base64', media_type: 'image/gif', data },
  });
  const translate = (content: ContentBlock[]) =>
    toGeminiRequest(requestOf({ messages: [{ role: 'user', content }] }), contextFor());

  test('it is sent as PNG, and told', () => {
    const { body, warnings } = translate([image(base64(tiny))]);
    expect(body.contents[0]?.parts[0]?.inlineData?.mimeType).toBe('image/png');
    expect(warnings.map(({ code }) => code)).toEqual(['content-changed']);
  });

  test('the one too many is named', () => {
    const data = base64({ ...tiny, width: 3_000, height: 3_000 });
    expect(() => translate([image(data), image(data), image(data)])).toThrow(
      `messages.0.content.2.image.source.base64.data: ${TOO_MANY}`,
    );
  });
});
