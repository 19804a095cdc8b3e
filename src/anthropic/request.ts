/**
 * The body of `POST /v1/messages` and `/v1/messages/count_tokens` (contract section 4). Blocks are only looked at
 * by their `type` here; `validate.ts` checks each against its own schema, so that an error can name the field.
 */
import { type Static, Type } from '@sinclair/typebox';
import { type ContentBlock, Open, TextBlock } from './content.ts';

const Anything = Type.Optional(Type.Unknown());
const OptionalNumber = Type.Optional(Type.Union([Type.Number(), Type.Null()]));

/** A block of any type. */
const SomeBlock = Type.Unsafe<ContentBlock>(Open({ type: Type.String() }));

export const Effort = Type.Union([
  Type.Literal('low'),
  Type.Literal('medium'),
  Type.Literal('high'),
  Type.Literal('xhigh'),
  Type.Literal('max'),
]);
export type Effort = Static<typeof Effort>;

const Format = Type.Optional(
  Type.Union([Open({ type: Type.Literal('json_schema'), schema: Open({}) }), Type.Null()]),
);

const OutputConfig = Type.Optional(
  Type.Union([
    Open({
      effort: Type.Optional(Type.Union([Effort, Type.Null()])),
      format: Format,
      task_budget: Anything,
    }),
    Type.Null(),
  ]),
);

export const Message = Open({
  role: Type.Union([Type.Literal('user'), Type.Literal('assistant'), Type.Literal('system')]),
  content: Type.Union([Type.String(), Type.Array(SomeBlock)]),
  /** On `system` messages only: effort from here on. */
  output_config: OutputConfig,
  /** On `system` messages only: `next_user_message` drops it once a later user message exists. */
  clear_at: Anything,
});
export type Message = Static<typeof Message>;

/**
 * A tool: client tools have a name and an `input_schema` (`type` absent or `custom`); Anthropic's own carry a dated
 * `type`. Which of those are served is decided in translation.
 */
export const Tool = Open({
  type: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  description: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  input_schema: Type.Optional(Open({})),
  input_examples: Type.Optional(Type.Union([Type.Array(Type.Unknown()), Type.Null()])),
  strict: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  defer_loading: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  allowed_callers: Type.Optional(Type.Union([Type.Array(Type.String()), Type.Null()])),
});
export type Tool = Static<typeof Tool>;

export const ToolChoice = Type.Union([
  Open({
    type: Type.Union([Type.Literal('auto'), Type.Literal('any'), Type.Literal('none')]),
    disable_parallel_tool_use: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  }),
  Open({
    type: Type.Literal('tool'),
    name: Type.String(),
    disable_parallel_tool_use: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  }),
]);
export type ToolChoice = Static<typeof ToolChoice>;

export const ThinkingConfig = Open({
  type: Type.Union([
    Type.Literal('enabled'),
    Type.Literal('adaptive'),
    Type.Literal('disabled'),
    Type.Literal('between_tools'),
  ]),
  budget_tokens: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  display: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});
export type ThinkingConfig = Static<typeof ThinkingConfig>;

const shared = {
  model: Type.String({ minLength: 1, maxLength: 256 }),
  messages: Type.Array(Message, { maxItems: 100_000 }),
  system: Type.Optional(Type.Union([Type.String(), Type.Array(TextBlock), Type.Null()])),
  tools: Type.Optional(Type.Union([Type.Array(Tool, { maxItems: 4_096 }), Type.Null()])),
  tool_choice: Type.Optional(Type.Union([ToolChoice, Type.Null()])),
  thinking: Type.Optional(Type.Union([ThinkingConfig, Type.Null()])),
  output_config: OutputConfig,
  output_format: Format,
  context_management: Anything,
  mcp_servers: Anything,
};

export const MessagesRequest = Open({
  ...shared,
  max_tokens: Type.Integer({ minimum: 0 }),
  stream: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  stop_sequences: Type.Optional(Type.Union([Type.Array(Type.String()), Type.Null()])),
  temperature: OptionalNumber,
  top_p: OptionalNumber,
  top_k: Type.Optional(Type.Union([Type.Integer({ minimum: 0 }), Type.Null()])),
  metadata: Type.Optional(Type.Union([Open({ user_id: Anything }), Type.Null()])),
  safeguards: Anything,
  thread: Anything,
  compaction: Anything,
  container: Anything,
  fallbacks: Anything,
});
export type MessagesRequest = Static<typeof MessagesRequest>;

export const CountTokensRequest = Open(shared);
export type CountTokensRequest = Static<typeof CountTokensRequest>;

/** The two API versions in use; `2026-10-21` refuses sampling parameters (contract section 1). */
export const API_VERSIONS = ['2023-06-01', '2026-10-21'] as const;
export type ApiVersion = (typeof API_VERSIONS)[number];
