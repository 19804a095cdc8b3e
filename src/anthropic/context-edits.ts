/** The edits of `context_management`: what a client asks to be cleared from its history, and what was cleared. */
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Nullable, Open } from './schema-words.ts';

const Maybe = <S extends TSchema>(schema: S) => Type.Optional(Nullable(schema));

const counted = <T extends string>(type: T, minimum: number) =>
  Open({ type: Type.Literal(type), value: Type.Integer({ minimum }) });

const ClearThinking = Open({
  type: Type.Literal('clear_thinking'),
  keep: Maybe(
    Type.Union([counted('thinking_turns', 1), Open({ type: Type.Literal('all') }), Type.Literal('all')]),
  ),
});

const ClearToolUses = Open({
  type: Type.Literal('clear_tool_uses'),
  trigger: Maybe(Type.Union([counted('input_tokens', 1), counted('tool_uses', 1)])),
  keep: Maybe(counted('tool_uses', 0)),
  clear_at_least: Maybe(counted('input_tokens', 0)),
  exclude_tools: Maybe(Type.Array(Type.String())),
  clear_tool_inputs: Maybe(Type.Union([Type.Boolean(), Type.Array(Type.String())])),
});

const Compact = Open({
  type: Type.Literal('compact'),
  trigger: Maybe(counted('input_tokens', 1)),
  instructions: Maybe(Type.String()),
  pause_after_compaction: Maybe(Type.Boolean()),
});

/** The schemas of the edits by their type without its date: all dates are treated alike. */
export const CONTEXT_EDITS = {
  clear_thinking: ClearThinking,
  clear_tool_uses: ClearToolUses,
  compact: Compact,
} as const;

export type EditKind = keyof typeof CONTEXT_EDITS;
/** What becomes of each edit. */
export const EDIT_TEXTS: Readonly<Record<EditKind, string>> = {
  clear_thinking:
    'The answer tells which turns lose their thoughts. Gemini is not sent the words of earlier thoughts in any case, and signatures stay.',
  clear_tool_uses:
    'Results of earlier calls are left out, and their arguments if that is wanted. Each call keeps its place, its response and its signature.',
  compact:
    'A conversation above the threshold is summarised, and the answer is made from the summary. With `pause_after_compaction` the summary is the answer.',
};
export type EditOf<K extends EditKind> = Omit<Static<(typeof CONTEXT_EDITS)[K]>, 'type'> & { type: string };

export const editKind = (type: string): EditKind | undefined => {
  const kind = type.replace(/_\d{8}$/, '');
  return Object.hasOwn(CONTEXT_EDITS, kind) ? (kind as EditKind) : undefined;
};

export const ContextManagement = Open({
  edits: Maybe(
    Type.Array(Type.Unsafe<{ type: string; [field: string]: unknown }>(Open({ type: Type.String() }))),
  ),
});

const cleared = (description: string) => Type.Integer({ minimum: 0, description });

/** What was cleared, as the answer tells it. */
export const AppliedEdit = Type.Union([
  Type.Object({
    type: Type.Literal('clear_tool_uses_20250919'),
    cleared_tool_uses: cleared('Results that were left out.'),
    cleared_input_tokens: cleared('The tokens that were saved, as far as they can be estimated.'),
  }),
  Type.Object({
    type: Type.Literal('clear_thinking_20251015'),
    cleared_thinking_turns: cleared('Turns whose thoughts were left out.'),
    cleared_input_tokens: cleared('The tokens of these thoughts, as far as they can be estimated.'),
  }),
]);
export type AppliedEdit = Static<typeof AppliedEdit>;
