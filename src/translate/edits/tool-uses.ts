/** Finds the results, and the arguments of calls, that `clear_tool_uses` clears. */
import type { ToolResultBlock, ToolUseBlock } from '../../anthropic/content.ts';
import type { EditOf } from '../../anthropic/context-edits.ts';
import type { Message } from '../../anthropic/request.ts';
import type { Cleared } from './cleared.ts';
import { sinceSummary } from './summary.ts';

type ToolUse = { call: ToolUseBlock; result: ToolResultBlock };

/** Anthropic's defaults. */
const TRIGGER = { type: 'input_tokens', value: 100_000 } as const;
const KEEP = 3;

/** The calls that have a result, in the order of their results. An id that is used twice means its latest call. */
function toolUses(messages: readonly Message[]): ToolUse[] {
  const calls = new Map<string, ToolUseBlock>();
  const uses: ToolUse[] = [];
  for (const { content } of messages) {
    if (typeof content === 'string') continue;
    for (const block of content) {
      if (block.type === 'tool_use') calls.set(block.id, block);
      const call = block.type === 'tool_result' ? calls.get(block.tool_use_id) : undefined;
      if (call && block.type === 'tool_result') uses.push({ call, result: block });
    }
  }
  return uses;
}

export type ClearedToolUses = { cleared: Cleared; count: number; tokens: number };

/**
 * What the edit clears of `messages`. Undefined where the edit clears nothing: its trigger is not reached, or too few
 * tokens would be saved. `weigh` tells how many tokens the whole request has.
 */
export function clearedToolUses(
  messages: readonly Message[],
  edit: EditOf<'clear_tool_uses'>,
  weigh: (cleared?: Cleared) => number,
): ClearedToolUses | undefined {
  const uses = toolUses(sinceSummary(messages));
  const excluded = new Set(edit.exclude_tools ?? []);
  const old = uses
    .slice(0, Math.max(0, uses.length - (edit.keep?.value ?? KEEP)))
    .filter(({ call }) => !excluded.has(call.name));
  if (old.length === 0) return undefined;
  const { type, value } = edit.trigger ?? TRIGGER;
  if ((type === 'tool_uses' ? uses.length : weigh()) <= value) return undefined;
  const inputs = edit.clear_tool_inputs ?? false;
  const losesInput = ({ call }: ToolUse) => (Array.isArray(inputs) ? inputs.includes(call.name) : inputs);
  const cleared = {
    results: new Set(old.map(({ result }) => result)),
    inputs: new Set(old.filter(losesInput).map(({ call }) => call)),
  };
  const tokens = Math.max(0, weigh() - weigh(cleared));
  return tokens < (edit.clear_at_least?.value ?? 0) ? undefined : { cleared, count: old.length, tokens };
}
