/**
 * The body of `POST /v1/messages` and `/v1/messages/count_tokens` (contract section 4). These schemas check only the
 * `type` of each block; `validate.ts` checks each block against its own schema, so that an error can name the field.
 */
import { type Static, Type } from '@sinclair/typebox';
import { CONTENT_BLOCKS, type ContentBlock, TextBlock } from './content.ts';
import { CONTEXT_EDITS, ContextManagement } from './context-edits.ts';
import {
  CacheControl,
  free,
  ignored,
  Nullable,
  needless,
  Open,
  refused,
  unchecked,
  withKeys,
} from './schema-words.ts';
import { HOSTED_TOOLS } from './server-tools.ts';
import { TextEditorTool, Tool, ToolChoice } from './tool.ts';

const OptionalNumber = Type.Optional(Nullable(Type.Number()));

/** A block of any type. */
const SomeBlock = withKeys(
  Type.Unsafe<ContentBlock>(Open({ type: Type.String() })),
  Type.Union(Object.values(CONTENT_BLOCKS)),
);

export const Effort = Type.Union([
  Type.Literal('low'),
  Type.Literal('medium'),
  Type.Literal('high'),
  Type.Literal('xhigh'),
  Type.Literal('max'),
]);
export type Effort = Static<typeof Effort>;

const Format = Type.Optional(
  Nullable(Open({ type: Type.Literal('json_schema'), schema: free('a JSON Schema', Open({})) })),
);

const effort = Type.Optional(Nullable(Effort));

const OutputConfig = Type.Optional(
  Nullable(
    Open({ effort, format: Format, task_budget: ignored('Gemini cannot be told how much is left to spend') }),
  ),
);

const role = Type.Union([Type.Literal('user'), Type.Literal('assistant'), Type.Literal('system')]);
const content = Type.Union([Type.String(), Type.Array(SomeBlock)]);

export const Message = withKeys(
  Open({
    role,
    content,
    /** The effort that holds from this message on. */
    output_config: OutputConfig,
    /** With the value `next_user_message` the message is dropped once a later user message exists. */
    clear_at: Type.Optional(Type.Unknown()),
  }),
  Type.Union([
    Open({ role: Type.Union([Type.Literal('user'), Type.Literal('assistant')]), content }),
    Open({
      role: Type.Literal('system'),
      content,
      output_config: Open({ effort }),
      clear_at: Type.String(),
      cache_control: CacheControl,
    }),
  ]),
);
export type Message = Static<typeof Message>;

const thinkingKeys = {
  display: Type.String(),
  block_binding: needless('thoughts are not sent back'),
};

/** Any key with any type is allowed; a key that this type of thinking does not use causes a warning. */
export const ThinkingConfig = withKeys(
  Open({
    type: Type.Union([
      Type.Literal('enabled'),
      Type.Literal('adaptive'),
      Type.Literal('disabled'),
      Type.Literal('between_tools'),
    ]),
    budget_tokens: Type.Optional(Nullable(Type.Integer())),
    display: Type.Optional(Nullable(Type.String())),
  }),
  Type.Union([
    Open({ type: Type.Literal('enabled'), budget_tokens: Type.Integer(), ...thinkingKeys }),
    Open({
      type: Type.Union([Type.Literal('adaptive'), Type.Literal('between_tools')]),
      ...thinkingKeys,
    }),
    Open({
      type: Type.Literal('disabled'),
      display: needless('there are no thoughts to show', Type.String()),
    }),
  ]),
);
export type ThinkingConfig = Static<typeof ThinkingConfig>;

/** The keys that a tool has, by its type without the date. The default is a tool of the client's own. */
const SomeTool = withKeys(
  Tool,
  Type.Union([
    ...Object.entries(HOSTED_TOOLS).map(([kind, tool]) =>
      Open({ ...tool.properties, type: Type.Literal(kind) }),
    ),
    TextEditorTool,
    Tool,
  ]),
);

/** `compaction`: the conversation is to be summarised, and not answered. */
const Compaction = Open({
  type: Type.Literal('summarize'),
  instructions: Type.Optional(Nullable(Type.String({ maxLength: 16_384 }))),
});

export const MOST_MESSAGES = 100_000;
export const MOST_TOOLS = 4_096;

const shared = {
  model: Type.String({ minLength: 1, maxLength: 256 }),
  messages: Type.Array(Message, { maxItems: MOST_MESSAGES }),
  system: Type.Optional(Type.Union([Type.String(), Type.Array(TextBlock), Type.Null()])),
  tools: Type.Optional(Nullable(Type.Array(SomeTool, { maxItems: MOST_TOOLS }))),
  tool_choice: Type.Optional(Type.Union([ToolChoice, Type.Null()])),
  thinking: Type.Optional(Type.Union([ThinkingConfig, Type.Null()])),
  output_config: OutputConfig,
  output_format: Format,
  context_management: Type.Optional(
    Nullable(
      withKeys(ContextManagement, Open({ edits: Type.Array(Type.Union(Object.values(CONTEXT_EDITS))) })),
    ),
  ),
  mcp_servers: refused('unless it is empty: this proxy calls no MCP servers; the client does'),
};

export const MessagesRequest = Open({
  ...shared,
  max_tokens: Type.Integer({ minimum: 0 }),
  stream: needless('says how the answer is sent', Type.Optional(Nullable(Type.Boolean()))),
  stop_sequences: Type.Optional(Nullable(Type.Array(Type.String()))),
  temperature: OptionalNumber,
  top_p: OptionalNumber,
  top_k: Type.Optional(Nullable(Type.Integer({ minimum: 0 }))),
  metadata: needless(
    'names the session, not the work',
    Type.Optional(Nullable(Open({ user_id: free('names the session') }))),
  ),
  safeguards: unchecked(
    Type.Array(
      Open({
        type: Type.String(),
        classifier_context: free(
          'read with `AUTO_MODE_CLASSIFIER`; without that setting the client is told that no verdict comes',
        ),
      }),
    ),
  ),
  cache_control: CacheControl,
  diagnostics: needless(
    'answered as null',
    unchecked(Open({ previous_message_id: needless('answered as null') })),
  ),
  thread: refused('unless it is empty: conversations are not kept here, and SDKs then send them whole'),
  compaction: Type.Optional(Nullable(Compaction)),
  container: refused('unless it is empty: code runs without files of earlier requests'),
  fallbacks: refused('unless it is `default`, or empty: the operator says which models take over'),
  service_tier: ignored('Google has no such tier', ['auto', 'standard_only', 'standard', 'flex', 'priority']),
  speed: ignored('served as standard', ['standard']),
  inference_geo: ignored('Google decides where'),
  betas: needless('says which fields may come'),
  fallback_credit_token: needless('an accounting matter of Anthropic'),
  billing_policy: needless('an accounting matter of Anthropic'),
  user_profile_id: needless('an accounting matter of Anthropic'),
  workspace_id: needless('an accounting matter of Anthropic'),
});
export type MessagesRequest = Static<typeof MessagesRequest>;

export const CountTokensRequest = Open(shared);
export type CountTokensRequest = Static<typeof CountTokensRequest>;

/** The two API versions that clients use; `2026-10-21` refuses sampling parameters (contract section 1). */
export const API_VERSIONS = ['2023-06-01', '2026-10-21'] as const;
export type ApiVersion = (typeof API_VERSIONS)[number];
