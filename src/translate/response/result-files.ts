/** Puts the files that code has made into its result, once they have ids. */
import type { ServerToolResult } from '../../anthropic/server-answers.ts';

/** The result with the ids of its files; undefined for a file that was not kept. */
export function withFiles(result: ServerToolResult, ids: readonly (string | undefined)[]): ServerToolResult {
  const known = ids.filter((id) => id !== undefined);
  if (known.length === 0) return result;
  if (result.type === 'code_execution_tool_result' && 'stdout' in result.content) {
    const content = known.map((file_id) => ({ type: 'code_execution_output' as const, file_id }));
    return { ...result, content: { ...result.content, content } };
  }
  if (result.type === 'bash_code_execution_tool_result' && 'stdout' in result.content) {
    const content = known.map((file_id) => ({ type: 'bash_code_execution_output' as const, file_id }));
    return { ...result, content: { ...result.content, content } };
  }
  return result;
}
