/**
 * The answer where Google refuses to search: a search result that says so, as Anthropic tells a failed search. (Some
 * clients would show an HTTP error to the model as if the search had found it.)
 */
import { UpstreamError } from '../../gemini/errors.ts';
import type { AnswerPlan } from '../context.ts';
import type { TurnEvent } from './turn.ts';

/** "Search Grounding is not supported.", "google_search is not supported", "Google Search tool is not enabled". */
const SEARCH_REFUSED = /google[ _]?search|\bgrounding\b|\bsearch (?:tool|retrieval)/i;

/** The events that tell of a refused search; undefined where there was no search, or the error is about something else. `shown` makes a text fit for a client. */
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
