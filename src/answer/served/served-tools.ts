/** The tools that this process runs in place of Anthropic's servers. */

import type { MessagesRequest } from '../../anthropic/request.ts';
import type { ServerToolResult } from '../../anthropic/server-answers.ts';
import type { JsonObject } from '../../lib/json.ts';
import { type FoundTools, findTools, toolSearch } from '../../translate/request/tools/tool-search.ts';
import type { Serving } from './served-answer.ts';

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

/** Runs the tools of a request; undefined where the request has none that this process runs. */
export function servedTools({ tools, tool_choice: choice }: MessagesRequest): Serving['serve'] | undefined {
  const all = tools ?? [];
  const searches = new Set(all.flatMap(({ type }) => toolSearch(type)?.name ?? []));
  if (searches.size === 0 || choice?.type === 'none') return undefined;
  return (called: string, input: JsonObject) => {
    const name = [...searches].find((one) => one === called);
    return name && { name, result: toldTools(findTools(name, input, all)) };
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
