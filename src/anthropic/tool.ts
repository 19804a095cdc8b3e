/** Tools as clients declare them, and the choice among them. */
import { type Static, Type } from '@sinclair/typebox';
import { CacheControl, free, Nullable, needless, Open } from './schema-words.ts';

/**
 * A tool. Client tools have a name and an `input_schema` (`type` absent or `custom`); Anthropic's own have a dated
 * `type`. Translation decides which of those are served.
 */
export const Tool = Open({
  type: Type.Optional(Nullable(Type.String())),
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  description: Type.Optional(Nullable(Type.String())),
  input_schema: Type.Optional(free('a JSON Schema', Open({}))),
  input_examples: free(
    'arguments, as the tool takes them',
    Type.Optional(Nullable(Type.Array(Type.Unknown()))),
  ),
  strict: Type.Optional(Nullable(Type.Boolean())),
  defer_loading: Type.Optional(Nullable(Type.Boolean())),
  allowed_callers: Type.Optional(Nullable(Type.Array(Type.String()))),
  cache_control: CacheControl,
  eager_input_streaming: needless('Gemini sends the arguments of a call whole'),
});
export type Tool = Static<typeof Tool>;

/** Anthropic's text editor, which the client runs. */
export const TextEditorTool = Open({
  ...Tool.properties,
  type: Type.Literal('text_editor'),
  max_characters: needless('the client cuts what it shows'),
});

const parallel = { disable_parallel_tool_use: Type.Optional(Nullable(Type.Boolean())) };

export const ToolChoice = Type.Union([
  Open({
    type: Type.Union([Type.Literal('auto'), Type.Literal('any'), Type.Literal('none')]),
    ...parallel,
  }),
  Open({ type: Type.Literal('tool'), name: Type.String(), ...parallel }),
]);
export type ToolChoice = Static<typeof ToolChoice>;
