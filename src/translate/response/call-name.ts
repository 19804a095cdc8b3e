/** A call's name as the client declared it. Models put their inner namespace before it, or change its case. */
import type { ToolNames } from '../tool-names.ts';

const NAMESPACE = /^(?:default_api|functions|function|tools|tool)[.:]/i;

/**
 * The client's tool that `name` means, or undefined where it declared none: then the call is of no use to it
 * (`default_api.Bash` unchanged makes Claude Code answer "No such tool available").
 */
export function clientToolName(name: string, tools: ToolNames): string | undefined {
  const bare = name.replace(NAMESPACE, '');
  const exact = tools.exact(name) ?? tools.exact(bare);
  if (exact !== undefined) return exact;
  const sameButForCase: string[] = [];
  for (const [gemini, client] of tools.entries()) {
    if (client === bare) return client;
    if (gemini.toLowerCase() === bare.toLowerCase()) sameButForCase.push(client);
  }
  return sameButForCase.length === 1 ? sameButForCase[0] : undefined;
}
