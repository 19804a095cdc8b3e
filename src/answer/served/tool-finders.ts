/** The searches over tools that are not loaded yet. */
import type { ServerToolResult } from '../../anthropic/server-answers.ts';
import { type FoundTools, findTools, toolSearch } from '../../translate/request/tools/tool-search.ts';
import type { OpenTools } from './served-tool.ts';

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

export const toolFinders: OpenTools = ({ tools }) => {
  const all = tools ?? [];
  const names = new Set(all.flatMap(({ type }) => toolSearch(type)?.name ?? []));
  return [...names].map((name) => ({
    name,
    run: async (input) => ({ result: toldTools(findTools(name, input, all)) }),
  }));
};
