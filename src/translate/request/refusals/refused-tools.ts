/** Refuses tools that cannot be served, and choices among tools that make no sense. */
import type { CountTokensRequest } from '../../../anthropic/request.ts';
import type { Tool } from '../../../anthropic/tool.ts';
import { isObject } from '../../../lib/json.ts';
import { knownTool } from '../tools/client-tools.ts';
import { hostedTool } from '../tools/hosted-tools.ts';
import { definedTools, isForCode, toolName } from '../tools/tool-visibility.ts';
import { refuse } from './refuse.ts';

/** What a client can do instead, by the beginning of the tool's type. The last row is for all other tools. */
const INSTEAD: readonly (readonly [string, string])[] = [
  ['computer_', 'declare a tool of your own with an `input_schema` that takes the screenshot and the clicks'],
  ['mcp_', 'connect to the MCP server in the client, and declare its tools with their `input_schema`'],
  ['advisor', 'leave it out, or ask another model with a request of its own'],
  ['', 'leave it out, or declare a tool of your own with `name` and `input_schema`'],
];

function unsupported(path: string, type: string): string {
  const instead = INSTEAD.find(([beginning]) => type.startsWith(beginning))?.[1] ?? '';
  return `${path}: ${type} is not supported by this model; ${instead}`;
}

function refuseTool(tool: Tool, path: string): void {
  const hosted = hostedTool(tool);
  if (hosted) {
    hosted.refuse(tool, path);
    return;
  }
  const isCustom = tool.type === undefined || tool.type === null || tool.type === 'custom';
  if (!isCustom && !knownTool(tool.type ?? '')) {
    refuse(unsupported(`${path}.type`, tool.type ?? ''));
  }
  if (!isCustom) return;
  if (tool.name === undefined) refuse(`${path}.custom.name: Field required`);
  if (tool.input_schema === undefined) refuse(`${path}.custom.input_schema: Field required`);
}

/**
 * Refuses a tool that the history adds, where it is none that the client runs. References to MCP servers cannot mean
 * anything here, since no request may name such servers.
 */
export function refuseAddedTool({ tool }: { tool?: unknown }, path: string): void {
  if (!isObject(tool)) return;
  const { type } = tool;
  if (typeof type === 'string' && type.startsWith('mcp_')) {
    refuse(unsupported(`${path}.tool.type`, type));
  }
  if (!isObject(tool['definition'])) return;
  const definition = tool['definition'] as Tool;
  const at = `${path}.tool.tool_definition.definition`;
  if (hostedTool(definition)) refuse(`${at}.type: ${definition.type} is not supported in a message`);
  refuseTool(definition, at);
}

export function refuseTools(request: CountTokensRequest): void {
  const tools = request.tools ?? [];
  for (const [index, tool] of tools.entries()) refuseTool(tool, `tools.${index}`);
  const names = new Set(tools.map(toolName));
  if (names.size < tools.length) refuse('tools: Tool names must be unique.');
  const choice = request.tool_choice;
  if (!choice || choice.type === 'auto' || choice.type === 'none') return;
  const defined = definedTools(request.messages);
  if (tools.length + defined.length === 0)
    refuse(`tool_choice.${choice.type} may only be specified while providing tools.`);
  const isCallable = (tool: Tool) =>
    choice.type === 'tool' && toolName(tool) === choice.name && !isForCode(tool);
  if (choice.type === 'tool' && ![...tools, ...defined].some(isCallable)) {
    refuse(`tool_choice.name: Tool '${choice.name}' not found in provided tools`);
  }
}
