/**
 * Converts pictures that Gemini does not read to PNG. A few bytes may stand for millions of pixels, so Bun decodes them
 * on threads of its own, and only a few at once. A client sends its whole history with every turn, so each picture is
 * decoded only once, as long as it is remembered (docs/decisions/0051-pictures.md).
 */
import { availableParallelism } from 'node:os';
import { shortHash } from '../../lib/hash.ts';
import { Places } from '../../lib/places.ts';
import { RecentMap } from '../../lib/recent-map.ts';
import type { ConvertedPicture } from '../../translate/context.ts';

export type PictureConverter = {
  /** `picture` is base64. Rejects with the signal's reason where the signal aborts while it waits for its turn. */
  convert(picture: string, signal: AbortSignal): Promise<ConvertedPicture>;
};

/** The type of a picture in base64. */
export type ToPng = (picture: string) => Promise<ConvertedPicture>;

/** Pixels: more than any screen has. Each takes four bytes of memory while it is decoded. */
const MOST_PIXELS = 16_000_000;

/** By the code of Bun's error: the end of a sentence that begins with "Gemini reads no GIF, and". */
const PROBLEMS: Readonly<Record<string, string>> = {
  ERR_IMAGE_TOO_MANY_PIXELS: `this one has more than ${MOST_PIXELS / 1e6} million pixels, the most that can be converted`,
  ERR_IMAGE_FORMAT_UNSUPPORTED: 'this proxy cannot convert it',
  ERR_IMAGE_UNKNOWN_FORMAT: 'this one cannot be decoded',
  ERR_IMAGE_DECODE_FAILED: 'this one cannot be decoded',
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

/** Bun reads the size in the picture's head, and refuses a larger picture before it decodes anything. */
export const bunToPng: ToPng = async (picture) => {
  // On a Mac the system would decode instead, and might give other bytes.
  Bun.Image.backend = 'bun';
  // Never a string: Bun would take it for the path of a file.
  const bytes = Buffer.from(picture, 'base64');
  try {
    return { png: await new Bun.Image(bytes, { maxPixels: MOST_PIXELS }).png().toBase64() };
  } catch (error) {
    const problem = PROBLEMS[codeOf(error)];
    if (problem === undefined) throw error;
    return { problem };
  }
};

/** One thread stays free, because Bun reads files and looks up names on the threads that decode. */
const AT_ONCE = Math.min(2, Math.max(1, availableParallelism() - 1));

/** Characters of base64. Google refuses requests over 20 MB, so this is enough for some conversations. */
const REMEMBERED_CHARS = 64 * 1024 * 1024;
const REMEMBERED = 500;

export function createPictureConverter(toPng: ToPng = bunToPng, atOnce = AT_ONCE): PictureConverter {
  const places = new Places(atOnce);
  const remembered = new RecentMap<string, ConvertedPicture>(REMEMBERED, {
    most: REMEMBERED_CHARS,
    of: (key, picture) => key.length + ('png' in picture ? picture.png : picture.problem).length,
  });
  const underWay = new Map<string, Promise<ConvertedPicture>>();

  async function convertNow(key: string, picture: string): Promise<ConvertedPicture> {
    try {
      const converted = await toPng(picture);
      remembered.set(key, converted);
      return converted;
    } finally {
      underWay.delete(key);
    }
  }

  return {
    async convert(picture, signal) {
      const key = shortHash(picture, 43);
      const found = remembered.get(key);
      if (found) return found;
      return places.run(() => {
        // Another request may have sent the same picture meanwhile.
        const known = remembered.get(key);
        if (known) return Promise.resolve(known);
        const converting = underWay.get(key) ?? convertNow(key, picture);
        underWay.set(key, converting);
        return converting;
      }, signal);
    },
  };
}
