/** The tools that this process runs in place of Anthropic's servers. */
import type { MessagesRequest } from '../../anthropic/request.ts';
import type { ServerToolResult } from '../../anthropic/server-answers.ts';
import { isHosted } from '../../anthropic/server-tools.ts';
import type { JsonObject } from '../../lib/json.ts';
import { type FoundTools, findTools, toolSearch } from '../../translate/request/tools/tool-search.ts';
import { type Search, SearchesInPlace } from './search-in-place.ts';
import type { Served, Serving } from './served-answer.ts';

const toldTools = (found: FoundTools): ServerToolResult => ({
  type: 'tool_search_tool_result',
  content:
    typeof found === 'string'
      ? { type: 'tool_search_tool_result_error', error_code: found }
      : {
          type: 'tool_search_tool_search_result',
          tool_references: found.map((name) => ({ type: 'tool_reference', tool_name: name })),
        },
});

/**
 * Runs the tools of a request; undefined where the request has none that this process may have to run. `search` makes a
 * request of its own for a search of the web: models that cannot search beside functions are given a function.
 */
export function servedTools(request: MessagesRequest, search: Search): Serving['serve'] | undefined {
  const { tools, tool_choice: choice } = request;
  const all = tools ?? [];
  if (choice?.type === 'none') return undefined;
  const finders = new Set(all.flatMap(({ type }) => toolSearch(type)?.name ?? []));
  const web = all.length > 1 ? all.find((tool) => isHosted(tool) && tool.name === 'web_search') : undefined;
  if (finders.size === 0 && !web) return undefined;
  const searches = web && new SearchesInPlace(request, web, search);
  return (called: string, input: JsonObject): Served | undefined => {
    if (searches && called === 'web_search') {
      return { name: 'web_search', result: () => searches.result(input) };
    }
    const name = [...finders].find((one) => one === called);
    return name && { name, result: async () => ({ result: toldTools(findTools(name, input, all)) }) };
  };
}

/** `request` with what the assistant has said until now. A call that was demanded is not demanded once more. */
export function goingOn(
  request: MessagesRequest,
  said: MessagesRequest['messages'][number]['content'],
  tokens: number,
): MessagesRequest {
  const { tool_choice: choice } = request;
  const isForced = choice?.type === 'any' || choice?.type === 'tool';
  return {
    ...request,
    messages: [...request.messages, { role: 'assistant', content: said }],
    max_tokens: Math.max(1, request.max_tokens - tokens),
    ...(isForced ? { tool_choice: { type: 'auto' as const } } : {}),
  };
}
