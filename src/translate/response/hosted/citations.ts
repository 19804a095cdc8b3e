/**
 * Finds which words of an answer are based on which pages. Google gives offsets in bytes of UTF-8 over the whole text,
 * and some of them are wrong by one. Google also gives the words themselves, so the place is decided by the words.
 */
import type { Warn } from '../../warnings.ts';
import type { Source, TurnEvent } from '../turn.ts';
import { eachSource, type Grounding, listOf } from './grounding.ts';

type TextEvent = Extract<TurnEvent, { type: 'text' }>;

/** A piece of the answer. `sources` are the pages on which the piece is based. */
export type Piece = { text: string; sources: readonly Source[] };

/** How many characters before and after an offset are searched for its words. */
const NEAR = 64;
/**
 * The most characters of an answer that are searched for words that are not near their offset. An answer has some
 * thousand characters, and about ten such words.
 */
const MOST_SEARCHED = 20_000_000;
/**
 * The most citations that are read. Google needs only two bytes for a citation, and each citation repeats the link of
 * its page.
 */
const MOST_CITATIONS = 2_000;

/** The bytes of a character in UTF-8. */
function sizeOf(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/**
 * The index in `text` for each offset in bytes. For an offset inside of a character it is the index of that character.
 */
function bytePlaces(text: string): Uint32Array {
  const places = new Uint32Array(Buffer.byteLength(text) + 1);
  let bytes = 0;
  for (let at = 0; at < text.length; ) {
    const size = sizeOf(text.codePointAt(at) ?? 0);
    for (let index = 0; index < size; index++) places[bytes++] = at;
    at += size === 4 ? 2 : 1;
  }
  places[bytes] = text.length;
  return places;
}

type Segment = NonNullable<Grounding['supports'][number]['segment']>;
type Range = { start: number; end: number };

/** The place of `words` that is nearest to `start`; -1 where the text does not have these words. */
function nearest(text: string, words: string, start: number): number {
  const [before, after] = [text.lastIndexOf(words, start), text.indexOf(words, start)];
  if (before < 0) return after;
  return after >= 0 && after - start < start - before ? after : before;
}

/** Finds in one text the words that Google means. */
class Words {
  readonly #text: string;
  readonly #places: Uint32Array;
  #left = MOST_SEARCHED;

  constructor(text: string) {
    this.#text = text;
    this.#places = bytePlaces(text);
  }

  /** The place of a segment's words in the text; undefined where the text does not have these words. */
  rangeOf({ startIndex, endIndex, text: words }: Segment): Range | undefined {
    const start = this.#placeOf(startIndex);
    if (typeof words !== 'string' || words === '') {
      const end = this.#placeOf(endIndex);
      return end > start ? { start, end } : undefined;
    }
    const found = this.#find(words, start);
    return found < 0 ? undefined : { start: found, end: found + words.length };
  }

  #placeOf(bytes: unknown): number {
    const count = Number(bytes ?? 0);
    const last = this.#places.length - 1;
    return this.#places[Math.min(last, Math.max(0, Math.trunc(count) || 0))] ?? 0;
  }

  #find(words: string, start: number): number {
    // Words that begin or end with half a character occur in the text only inside of a whole character.
    if (!words.isWellFormed()) return -1;
    const from = Math.max(0, start - NEAR);
    const near = nearest(this.#text.slice(from, start + NEAR + words.length), words, start - from);
    if (near >= 0) return from + near;
    this.#left -= this.#text.length;
    return this.#left < 0 ? -1 : nearest(this.#text, words, start);
  }
}

const chunkIndex = (index: unknown): number => {
  if (typeof index === 'number') return index;
  return typeof index === 'string' && /^\d{1,6}$/.test(index) ? Number(index) : -1;
};

type Cited = Range & { sources: Source[] };

function citedRanges(text: string, { supports, sources }: Grounding, warn: Warn): Cited[] {
  const words = new Words(text);
  const ranges: Cited[] = [];
  let [room, lost] = [MOST_CITATIONS, 0];
  for (const { segment, groundingChunkIndices } of supports) {
    const cited = eachSource(listOf(groundingChunkIndices).map((index) => sources[chunkIndex(index)]));
    if (cited.length === 0) continue;
    const range = segment && room >= cited.length ? words.rangeOf(segment) : undefined;
    if (range) {
      room -= cited.length;
      ranges.push({ ...range, sources: cited });
    } else lost++;
  }
  if (lost > 0) {
    const why = 'their words are not in the answer, or there are too many';
    warn('upstream-unknown', 'answer', `${lost} citations left out: ${why}`);
  }
  return ranges.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** Cuts `text` into pieces that join to exactly `text`. Words that are cited twice belong to the first piece. */
export function citedPieces(text: string, grounding: Grounding, warn: Warn): Piece[] {
  const pieces: { text: string; sources: Source[] }[] = [];
  let at = 0;
  for (const { start, end, sources } of citedRanges(text, grounding, warn)) {
    if (end <= at) {
      pieces.at(-1)?.sources.push(...sources);
      continue;
    }
    if (start > at) pieces.push({ text: text.slice(at, start), sources: [] });
    pieces.push({ text: text.slice(Math.max(at, start), end), sources });
    at = end;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), sources: [] });
  return withoutBlank(pieces.map((piece) => ({ ...piece, sources: eachSource(piece.sources) })));
}

/** The characters of the pieces from `start` on, up to `end`. */
export function cutPieces(pieces: readonly Piece[], start: number, end: number): Piece[] {
  let at = 0;
  const cut = pieces.flatMap((piece) => {
    const text = piece.text.slice(Math.max(0, start - at), Math.max(0, end - at));
    at += piece.text.length;
    return text === '' ? [] : [{ ...piece, text }];
  });
  return withoutBlank(cut);
}

export const toldPiece = (piece: Piece): TurnEvent =>
  piece.sources.length > 0 ? { type: 'cited', ...piece } : { type: 'text', text: piece.text };

/**
 * The signature that closes texts which were cut at their citations: that of an empty text, wherever the texts were cut.
 * Any other signature belongs to a text that is in pieces now.
 */
export function closing(texts: readonly TextEvent[], warn: Warn): TextEvent[] {
  const signed = texts.filter(({ signature }) => signature !== undefined);
  if (signed.some(({ text }) => text !== '')) {
    warn('signature', 'answer', 'signature of a text left out: the text is cut at its citations');
  }
  return signed.filter(({ text }) => text === '').slice(-1);
}

/**
 * The pieces without any that is only white space. Anthropic refuses a block of white space alone when a client sends
 * it back, so white space is added to the piece before.
 */
function withoutBlank(pieces: readonly Piece[]): Piece[] {
  const whole: Piece[] = [];
  for (const piece of pieces) {
    const last = whole.at(-1);
    if (last && piece.text.trim() === '') last.text += piece.text;
    else if (last?.text.trim() === '') whole.splice(-1, 1, { ...piece, text: last.text + piece.text });
    else whole.push({ ...piece });
  }
  return whole;
}
