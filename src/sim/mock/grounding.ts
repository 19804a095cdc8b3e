/** Makes Google's data about the sources of an answer, which come with the last chunk. */
import type { JsonObject } from '../../lib/json.ts';
import type { Grounding } from '../scenario/types.ts';

/** The data for a whole answer `text`. Segments are counted in bytes of UTF-8; Google leaves out a beginning at 0. */
export function groundingMetadata({ queries, sources, supports }: Grounding, text: string): JsonObject {
  const segments = supports.flatMap((support) => {
    const start = text.indexOf(support.text);
    if (start < 0) return [];
    const startIndex = Buffer.byteLength(text.slice(0, start));
    const endIndex = startIndex + Buffer.byteLength(support.text);
    const segment = { ...(startIndex > 0 ? { startIndex } : {}), endIndex, text: support.text };
    return [{ segment, groundingChunkIndices: [...support.sources] }];
  });
  return {
    searchEntryPoint: { renderedContent: chips(queries) },
    groundingChunks: sources.map(({ title, uri }) => ({ web: { uri, title } })),
    groundingSupports: segments,
    webSearchQueries: [...queries],
  };
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** The search suggestions that Google wants clients to show beside the answer. */
const chips = (queries: readonly string[]): string => {
  const links = queries.map((query) => {
    const href = `https://www.google.com/search?q=${encodeURIComponent(query)}`;
    return `<a class="chip" href="${escaped(href)}">${escaped(query)}</a>`;
  });
  return `<div class="container">${links.join('')}</div>\n`;
};
