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

/**
 * What each search has found. Google does not say which search found which page, so all pages are told with the last
 * search that the client has allowed.
 */
export function foundBy(
  calls: Iterable<CalledTool>,
  pages: readonly Source[],
  mostUses: number | undefined,
  warn: Warn,
): (search: CalledTool) => Found {
  const searches = [...calls].filter(({ kind }) => kind === 'search');
  const allowed = searches.slice(0, mostUses);
  const last = allowed.findLast(({ parts }) => parts.length > 1);
  const surplus = searches.length - allowed.length;
  if (surplus > 0)
    warn('content-changed', 'answer', `${surplus} searches beyond max_uses are told as refused`);
  return (search) => {
    if (!allowed.includes(search)) return 'max_uses_exceeded';
    if (search.parts.length === 1) return 'unavailable';
    return search === last ? pages : [];
  };
}
