/**
 * The answer where Google refuses to search: a result that says so, as Anthropic tells a search that fails. The same as an HTTP
 * error is shown to the model by some clients as what the search found.
 */
import { UpstreamError } from '../../gemini/errors.ts';
import type { AnswerPlan } from '../context.ts';
import type { TurnEvent } from './turn.ts';

/** "Search Grounding is not supported.", "google_search is not supported", "Google Search tool is not enabled". */
const SEARCH_REFUSED = /google[ _]?search|\bgrounding\b|\bsearch (?:tool|retrieval)/i;

/** Undefined where nothing was to be searched, or the search is not the trouble. `shown`: fit for a client. */
export function refusedSearch(
  error: unknown,
  { search }: AnswerPlan,
  shown: (text: string) => string,
): TurnEvent[] | undefined {
  if (!search || !(error instanceof UpstreamError) || error.kind !== 'status') return undefined;
  if (error.status !== 400 && error.status !== 403) return undefined;
  if (!SEARCH_REFUSED.test(error.message)) return undefined;
  return [
    { type: 'search', query: search.question, sources: undefined },
    { type: 'text', text: `The web could not be searched. Gemini: ${shown(error.message)}`, by: 'tool' },
    { type: 'finish', finish: { kind: 'finished', reason: 'STOP' } },
  ];
}
