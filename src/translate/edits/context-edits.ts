/**
 * Applies the edits of `context_management`, in their order. Nothing is changed in the request: the result says which
 * blocks are sent without their content, and what the client is told about it.
 */
import { type AppliedEdit, type EditOf, editKind } from '../../anthropic/context-edits.ts';
import type { CountTokensRequest } from '../../anthropic/request.ts';
import { type Cleared, NOTHING_CLEARED } from './cleared.ts';
import { wording } from './summary.ts';
import { clearedThinking } from './thinking-turns.ts';
import { clearedToolUses } from './tool-uses.ts';

/** The conversation is to be summarised before it is answered. */
export type CompactFirst = { instructions: string | undefined; pause: boolean };

export type ContextEdits = {
  cleared: Cleared;
  /** Undefined where the client asked for no edits. */
  applied: AppliedEdit[] | undefined;
  compact: CompactFirst | undefined;
};

export type Scales = {
  /** The tokens of the whole request, with these blocks cleared. */
  request(cleared: Cleared): number;
  text(text: string): number;
};

/** Anthropic's default. */
const COMPACT_FROM = 150_000;

export function contextEdits(request: CountTokensRequest, scales: Scales): ContextEdits {
  const management = request.context_management;
  const edits: ContextEdits = {
    cleared: NOTHING_CLEARED,
    applied: management ? [] : undefined,
    compact: undefined,
  };
  if (!management?.edits?.length) return edits;
  const { messages } = request;
  const weigh = (cleared = edits.cleared) => scales.request(cleared);
  for (const edit of management.edits) {
    switch (editKind(edit.type)) {
      case 'clear_thinking': {
        const { turns, words } = clearedThinking(messages, edit as EditOf<'clear_thinking'>);
        const cleared_input_tokens = words === '' ? 0 : scales.text(words);
        const type = 'clear_thinking_20251015';
        if (turns > 0) edits.applied?.push({ type, cleared_thinking_turns: turns, cleared_input_tokens });
        break;
      }
      case 'clear_tool_uses': {
        const found = clearedToolUses(messages, edit as EditOf<'clear_tool_uses'>, weigh);
        if (!found) break;
        edits.cleared = found.cleared;
        const type = 'clear_tool_uses_20250919';
        edits.applied?.push({ type, cleared_tool_uses: found.count, cleared_input_tokens: found.tokens });
        break;
      }
      case 'compact': {
        const { trigger, instructions, pause_after_compaction: pause } = edit as EditOf<'compact'>;
        if (weigh() <= (trigger?.value ?? COMPACT_FROM)) break;
        edits.compact = { instructions: wording(instructions), pause: pause === true };
        break;
      }
      case undefined:
        break;
    }
  }
  return edits;
}

/** The tokens that the edits have taken out of the request. */
export const clearedTokens = (applied: AppliedEdit[] | undefined): number =>
  (applied ?? []).reduce((sum, edit) => sum + edit.cleared_input_tokens, 0);
