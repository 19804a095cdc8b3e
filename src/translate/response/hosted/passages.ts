/**
 * The passages that searches have brought, and the pages on which each is based. Finds where a text repeats one of
 * them, word for word: Google tells the pages of its own words only, so other words of the model have none.
 */
import type { Source } from '../turn.ts';

/** Words that Google has based on these pages. */
export type Passage = { text: string; sources: readonly Source[] };

/** A word, or a sign, with its place in its text. */
export type Token = { word: string; start: number; end: number; weight: number };

/** Scripts that put no space between words: each of their characters counts as half a word. */
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}';
/** Signs of Markdown, which a model adds and leaves out at will. */
export const MARKUP = /[*_`~#>|\\]/;
const TOKENS = new RegExp(`[${UNSPACED}]|[[\\p{L}\\p{N}\\p{M}]--[${UNSPACED}]]+|[^\\s*_\`~#>\\|\\\\]`, 'gv');
const IS_UNSPACED = new RegExp(`[${UNSPACED}]`, 'v');
const IS_WORD = /[\p{L}\p{N}]/u;

const weightOf = (word: string): number => {
  if (IS_UNSPACED.test(word)) return 0.5;
  return IS_WORD.test(word) ? 1 : 0;
};

export const tokensOf = (text: string): Token[] =>
  text
    .matchAll(TOKENS)
    .toArray()
    .map((match) => {
      const [word] = match;
      return { word, start: match.index, end: match.index + word.length, weight: weightOf(word) };
    });

/** The least words of a repetition that is a part of a passage, and of one that is a whole passage. */
const LEAST_PART = 8;
const LEAST_WHOLE = 3;
/** The most tokens of a passage that are known, and of all passages. */
const LONGEST = 160;
const MOST_TOKENS = 20_000;

/** The most passages that are told apart by what follows after the same words. */
const MOST_PLACES = 8;

/** A place in a passage: the token with which it goes on. */
type Place = { words: readonly string[]; at: number; sources: readonly Source[] };
/** The beginning of a repetition. `ends`: the places after it, where it is long enough. */
type Node = { next: Map<string, Node>; ends: Place[] };
const newNode = (): Node => ({ next: new Map(), ends: [] });

const goesOn = ({ words, at }: Place): boolean => at < words.length;

type Found = { tokens: number; sources: readonly Source[] };
/** `more`: nothing can be said before more of the text is there. `none`: no repetition begins here. */
export type Repetition = 'more' | 'none' | Found;

/** How many of the tokens make the shortest repetition that counts; 0 where there is none. It begins with a word. */
function endOfLeast(tokens: readonly Token[], isWhole: boolean): number {
  if (tokens[0]?.weight === 0) return 0;
  let weight = 0;
  for (const [index, token] of tokens.entries()) {
    weight += token.weight;
    if (weight >= LEAST_PART) return index + 1;
  }
  return isWhole && weight >= LEAST_WHOLE ? tokens.length : 0;
}

export class Passages {
  readonly #root = newNode();
  #room = MOST_TOKENS;

  add({ text, sources }: Passage): void {
    const all = tokensOf(text);
    const first = all.findIndex(({ weight }) => weight > 0);
    if (first < 0 || sources.length === 0) return;
    const tokens = all.slice(first, first + Math.min(LONGEST, this.#room));
    this.#room -= tokens.length;
    const last = tokens.findLastIndex(({ weight }) => weight > 0);
    const words = tokens.map(({ word }) => word);
    for (let from = 0; from <= last; from++) {
      const end = endOfLeast(tokens.slice(from, last + 1), from === 0);
      if (end > 0) this.#keep(words, from, from + end, sources);
    }
  }

  #keep(words: readonly string[], from: number, at: number, sources: readonly Source[]): void {
    let node = this.#root;
    for (const word of words.slice(from, at)) {
      const next = node.next.get(word) ?? newNode();
      node.next.set(word, next);
      node = next;
    }
    if (node.ends.length < MOST_PLACES) node.ends.push({ words, at, sources });
  }

  /** What begins with the token at `from`. `isOver`: after these tokens there are no more. */
  repetition(tokens: readonly Token[], from: number, isOver: boolean): Repetition {
    let node: Node | undefined = this.#root;
    let places: Place[] = [];
    let found: Found | undefined;
    for (let at = from; node || places.some(goesOn); at++) {
      const word = tokens[at]?.word;
      if (word === undefined) {
        const mayGoOn = (node?.next.size ?? 0) > 0 || places.some(goesOn);
        if (mayGoOn && !isOver) return 'more';
        break;
      }
      const same = places.filter((place) => place.words[place.at] === word);
      node = node?.next.get(word);
      places = [...same.map((place) => ({ ...place, at: place.at + 1 })), ...(node?.ends ?? [])];
      if (places.length > 0)
        found = { tokens: at + 1 - from, sources: places.flatMap(({ sources }) => sources) };
    }
    return found ?? 'none';
  }
}
