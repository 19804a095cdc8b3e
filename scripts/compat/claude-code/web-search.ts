/** WebSearch: a request of its own, which Google answers from its search. */
import { type Bench, type Case, must, mustContain } from '../case.ts';
import { ask, mustBeServed } from './claude.ts';

const PAGES = ['mock-release-page', 'mock-change-list'];

async function run(bench: Bench): Promise<void> {
  const google = bench.google();
  const proxy = await bench.proxy(google);
  const said = await ask(bench, proxy, { prompt: 'Search the web for the newest release of Bun' });
  const result = said.results.find((text) => text.includes('Web search results')) ?? '';
  mustContain(result, 'Links: [{', 'the result of WebSearch');
  for (const page of PAGES) mustContain(result, `grounding-api-redirect/${page}`, 'the result of WebSearch');
  mustContain(result, 'The second page lists what it changed.', 'the result of WebSearch');
  mustContain(said.result, 'This is what the search gave:', 'the answer');
  const searches = google.asked.filter(({ caller }) => caller === 'web-search');
  must(searches.length === 1, () => `Google was asked to search ${searches.length} times`);
  mustBeServed(proxy);
}

export const webSearch: Case = { name: 'web-search', what: 'WebSearch, with links', seconds: 90, run };
