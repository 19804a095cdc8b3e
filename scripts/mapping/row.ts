/** A row of `docs/mapping.md`: what becomes of something, and the test that shows it. */

/** A file of tests, or a turn, which `tests/turns.test.ts` plays. `tests/scripts/mapping.test.ts` reads each of them. */
export type Shown = `tests/${string}.test.ts` | `fixtures/turns/${string}`;

export type Row = { readonly becomes: string; readonly shown: Shown };

export const row = (becomes: string, shown: Shown): Row => ({ becomes, shown });

/**
 * A row of a field whose schema says by itself what becomes of it (`schema-words.ts`). `first`: what becomes of the values
 * that are used.
 */
export type NotedRow = { readonly noted: true; readonly first: string | undefined; readonly shown: Shown };

export const noted = (shown: Shown, first?: string): NotedRow => ({ noted: true, first, shown });

/** The tests that most rows name. */
export const IN = {
  refusals: 'tests/translate/request/refusals/refusals.test.ts',
  keys: 'tests/anthropic/unknown-keys.test.ts',
  generation: 'tests/translate/request/generation.test.ts',
  blocks: 'tests/translate/request/blocks.test.ts',
  history: 'tests/translate/request/history.test.ts',
  tools: 'tests/translate/request/tools/tools.test.ts',
  webSearch: 'tests/translate/request/tools/web-search.test.ts',
  pages: 'tests/http/hosted/code-and-pages.test.ts',
  pagesHere: 'tests/http/hosted/pages-in-place.test.ts',
  citedPages: 'tests/http/hosted/cited-pages.test.ts',
  urls: 'tests/translate/request/tools/known-urls.test.ts',
  citations: 'tests/http/hosted/citations.test.ts',
  citationRequests: 'tests/http/hosted/citation-requests.test.ts',
  edits: 'tests/translate/edits/context-edits.test.ts',
  errors: 'tests/translate/errors.test.ts',
  failure: 'tests/gemini/failure.test.ts',
  betas: 'tests/scripts/mapping.test.ts',
} as const satisfies Record<string, Shown>;

/** The link to the test, for a page in `docs/`. */
export const link = (shown: Shown): string => {
  const name =
    shown
      .replace(/\.test\.ts$/, '')
      .split('/')
      .at(-1) ?? shown;
  return `[${name}](../${shown})`;
};
