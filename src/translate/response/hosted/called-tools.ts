/** Pairs the parts of Google's own tools in an answer: a call, and what it gave. */
import type { RequestPart } from '../../../gemini/wire.ts';
import { isObject } from '../../../lib/json.ts';
import type { Warn } from '../../warnings.ts';
import type { Source, TurnEvent } from '../turn.ts';
import type { Found } from './told-search.ts';

/** A call, with Google's own parts of it: one part where no result has come. */
export type CalledTool = { kind: 'search' | 'fetch'; ref: string; queries: string[]; parts: RequestPart[] };

const idOf = (value: unknown): string | undefined =>
  isObject(value) && typeof value['id'] === 'string' && value['id'] !== '' ? value['id'] : undefined;

/** Google's names: `GOOGLE_SEARCH_WEB` and `URL_CONTEXT`. */
function kindOf(toolType: unknown): CalledTool['kind'] | undefined {
  if (typeof toolType !== 'string') return undefined;
  if (toolType.includes('SEARCH')) return 'search';
  return toolType.includes('URL') ? 'fetch' : undefined;
}

function queriesOf(args: unknown): string[] {
  const queries = isObject(args) ? args['queries'] : undefined;
  return Array.isArray(queries)
    ? queries.filter((query): query is string => typeof query === 'string' && query !== '')
    : [];
}

/** The calls among the events, each under the part that began it. */
export function calledTools(events: readonly TurnEvent[], warn: Warn): Map<RequestPart, CalledTool> {
  const called = new Map<RequestPart, CalledTool>();
  for (const event of events) {
    if (event.type !== 'hosted') continue;
    const { toolCall, toolResponse } = event.part;
    if (toolCall) {
      const kind = kindOf(toolCall['toolType']);
      const ref = `${idOf(toolCall) ?? 'call'}-${called.size}`;
      const call = { ref, queries: queriesOf(toolCall['args']), parts: [event.part] };
      if (kind) called.set(event.part, { kind, ...call });
      else warn('upstream-unknown', 'answer', `call of ${String(toolCall['toolType'])} left out`);
    } else if (toolResponse) {
      const call = [...called.values()].findLast(
        ({ parts: [first, answer] }) => !answer && idOf(first?.toolCall) === idOf(toolResponse),
      );
      if (call) call.parts.push(event.part);
      else warn('upstream-unknown', 'answer', 'part left out: toolResponse without its toolCall');
    }
  }
  return called;
}

/** A page, with Google's part of the search that had been answered last when the page came. */
export type Arrival = { page: Source | undefined; after: RequestPart | undefined };

/**
 * What each search has found. Google does not name the search that found a page: the page belongs to the search that was
 * answered last before it. Where that one is none that the client has allowed, the page is told with the last of those.
 */
export function foundBy(
  calls: Iterable<CalledTool>,
  arrivals: readonly Arrival[],
  mostUses: number | undefined,
  warn: Warn,
): (search: CalledTool) => Found {
  const searches = [...calls].filter(({ kind }) => kind === 'search');
  const allowed = searches.slice(0, mostUses);
  const answered = allowed.filter(({ parts }) => parts.length > 1);
  const last = answered.at(-1);
  const finderOf = (after: RequestPart | undefined) =>
    answered.find(({ parts: [, answer] }) => answer !== undefined && answer === after) ?? last;
  const found = new Map<CalledTool | undefined, Source[]>();
  // A page that was found twice is told once, with the first search.
  for (const { page, after } of eachPage(arrivals)) {
    const finder = finderOf(after);
    found.set(finder, [...(found.get(finder) ?? []), page]);
  }
  const surplus = searches.length - allowed.length;
  if (surplus > 0)
    warn('content-changed', 'answer', `${surplus} searches beyond max_uses are told as refused`);
  return (search) => {
    if (!allowed.includes(search)) return 'max_uses_exceeded';
    if (search.parts.length === 1) return 'unavailable';
    return found.get(search) ?? [];
  };
}

function eachPage(arrivals: readonly Arrival[]): { page: Source; after: RequestPart | undefined }[] {
  const seen = new Set<string>();
  return arrivals.flatMap(({ page, after }) => {
    if (!page || seen.has(page.url)) return [];
    seen.add(page.url);
    return [{ page, after }];
  });
}
