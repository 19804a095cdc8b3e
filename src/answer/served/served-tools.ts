/** The tools that this process runs in place of Anthropic's servers. */
import type { MessagesRequest } from '../../anthropic/request.ts';
import { isHosted } from '../../anthropic/server-tools.ts';
import { pagesInPlace } from './pages-in-place.ts';
import { searchesInPlace } from './search-in-place.ts';
import type { OpenTools, ServedTool, ServingPorts } from './served-tool.ts';
import { toolFinders } from './tool-finders.ts';

const ROWS: readonly OpenTools[] = [toolFinders, searchesInPlace, pagesInPlace];

/** The tools of a request that this process may have to run, by their names. */
export function servedTools(request: MessagesRequest, ports: ServingPorts): ReadonlyMap<string, ServedTool> {
  if (request.tool_choice?.type === 'none') return new Map();
  const tools = ROWS.flatMap((open) => open(request, ports));
  return new Map(tools.map((tool) => [tool.name, tool]));
}

/** True where the client runs tools of its own. */
export const hasOwnTools = ({ tools }: MessagesRequest): boolean =>
  (tools ?? []).some((tool) => !isHosted(tool));

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
