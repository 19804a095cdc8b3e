/**
 * Decides which tools the model is shown, and in what order. A deferred tool (`defer_loading`) stays hidden until the
 * history names it. Then it comes last, in the order of loading, so that earlier declarations keep their bytes. Claude
 * Code's placeholder is deferred and never named, so it is never sent.
 */
import type { ContentBlock } from '../../../anthropic/content.ts';
import type { ToolChange } from '../../../anthropic/message.ts';
import type { CountTokensRequest, Message } from '../../../anthropic/request.ts';
import { isHosted } from '../../../anthropic/server-tools.ts';
import type { Tool } from '../../../anthropic/tool.ts';
import { isObject, type JsonObject } from '../../../lib/json.ts';
import type { Warn } from '../../warnings.ts';
import { isCleared, lastUserIndex } from '../messages.ts';
import { knownTool } from './client-tools.ts';

export type DeclaredTool = { name: string; tool: Tool; path: string };

type Change = { do: 'show' | 'hide'; name: string; tool?: Tool };

export const toolName = (tool: Tool): string => tool.name ?? knownTool(tool.type ?? '')?.name ?? '';

const show = (name: string): Change => ({ do: 'show', name });

const showIn = (value: unknown): Change[] =>
  Array.isArray(value)
    ? value.flatMap((item) =>
        isObject(item) && item['type'] === 'tool_reference' && typeof item['tool_name'] === 'string'
          ? [show(item['tool_name'])]
          : [],
      )
    : [];

/**
 * Reads a `tool_addition` or `tool_removal`. These blocks name a tool in `tool_name`, or in `tool`: as a name, a
 * reference, a declaration, or a declaration in `definition`.
 */
function changeOf(kind: Change['do'], block: { tool_name?: string; tool?: unknown }): Change[] {
  const tool =
    isObject(block.tool) && isObject(block.tool['definition']) ? block.tool['definition'] : block.tool;
  if (block.tool_name !== undefined) return [{ do: kind, name: block.tool_name }];
  if (typeof tool === 'string') return [{ do: kind, name: tool }];
  if (!isObject(tool)) return [];
  const name = tool['name'] ?? tool['tool_name'];
  const isDefinition = isObject(tool['input_schema']) || knownTool(String(tool['type'])) !== undefined;
  const named = typeof name === 'string' ? name : isDefinition ? toolName(tool as Tool) : '';
  if (named === '') return [];
  return [{ do: kind, name: named, ...(isDefinition ? { tool: tool as Tool } : {}) }];
}

function changesIn(block: ContentBlock): Change[] {
  switch (block.type) {
    case 'tool_result':
      return showIn(block.content);
    case 'tool_search_tool_result':
      return showIn(isObject(block.content) ? block.content['tool_references'] : block.content);
    case 'tool_reference':
      return [show(block.tool_name)];
    // A compacted history no longer has the reference, but a tool that was called must have been loaded.
    case 'tool_use':
      return [show(block.name)];
    case 'tool_addition':
      return changeOf('show', block);
    case 'tool_removal':
      return changeOf('hide', block);
    case 'compaction':
      return (block.tool_changes ?? []).flatMap((change) =>
        changeOf(change.type === 'tool_removal' ? 'hide' : 'show', change),
      );
    default:
      return [];
  }
}

function changesOfHistory(messages: readonly Message[]): Change[] {
  const lastUser = lastUserIndex(messages);
  const changes: Change[] = [];
  messages.forEach((message, index) => {
    if (typeof message.content === 'string' || isCleared(message, index, lastUser)) return;
    for (const block of message.content) for (const change of changesIn(block)) changes.push(change);
  });
  return changes;
}

/** The tools that the history itself defines, whether they are shown now or not. */
export const definedTools = (messages: readonly Message[]): Tool[] =>
  changesOfHistory(messages).flatMap(({ tool, name }) => (tool ? [{ ...tool, name }] : []));

/** True for a tool that only code in Anthropic's sandbox may call. The model may not call it. */
export const isForCode = (tool: Tool): boolean =>
  Array.isArray(tool.allowed_callers) &&
  tool.allowed_callers.length > 0 &&
  !tool.allowed_callers.includes('direct');

export function visibleTools(request: CountTokensRequest, warn: Warn): DeclaredTool[] {
  const known = new Map<string, DeclaredTool>();
  const shown = new Map<string, DeclaredTool>();
  const forCode = new Set<string>();
  (request.tools ?? []).forEach((tool, index) => {
    if (isHosted(tool)) return;
    const declared = { name: toolName(tool), tool, path: `tools.${index}` };
    if (isForCode(tool)) {
      forCode.add(declared.name);
      warn('tool-changed', `${declared.path}.allowed_callers`, 'a tool for code execution only is hidden');
      return;
    }
    known.set(declared.name, declared);
    if (tool.defer_loading !== true) shown.set(declared.name, declared);
  });
  const apply = (change: Change) => {
    if (change.do === 'hide') {
      shown.delete(change.name);
      return;
    }
    if (forCode.has(change.name)) return;
    // A definition in the history holds from there on, also where the tool is withdrawn and added by its name again.
    const defined = change.tool && {
      name: change.name,
      tool: change.tool,
      path: `tool_addition.${change.name}`,
    };
    if (defined) known.set(change.name, defined);
    const found = known.get(change.name);
    if (found && (defined || !shown.has(change.name))) shown.set(change.name, found);
  };
  for (const change of changesOfHistory(request.messages)) apply(change);
  if (request.tool_choice?.type === 'tool') apply({ do: 'show', name: request.tool_choice.name });
  return [...shown.values()];
}

/**
 * The tools that a call may name: the tools that are shown, and the tools that the client declared but has not loaded
 * yet. A model that has read about such a tool may call it anyway, and the client knows best how to answer that call.
 */
export function callableNames(request: CountTokensRequest, shown: readonly DeclaredTool[]): string[] {
  const deferred = (request.tools ?? []).filter(
    (tool) => tool.defer_loading === true && !isForCode(tool) && !isHosted(tool),
  );
  return [...new Set([...shown.map(({ name }) => name), ...deferred.map(toolName)])];
}

/**
 * The changes that lead from the request's `tools` to the tools that are shown now. A summary carries them, because the
 * messages that made the changes are gone.
 */
export function toolChanges(request: CountTokensRequest): ToolChange[] {
  const silent: Warn = () => {};
  const unforced = { ...request, tool_choice: null };
  const before = new Map(
    visibleTools({ ...unforced, messages: [] }, silent).map((declared) => [declared.name, declared]),
  );
  const after = visibleTools(unforced, silent);
  const now = new Set(after.map(({ name }) => name));
  const declared = new Set(request.tools ?? []);
  const reference = (name: string) => ({ type: 'tool_reference' as const, name });
  const removed = [...before.keys()]
    .filter((name) => !now.has(name))
    .map((name): ToolChange => ({ type: 'tool_removal', tool: reference(name) }));
  const added = after
    .filter(({ name, tool }) => before.get(name)?.tool !== tool)
    .map(({ name, tool }): ToolChange => {
      const { cache_control: _, ...definition } = tool;
      const by = declared.has(tool)
        ? reference(name)
        : { type: 'tool_definition' as const, definition: definition as JsonObject };
      return { type: 'tool_addition', tool: by };
    });
  return [...removed, ...added];
}
