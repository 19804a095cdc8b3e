/**
 * Makes the answer where Google refuses to search: a search result that says so, in the form of Anthropic's failed
 * searches. (Some clients would show an HTTP error to the model as a result of the search.)
 */
import { UpstreamError } from '../../../gemini/errors.ts';
import type { AnswerPlan } from '../../context.ts';
import type { TurnEvent } from '../turn.ts';
import { toldSearch } from './told-search.ts';

/**
 * Matches "Search Grounding is not supported.", "google_search is not supported" and "Google Search tool is not
 * enabled".
 */
const SEARCH_REFUSED = /google[ _]?search|\bgrounding\b|\bsearch (?:tool|retrieval)/i;

/**
 * The events that say that the search was refused. Undefined where the request asked for no search or for more than a
 * search, or the error is about something else. `shown` makes a text fit for a client.
 */
export function refusedSearch(
  error: unknown,
  { search }: AnswerPlan,
  shown: (text: string) => string,
): TurnEvent[] | undefined {
  if (!search?.isAlone || !(error instanceof UpstreamError) || error.kind !== 'status') return undefined;
  if (error.status !== 400 && error.status !== 403) return undefined;
  if (!SEARCH_REFUSED.test(error.message)) return undefined;
  return [
    ...toldSearch('refused', search.question, 'unavailable'),
    { type: 'text', text: `The web could not be searched. Gemini: ${shown(error.message)}`, by: 'tool' },
    { type: 'finish', finish: { kind: 'finished', reason: 'STOP' } },
  ];
}
