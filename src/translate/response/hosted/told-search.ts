/** Tells a search of the web, and what it found, in Anthropic's form. */
import type { WebSearchError, WebSearchResult } from '../../../anthropic/server-answers.ts';
import type { RequestPart } from '../../../gemini/wire.ts';
import type { Source, TurnEvent } from '../turn.ts';

/** The pages that a search found, or why it has found none. */
export type Found = readonly Source[] | WebSearchError['error_code'];

const resultOf = (source: Source): WebSearchResult => ({
  type: 'web_search_result',
  ...source,
  encrypted_content: '',
  page_age: null,
});

/** `ref` is the name of the search in its answer; `echo` are Google's own parts of it. */
export const toldSearch = (
  ref: string,
  query: string,
  found: Found,
  echo?: readonly RequestPart[],
): TurnEvent[] => [
  { type: 'server-call', ref, name: 'web_search', input: { query } },
  {
    type: 'server-result',
    ref,
    result: {
      type: 'web_search_tool_result',
      content:
        typeof found === 'string'
          ? { type: 'web_search_tool_result_error', error_code: found }
          : found.map(resultOf),
      caller: { type: 'direct' },
    },
    ...(echo ? { echo } : {}),
  },
];
