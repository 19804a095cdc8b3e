/**
 * Finds the quotations of one answer in the sources of its request. A place is told only where the words really stand:
 * in the source that the model has named, or else in another one.
 */
import type { SourceCitation } from '../../anthropic/answer-citations.ts';
import { findAlike, findExact, type Range } from './find-words.ts';
import { READINGS, type Reading } from './readings.ts';
import type { Place, Source } from './source.ts';

/**
 * The most characters of the sources that are looked at for one answer. Words that stand there to the letter are found
 * fast: a gigabyte takes a second. Words that only read the same are found some twenty times slower.
 */
const MOST_LOOKED_AT = { exact: 400_000_000, alike: 20_000_000 };
/** The most characters of a quotation. What is longer is no quotation, but one whose end was forgotten. */
export const LONGEST_QUOTE = 20_000;
/** The most characters of all cited texts of one answer. A client may have put its whole document into one block. */
const MOST_CITED = 2_000_000;

/** A source as one text, and where its pieces end in it. */
type Joined = { text: string; ends: readonly number[] };

function joined(pieces: readonly string[]): Joined {
  let end = -1;
  const ends = pieces.map((piece) => {
    end += piece.length + 1;
    return end;
  });
  return { text: pieces.join('\n'), ends };
}

/** The place of `range`, with the numbers of the pieces in which its first and its last character stand. */
const placeOf = ({ text, ends }: Joined, { start, end }: Range): Place => ({
  start,
  end,
  text: text.slice(start, end),
  first: ends.findIndex((pieceEnd) => start < pieceEnd),
  last: ends.findIndex((pieceEnd) => end <= pieceEnd),
});

const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&#39;': "'",
  '&amp;': '&',
};
const WITHIN_MARKS = /^\s*(?:["“„«].*["”“»]|['‘].*['’])\s*$/s;

/**
 * What the words of a quotation may be: those that the model has written, or those that it has put between quotation
 * marks, or has escaped because its marks look like XML.
 */
function spellings(quote: string): string[] {
  const unescaped = quote.replace(/&(?:lt|gt|quot|apos|#39|amp);/g, (entity) => ENTITIES[entity] ?? entity);
  const spelled = [quote, unescaped].flatMap((words) =>
    WITHIN_MARKS.test(words) ? [words, words.trim().slice(1, -1)] : [words],
  );
  return [...new Set(spelled)];
}

export class Quotations {
  readonly #sources: readonly Source[];
  readonly #joined = new Map<Source, Joined>();
  readonly #left: { exact: number; alike: number };
  #room = MOST_CITED;

  constructor(sources: readonly Source[], most = MOST_LOOKED_AT) {
    this.#sources = sources;
    this.#left = { ...most };
  }

  /** The place of `quote`; undefined where no source has these words. `number`: the source that the model names. */
  find(quote: string, number: number | undefined): SourceCitation | undefined {
    if (quote.length > LONGEST_QUOTE) return undefined;
    const words = spellings(quote);
    const named = this.#sources[(number ?? 0) - 1];
    const others = this.#sources.filter((source) => source !== named);
    for (const source of named ? [named, ...others] : others) {
      const citation = this.#findIn(source, words);
      if (citation) return citation;
    }
    return undefined;
  }

  #findIn(source: Source, words: readonly string[]): SourceCitation | undefined {
    if (!source.pieces) return undefined;
    const all = this.#joined.get(source) ?? joined(source.pieces);
    this.#joined.set(source, all);
    const { text } = all;
    const range = this.#search(words, text, READINGS[source.reading]);
    if (!range) return undefined;
    const citation = source.cite(placeOf(all, range));
    this.#room -= citation.cited_text.length;
    return this.#room < 0 ? undefined : citation;
  }

  #search(words: readonly string[], text: string, reading: Reading): Range | undefined {
    for (const quote of words) {
      const range =
        (this.#mayLook('exact', text) ? findExact(text, quote) : undefined) ??
        (this.#mayLook('alike', text) ? findAlike(text, quote, reading) : undefined);
      if (range) return range;
    }
    return undefined;
  }

  #mayLook(how: 'exact' | 'alike', { length }: string): boolean {
    this.#left[how] -= length;
    return this.#left[how] >= 0;
  }
}
