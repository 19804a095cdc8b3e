/**
 * Pictures that Gemini does not read, converted to PNG: the picture stays the same, is decoded once, and takes no more
 * memory than a machine has.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { bunToPng, createPictureConverter } from '../../src/answer/media/picture-converter.ts';
import type { ConvertedPicture } from '../../src/translate/context.ts';
import { type GifParts, gifOf, largeGif, lzw, readPng } from '../support/made/gif.ts';

const RED = [255, 0, 0] as const;
const GREEN = [0, 255, 0] as const;
const BLUE = [0, 0, 255] as const;
const GREY = [9, 9, 9] as const;
const COLOURS = [RED, GREEN, BLUE, GREY];
const CLEAR = [0, 0, 0, 0];
const full = (colour: readonly number[]) => [...colour, 255];
const TOO_MANY = { problem: 'this one has more than 16 million pixels, the most that can be converted' };
const DAMAGED = { problem: 'this one cannot be decoded' };

const base64 = (parts: GifParts) => gifOf(parts).toString('base64');
const tiny: GifParts = { width: 2, height: 2, colours: COLOURS, transparent: 3, data: lzw([0, 1, 2, 3]) };

async function picture(base64: string) {
  const reading = await bunToPng(base64);
  if ('problem' in reading) throw new Error(reading.problem);
  return readPng(reading.png);
}

describe('the picture of a GIF', () => {
  test('keeps its colours, and what is see-through', async () => {
    expect(await picture(base64(tiny))).toEqual({
      width: 2,
      height: 2,
      pixels: [full(RED), full(GREEN), full(BLUE), CLEAR],
    });
  });

  test('has its rows in order, where they come in passes', async () => {
    const rows = [0, 1, 2, 3, 0];
    const parts = { ...tiny, width: 1, height: 5, interlaced: true, data: lzw(rows) };
    // The order of rows in an interlaced GIF: the first, the fifth, the third, the second, the fourth.
    const order = [0, 3, 2, 0, 1];
    const colours = [full(RED), full(GREEN), full(BLUE), CLEAR];
    expect((await picture(base64(parts))).pixels).toEqual(order.map((number) => colours[number] ?? []));
  });

  test('is the first of several', async () => {
    const [first, second] = [gifOf(tiny), gifOf({ ...tiny, data: lzw([2, 2, 2, 2]) })];
    const both = Buffer.concat([first.subarray(0, -1), second.subarray(25)]);
    expect(await picture(both.toString('base64'))).toEqual(await picture(first.toString('base64')));
  });

  test('is without the screen around it, where it does not fill that', async () => {
    const { transparent: _none, ...opaque } = tiny;
    const frame = { left: 1, top: 1, width: 1, height: 1 };
    expect(await picture(base64({ ...opaque, frame, data: lzw([2]) }))).toEqual({
      width: 1,
      height: 1,
      pixels: [full(BLUE)],
    });
  });

  test('that was cut off is see-through where it ends', async () => {
    expect((await picture(base64({ ...tiny, data: lzw([0, 1]) }))).pixels).toEqual([
      full(RED),
      full(GREEN),
      CLEAR,
      CLEAR,
    ]);
  });

  test('is whatever an encoder wrote, and the same bytes each time', async () => {
    const size = fc.integer({ min: 1, max: 40 });
    const pictures = fc.tuple(size, size).chain(([width, height]) =>
      fc.record({
        width: fc.constant(width),
        height: fc.constant(height),
        numbers: fc.array(fc.nat(3), { minLength: width * height, maxLength: width * height }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(pictures, async ({ width, height, numbers }) => {
        const gif = base64({ width, height, colours: COLOURS, minBits: 2, data: lzw(numbers, 2) });
        expect((await picture(gif)).pixels).toEqual(numbers.map((number) => full(COLOURS[number] ?? [])));
        expect(await bunToPng(gif)).toEqual(await bunToPng(gif));
      }),
      { numRuns: 50 },
    );
  });
});

test('the picture of a BMP is the same', async () => {
  const bmp = Buffer.alloc(58);
  bmp.write('BM');
  for (const [at, value] of [
    [2, 58],
    [10, 54],
    [14, 40],
    [18, 1],
    [22, 1],
  ] as const)
    bmp.writeUInt32LE(value, at);
  bmp.set([1, 0, 24, 0], 26);
  bmp.set([0, 0, 255, 0], 54);
  expect((await picture(bmp.toString('base64'))).pixels).toEqual([full(RED)]);
});

describe('what cannot be decoded', () => {
  const whole = gifOf(tiny);

  test.each<[string, Buffer, ConvertedPicture]>([
    ['nothing that is a picture', Buffer.from('x'), DAMAGED],
    ['a GIF without a picture', whole.subarray(0, 25), DAMAGED],
    [
      'AVIF',
      Buffer.from('\0\0\0\x20ftypavif\0\0\0\0avifmif1miaf'),
      { problem: 'this proxy cannot convert it' },
    ],
    ['TIFF', Buffer.from('II*\0\x08\0\0\0\0\0\0\0\0\0\0\0'), { problem: 'this proxy cannot convert it' }],
    ['the path of a file', Buffer.from(import.meta.path), DAMAGED],
  ])('is told: %s', async (_, bytes, problem) => {
    expect(await bunToPng(bytes.toString('base64'))).toEqual(problem);
  });

  test('never throws, wherever it is cut off', async () => {
    for (let length = 1; length < whole.length; length++) {
      const reading = await bunToPng(whole.subarray(0, length).toString('base64'));
      expect(['png', 'problem']).toContain(Object.keys(reading)[0] ?? '');
    }
  });

  test('never throws, whatever comes after its head', async () => {
    const head = whole.subarray(0, 25);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (rest) => {
        await bunToPng(Buffer.concat([head, rest]).toString('base64'));
      }),
    );
  });
});

describe('a few bytes that stand for millions of pixels', () => {
  const large = (width: number, height: number) => base64({ ...tiny, width, height, data: lzw([0]) });

  test.each([
    ['60 million', large(10_000, 6_000)],
    ['one row more than is allowed', large(4_000, 4_001)],
    ['the largest of all', large(65_535, 65_535)],
  ])('are refused by their head: %s', async (_, gif) => {
    expect(gif.length).toBeLessThan(100);
    expect(await bunToPng(gif)).toEqual(TOO_MANY);
  });

  test('are read up to the limit', async () => {
    const gif = largeGif(4_000, 4_000);
    expect(gif.length).toBeLessThan(10_000);
    expect(await bunToPng(gif.toString('base64'))).toEqual({ png: expect.any(String) });
  });
});

/** A converter whose decoding waits until it is released, and counts. */
function converterHeld(atOnce?: number) {
  const begun: string[] = [];
  const waiting: (() => void)[] = [];
  const converter = createPictureConverter(async (picture) => {
    begun.push(picture);
    await new Promise<void>((resolve) => waiting.push(resolve));
    return picture.startsWith('bad') ? DAMAGED : { png: `png of ${picture}` };
  }, atOnce);
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return {
    convert: (picture: string, signal = new AbortController().signal) => converter.convert(picture, signal),
    begun,
    async finish() {
      await settle();
      waiting.shift()?.();
      await settle();
    },
    settle,
  };
}

describe('work', () => {
  test('is done once, whether it succeeds or not', async () => {
    const held = converterHeld();
    for (const [name, result] of [
      ['a', { png: 'png of a' }],
      ['bad', DAMAGED],
    ] as const) {
      const first = held.convert(name);
      await held.finish();
      expect(await first).toEqual(result);
      expect(await held.convert(name)).toEqual(result);
    }
    expect(held.begun).toEqual(['a', 'bad']);
  });

  test('is shared by requests that want the same picture at the same time', async () => {
    const held = converterHeld(2);
    const all = ['a', 'a', 'a'].map((name) => held.convert(name));
    await held.finish();
    expect(await Promise.all(all)).toEqual(Array(3).fill({ png: 'png of a' }));
    expect(held.begun).toEqual(['a']);
  });

  test('is of two pictures at once at most; the others have their turn in order', async () => {
    const held = converterHeld(2);
    const all = ['a', 'b', 'c', 'd'].map((name) => held.convert(name));
    await held.settle();
    expect(held.begun).toEqual(['a', 'b']);
    await held.finish();
    expect(held.begun).toEqual(['a', 'b', 'c']);
    for (let left = 3; left > 0; left--) await held.finish();
    expect(await Promise.all(all)).toHaveLength(4);
  });

  test('that waits is not begun for a client who has left, and goes on for one who has not', async () => {
    const held = converterHeld(1);
    const gone = new AbortController();
    const first = held.convert('a', gone.signal);
    const left = held.convert('b', gone.signal);
    const stayed = held.convert('a');
    await held.settle();
    gone.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    await held.finish();
    expect(await stayed).toEqual({ png: 'png of a' });
    await first;
    expect(held.begun).toEqual(['a']);
  });

  test('that failed for a reason of ours is tried again', async () => {
    let tries = 0;
    const converter = createPictureConverter(async () => {
      if (++tries === 1) throw new Error('no memory');
      return { png: 'x' };
    });
    const { signal } = new AbortController();
    await expect(converter.convert('a', signal)).rejects.toThrow('no memory');
    expect(await converter.convert('a', signal)).toEqual({ png: 'x' });
  });
});

describe('what is remembered is bounded', () => {
  const { signal } = new AbortController();

  async function decodedAgain(pictures: readonly string[], png: string): Promise<string[]> {
    const decoded: string[] = [];
    const converter = createPictureConverter(async (picture) => {
      decoded.push(picture);
      return { png };
    });
    for (const picture of pictures) await converter.convert(picture, signal);
    decoded.length = 0;
    for (const picture of pictures.toReversed()) await converter.convert(picture, signal);
    return decoded;
  }

  test('in number', async () => {
    const pictures = Array.from({ length: 502 }, (_, index) => `picture ${index}`);
    expect(await decodedAgain(pictures, '')).toEqual(['picture 1', 'picture 0']);
  });

  test('in bytes', async () => {
    const pictures = ['a', 'b', 'c', 'd', 'e'];
    expect(await decodedAgain(pictures, 'x'.repeat(16 * 1024 * 1024))).toEqual(['b', 'a']);
  });
});
