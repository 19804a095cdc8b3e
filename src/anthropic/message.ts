/**
 * Anthropic's answer: the message and its blocks, as the proxy writes them (contract section 7). The types are made from
 * the schemas, and the schemas are those of the API description. Who imports types alone loads none of this.
 */
import { type Static, Type } from '@sinclair/typebox';
import { TextCitation } from './answer-citations.ts';
import { AnyObject, Caller, tagged } from './answer-words.ts';
import { AppliedEdit } from './context-edits.ts';
import { Nullable } from './schema-words.ts';
import {
  AnswerBashResult,
  AnswerCodeResult,
  AnswerServerToolUse,
  AnswerToolSearchResult,
  AnswerWebFetchResult,
  AnswerWebSearchResult,
} from './server-answers.ts';

const count = (description: string) => Type.Integer({ minimum: 0, description });

export const StopReason = Type.Union(
  [
    Type.Literal('end_turn'),
    Type.Literal('max_tokens'),
    Type.Literal('stop_sequence'),
    Type.Literal('tool_use'),
    Type.Literal('refusal'),
    Type.Literal('compaction'),
    Type.Literal('pause_turn'),
    Type.Literal('model_context_window_exceeded'),
  ],
  { description: 'Why the model stopped.' },
);
export type StopReason = Static<typeof StopReason>;

export const StopDetails = tagged(
  'refusal',
  { category: Type.Null(), explanation: Type.String() },
  'Why the answer was refused.',
);
export type StopDetails = Static<typeof StopDetails>;

const tokenCounts = {
  input_tokens: count('Tokens of the prompt, without those that were read from a cache.'),
  cache_creation_input_tokens: count(
    'Tokens of the prompt that were written to a cache (`CACHE_CONTROL=explicit`).',
  ),
  cache_read_input_tokens: count("Tokens of the prompt that came from Gemini's cache."),
  cache_creation: Type.Object({
    ephemeral_5m_input_tokens: count('Of these, what is kept for five minutes.'),
    ephemeral_1h_input_tokens: count('Of these, what is kept for an hour.'),
  }),
  output_tokens: count('Tokens of the answer, with those of its thoughts.'),
};

export const UsageIteration = Type.Union([
  tagged('compaction', tokenCounts, 'The tokens of a summary.'),
  tagged('message', { model: Type.String(), ...tokenCounts }, 'The tokens of one request for the answer.'),
]);
export type UsageIteration = Static<typeof UsageIteration>;

export const Usage = Type.Object(
  {
    ...tokenCounts,
    output_tokens_details: Type.Object({ thinking_tokens: count('Tokens of the thoughts alone.') }),
    server_tool_use: Nullable(
      Type.Object({
        web_search_requests: count('Searches that Google made.'),
        web_fetch_requests: count('Pages that Google read.'),
      }),
    ),
    service_tier: Type.String({ description: "`standard`, or Google's word for another tier." }),
    inference_geo: Type.Null(),
    iterations: Type.Optional(
      Type.Array(UsageIteration, {
        description:
          'Present where the answer took several requests, or the request has the beta `advisor-tool-…`. The tokens of a summary are told only here.',
      }),
    ),
  },
  { description: 'Counts of tokens.' },
);
/** `server_tool_use` is null where the request had none of Anthropic's server-side tools. */
export type Usage = Static<typeof Usage>;

export const AnswerText = tagged(
  'text',
  { text: Type.String(), citations: Type.Optional(Type.Array(TextCitation)) },
  'Text of the model. Without sources there is no `citations`.',
);
export type AnswerText = Static<typeof AnswerText>;

export const AnswerThinking = tagged(
  'thinking',
  {
    thinking: Type.String({
      description: 'A summary of the thoughts. Empty where the request omits thoughts.',
    }),
    signature: Type.String({ description: 'Send this back unchanged with the next turn.' }),
  },
  'A thought of the model. Only in answers to requests that ask for thinking.',
);
export type AnswerThinking = Static<typeof AnswerThinking>;

export const AnswerToolUse = tagged(
  'tool_use',
  {
    id: Type.String({ description: 'The `tool_use_id` of the result.' }),
    name: Type.String(),
    input: AnyObject('The arguments, as the schema of the tool says.'),
    caller: Caller,
  },
  'A call of a tool of the client. The client runs the tool, and sends the result with the next request.',
);
export type AnswerToolUse = Static<typeof AnswerToolUse>;

const ToolReference = tagged('tool_reference', { name: Type.String() }, 'A tool, by its name.');
export const ToolChange = Type.Union([
  tagged('tool_removal', { tool: ToolReference }, 'A tool that was withdrawn.'),
  tagged(
    'tool_addition',
    {
      tool: Type.Union([
        ToolReference,
        tagged('tool_definition', { definition: AnyObject('As in `tools`.') }, 'A tool of the conversation.'),
      ]),
    },
    'A tool that was added.',
  ),
]);
export type ToolChange = Static<typeof ToolChange>;

export const AnswerCompaction = tagged(
  'compaction',
  {
    content: Nullable(Type.String({ description: 'The summary; null where none could be made.' })),
    signature: Type.Optional(
      Type.String({
        description: 'Only on a summary that was asked for by itself. Send this back unchanged.',
      }),
    ),
    tool_changes: Type.Optional(
      Type.Array(ToolChange, { description: 'What was changed in `tools` until the summary.' }),
    ),
  },
  'A summary of the conversation. Send this back: it takes the place of everything before it.',
);
export type AnswerCompaction = Static<typeof AnswerCompaction>;

/** The blocks of an answer, by their `type`. */
export const ANSWER_BLOCKS = {
  text: AnswerText,
  thinking: AnswerThinking,
  tool_use: AnswerToolUse,
  server_tool_use: AnswerServerToolUse,
  web_search_tool_result: AnswerWebSearchResult,
  web_fetch_tool_result: AnswerWebFetchResult,
  code_execution_tool_result: AnswerCodeResult,
  bash_code_execution_tool_result: AnswerBashResult,
  tool_search_tool_result: AnswerToolSearchResult,
  compaction: AnswerCompaction,
} as const;
export const AnswerBlock = Type.Union(Object.values(ANSWER_BLOCKS));
export type AnswerBlock = Static<(typeof ANSWER_BLOCKS)[keyof typeof ANSWER_BLOCKS]>;

/** The verdict on `safeguards`, present only when the request asked for one (contract section 9). */
const CallStatus = Type.Union([
  tagged(
    'evaluated',
    {
      outcome: Type.Union([Type.Literal('not_flagged'), Type.Literal('flagged')]),
      explanation: Type.Optional(Type.String({ description: 'Why the call was flagged.' })),
    },
    'A verdict.',
  ),
  tagged('skipped', {}, 'The client needs no verdict on such a call.'),
  tagged('unavailable', { reason: Type.String() }, 'No verdict on this call: the client does not run it.'),
]);

export const SafeguardResult = Type.Object({
  type: Type.String(),
  status: Type.Union([
    tagged(
      'available',
      { tool_uses: Type.Record(Type.String(), CallStatus, { description: 'By the id of the call.' }) },
      'Verdicts on the calls of the answer.',
    ),
    tagged('unavailable', { reason: Type.Literal('disabled') }, 'No verdict: the client decides.'),
  ]),
});
export type SafeguardResult = Static<typeof SafeguardResult>;

export const SafeguardResults = Type.Optional(
  Type.Array(SafeguardResult, { description: 'Present only where the request has `safeguards`.' }),
);

export const AppliedEdits = Type.Optional(
  Nullable(
    Type.Object({
      applied_edits: Type.Array(AppliedEdit, { description: 'What was cleared from the history.' }),
    }),
  ),
);

export const AnswerMessage = Type.Object(
  {
    id: Type.String({ pattern: '^msg_' }),
    type: Type.Literal('message'),
    role: Type.Literal('assistant'),
    model: Type.String({ description: 'The id that the request asked for.' }),
    content: Type.Array(AnswerBlock),
    stop_reason: Nullable(StopReason),
    stop_sequence: Nullable(Type.String({ description: 'The stop sequence that ended the answer.' })),
    stop_details: Nullable(StopDetails),
    container: Type.Null(),
    diagnostics: Type.Null(),
    usage: Usage,
    context_management: AppliedEdits,
    safeguard_results: SafeguardResults,
  },
  { description: 'The answer of the model.' },
);
export type AnswerMessage = Static<typeof AnswerMessage>;
