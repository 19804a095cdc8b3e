/** What an answer must cite, read from the recorded metadata: bytes of UTF-8 over the text, and the pages for them. */
import type { AnswerMessage } from '../../../src/anthropic/message.ts';

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON of any shape
type Any = any;

export type Citation = { start: number; words: string; urls: string[] };

const bytesOf = (text: string): Buffer => Buffer.from(text, 'utf8');
const inOrder = (all: Citation[]): Citation[] =>
  all.toSorted((a, b) => a.start - b.start || a.words.localeCompare(b.words));

/** The same words in one place, with all their pages; white space at their ends says nothing. */
function joined(all: readonly Citation[]): Citation[] {
  const byPlace = new Map<string, Citation>();
  for (const { start, words, urls } of all) {
    const lead = words.length - words.trimStart().length;
    const at = start + bytesOf(words.slice(0, lead)).length;
    const key = `${at} ${words.trim()}`;
    const known = byPlace.get(key)?.urls ?? [];
    byPlace.set(key, { start: at, words: words.trim(), urls: [...new Set([...known, ...urls])] });
  }
  return inOrder([...byPlace.values()]);
}

/** The bytes from `startIndex` up to `endIndex`, with the pages of their numbers. */
export function supported(text: string, grounding: Any): Citation[] {
  const bytes = bytesOf(text);
  const pages: Any[] = grounding?.groundingChunks ?? [];
  const all = (grounding?.groundingSupports ?? []).map((support: Any): Citation => {
    const { startIndex = 0, endIndex = 0 } = support.segment ?? {};
    const urls = (support.groundingChunkIndices ?? []).flatMap((index: number) => {
      const uri = pages[index]?.web?.uri;
      return uri === undefined ? [] : [new URL(uri).href];
    });
    return { start: startIndex, words: bytes.subarray(startIndex, endIndex).toString('utf8'), urls };
  });
  return joined(all.filter(({ urls }: Citation) => urls.length > 0));
}

/** What the answer cites. */
export function cited({ content }: AnswerMessage): Citation[] {
  let at = 0;
  const all = content.flatMap((block): Citation[] => {
    if (block.type !== 'text') return [];
    const start = at;
    at += bytesOf(block.text).length;
    const citations = block.citations ?? [];
    return citations.length === 0
      ? []
      : [{ start, words: block.text, urls: citations.flatMap((one) => ('url' in one ? [one.url] : [])) }];
  });
  return joined(all);
}
