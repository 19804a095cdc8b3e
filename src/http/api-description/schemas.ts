/** The named schemas of the description. Their names are those of Anthropic's SDK, which people know. */
import { type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox';
import { CITATIONS } from '../../anthropic/answer-citations.ts';
import { BatchRequest } from '../../anthropic/batch.ts';
import {
  Base64Source,
  CONTENT_BLOCKS,
  ContentSource,
  FileSource,
  ServerResultContent,
  TextSource,
  ToolResultContent,
  UrlSource,
} from '../../anthropic/content.ts';
import {
  CONTEXT_EDITS,
  ContextManagement,
  EDIT_TEXTS,
  type EditKind,
} from '../../anthropic/context-edits.ts';
import { ErrorBody } from '../../anthropic/error-body.ts';
import { BLOCK_DELTAS, BlockDelta, MESSAGE_EVENTS } from '../../anthropic/events.ts';
import {
  ANSWER_BLOCKS,
  AnswerBlock,
  AnswerMessage,
  SafeguardResult,
  StopReason,
  Usage,
} from '../../anthropic/message.ts';
import { CountTokensRequest, Effort, MessagesRequest, ThinkingConfig } from '../../anthropic/request.ts';
import { CacheControl, Nullable, Open } from '../../anthropic/schema-words.ts';
import {
  CodeExecutionTool,
  HOSTED_TOOLS,
  WebFetchTool,
  WebSearchTool,
} from '../../anthropic/server-tools.ts';
import { Tool, ToolChoice } from '../../anthropic/tool.ts';
import type { JsonObject } from '../../lib/json.ts';
import {
  AboutAnswer,
  BatchPage,
  ConnectionAnswer,
  DeletedBatch,
  DeletedFile,
  FileMetadata,
  FilePage,
  HealthAnswer,
  HelloAnswer,
  KeyAnswer,
  LiveAnswer,
  MessageBatch,
  ModelInfo,
  ModelPage,
  ReadyAnswer,
  TokenCount,
} from './answers.ts';
import { publish, ref, tagged } from './json-schema.ts';
import {
  FaultsAnswer,
  FaultsParams,
  JournalAnswer,
  JournalAttempt,
  JournalEntry,
  ResetAnswer,
  ResetParams,
} from './mock-answers.ts';
import { BLOCK_TEXTS, FIELD_TEXTS } from './texts.ts';

/** `tool_result` becomes `ToolResult`. */
const pascal = (words: string): string =>
  words
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

/** The schemas of a table by type, under their names in the description. */
const named = <Key extends string>(table: Readonly<Record<Key, TSchema>>, suffix: string) => {
  const names = Object.fromEntries(Object.keys(table).map((type) => [type, `${pascal(type)}${suffix}`]));
  const schemas = Object.fromEntries(
    Object.entries<TSchema>(table).map(([type, schema]) => [`${pascal(type)}${suffix}`, schema]),
  );
  return { names, schemas };
};

const blockParams = named(CONTENT_BLOCKS, 'BlockParam');
const answerBlocks = named(ANSWER_BLOCKS, 'Block');
const deltas = named(BLOCK_DELTAS, '');
const events = named(MESSAGE_EVENTS, 'Event');

const message = MessagesRequest.properties.messages.items;
const someBlock = message.properties.content.anyOf[1].items;
const someTool: TSchema = (MessagesRequest.properties.tools as TSchema)['anyOf'][0].items;

const someEdit: TSchema = (ContextManagement.properties.edits as TSchema)['anyOf'][0].items;

/** The edits of the context, as `validate.ts` checks them: by their kind, whatever their date. */
const edit = <P extends TProperties>({ properties }: TObject<P>, kind: EditKind) =>
  Open({ ...properties, type: Type.String({ pattern: `^${kind}(_\\d{8})?$` }) });
const OtherEdit = Open({
  type: Type.String({ pattern: `^(?!(${Object.keys(CONTEXT_EDITS).join('|')})(_\\d{8})?$)` }),
});

/** The tools that a request may declare, as `validate.ts` checks them. */
const { type: _type, name: _name, input_schema: _schema, ...toolFields } = Tool.properties;
const CustomTool = Open({
  type: Type.Optional(Nullable(Type.Literal('custom'))),
  name: Type.String({ minLength: 1, maxLength: 200 }),
  input_schema: Open({}),
  ...toolFields,
});
const OtherTool = Open({
  ...Tool.properties,
  type: Type.String({ pattern: `^(?!custom$|(${Object.keys(HOSTED_TOOLS).join('|')})_\\d{8}$)` }),
});

const TITLES: Readonly<Record<string, string>> = {
  MessageParam: 'One message of the conversation.',
  CustomToolParam: 'A tool of the client. The model calls it, and the client runs it.',
  WebSearchToolParam: 'Lets Google search the web. All dates of the tool are treated alike.',
  CodeExecutionToolParam: 'Lets Gemini write and run Python. It has no files of yours.',
  WebFetchToolParam:
    'Lets Google read pages whose addresses are in the conversation, or this process where Google cannot.',
  OtherToolParam:
    "Anthropic's own tools that the client runs (`bash_…`, `text_editor_…`, `memory_…`). Tools that only Anthropic can run are refused.",
  ClearThinkingParam: EDIT_TEXTS.clear_thinking,
  ClearToolUsesParam: EDIT_TEXTS.clear_tool_uses,
  CompactParam: EDIT_TEXTS.compact,
  OtherEditParam:
    'An edit that is not known here. One that clears is left out with a warning; any other is refused.',
  ToolChoiceParam: 'Whether the model may, must or must not call a tool.',
  ThinkingConfigParam: 'Whether the model shows its thoughts, and how long it thinks.',
  Effort: 'How hard the model works.',
  CacheControl: 'The mark at the end of a cached part of a prompt.',
  ServerToolResultContentParam: "A part of what a tool of Anthropic's servers gave.",
  ToolResultContentParam: 'A part of what a tool gave.',
  MessageCreateParams: 'A request for an answer. Fields that are not named here are accepted, and left out.',
  MessageCountTokensParams: 'A request for the size of a prompt. Fields that do not count are left out.',
  Base64Source: 'Bytes in base64.',
  UrlSource: 'A public address.',
  FileSource: 'A file that was uploaded to `/v1/files`.',
  FileUploadParams: 'A form with one file.',
  ResetParams: 'What is to be forgotten.',
  FaultsParams: 'How upstream is to fail, and for whom.',
  MessageBatchCreateParams: 'Requests that are to be answered in the background, each with an id of its own.',
  TextSource: 'Plain text.',
  ContentSource: 'A document that is made of text and pictures.',
  SafeguardResult: 'The answer to a check that the request asks for.',
};

/** The form of an upload. Only the description needs this schema: the form is read as it comes. */
const FileUploadParams = Type.Object({
  file: Type.String({ contentMediaType: 'application/octet-stream', description: 'The file.' }),
  expires_in_seconds: Type.Optional(
    Type.Integer({ minimum: 3600, maximum: 7_776_000, description: 'Seconds until the file expires.' }),
  ),
});

const REQUEST: Readonly<Record<string, TSchema>> = {
  MessageCreateParams: MessagesRequest,
  MessageCountTokensParams: CountTokensRequest,
  MessageParam: message,
  ...blockParams.schemas,
  Base64Source,
  UrlSource,
  FileSource,
  TextSource,
  ContentSource,
  ToolResultContentParam: ToolResultContent,
  ServerToolResultContentParam: ServerResultContent,
  CustomToolParam: CustomTool,
  WebSearchToolParam: WebSearchTool,
  CodeExecutionToolParam: CodeExecutionTool,
  WebFetchToolParam: WebFetchTool,
  OtherToolParam: OtherTool,
  ClearThinkingParam: edit(CONTEXT_EDITS.clear_thinking, 'clear_thinking'),
  ClearToolUsesParam: edit(CONTEXT_EDITS.clear_tool_uses, 'clear_tool_uses'),
  CompactParam: edit(CONTEXT_EDITS.compact, 'compact'),
  OtherEditParam: OtherEdit,
  ToolChoiceParam: ToolChoice,
  ThinkingConfigParam: ThinkingConfig,
  Effort,
  CacheControl,
  FileUploadParams,
  MessageBatchCreateParams: BatchRequest,
  ResetParams,
  FaultsParams,
};

const ANSWER: Readonly<Record<string, TSchema>> = {
  Message: AnswerMessage,
  ...answerBlocks.schemas,
  ...CITATIONS,
  StopReason,
  Usage,
  SafeguardResult,
  ...events.schemas,
  ...deltas.schemas,
  TokenCount,
  ModelInfo,
  ModelPage,
  MessageBatch,
  BatchPage,
  DeletedBatch,
  FileMetadata,
  FilePage,
  DeletedFile,
  AboutAnswer,
  HelloAnswer,
  LiveAnswer,
  ReadyAnswer,
  KeyAnswer,
  HealthAnswer,
  ConnectionAnswer,
  JournalAttempt,
  JournalEntry,
  JournalAnswer,
  ResetAnswer,
  FaultsAnswer,
  ErrorResponse: ErrorBody,
};

/** Unions that are written by hand, because they are told apart by the `type` of their members. */
const UNIONS: Readonly<Record<string, JsonObject>> = {
  ContentBlockParam: {
    description: 'A block of a message in a request.',
    ...tagged(blockParams.names),
  },
  ContentBlock: { description: 'A block of an answer.', ...tagged(answerBlocks.names) },
  BlockDelta: { description: 'A piece of a block.', ...tagged(deltas.names) },
  MessageStreamEvent: { description: 'An event of a streamed answer.', ...tagged(events.names) },
  // OpenAPI 3.1 has no word for a stream. Some tools hold the whole text against the schema, others each event of it.
  MessageStream: {
    description:
      'Server-sent events, as the whole text and one by one. The `data` of each is the JSON of a `MessageStreamEvent`, and the name of the event is the `type` in it. A stream that breaks off without `message_stop` or `error` has failed.',
    oneOf: [
      { type: 'string', title: 'The whole text', contentMediaType: 'text/event-stream' },
      {
        type: 'object',
        title: 'One event',
        required: ['event', 'data'],
        properties: {
          event: { type: 'string', enum: Object.keys(MESSAGE_EVENTS) },
          data: {
            type: 'string',
            contentMediaType: 'application/json',
            contentSchema: ref('MessageStreamEvent'),
          },
        },
      },
    ],
  },
  MessageBatchResults: {
    description:
      'Lines of JSON: `custom_id` and `result`, whose `type` is `succeeded` (with the `message`), `errored` (with the `error`), `canceled` or `expired`.',
    type: 'string',
  },
  Metrics: { description: 'The text format of Prometheus, version 0.0.4.', type: 'string' },
  FileContent: { description: 'The bytes of a file.', contentMediaType: 'application/octet-stream' },
  ContextEdit: {
    description: 'What is to be cleared from the conversation before the model reads it.',
    anyOf: ['ClearThinkingParam', 'ClearToolUsesParam', 'CompactParam', 'OtherEditParam'].map(ref),
  },
  ToolUnion: {
    description: 'A tool that the model may call.',
    anyOf: [
      'CustomToolParam',
      'WebSearchToolParam',
      'CodeExecutionToolParam',
      'WebFetchToolParam',
      'OtherToolParam',
    ].map(ref),
  },
};

/** References to a schema of `UNIONS`, by what stands at their place in the schemas of the code. */
const UNION_NAMES: readonly (readonly [TSchema, string])[] = [
  [someBlock, 'ContentBlockParam'],
  [someTool, 'ToolUnion'],
  [someEdit, 'ContextEdit'],
  [AnswerBlock, 'ContentBlock'],
  [BlockDelta, 'BlockDelta'],
];

const withText = (schema: TSchema, text: string | undefined): TSchema =>
  text === undefined || schema.description !== undefined ? schema : { ...schema, description: text };

/** What `validate.ts` checks beside the schemas. */
const CHECKED_BESIDE: Readonly<Record<string, JsonObject>> = { messages: { minItems: 1 } };

/** A request's fields with their descriptions. */
function withFieldTexts(schema: TObject): TSchema {
  const texts: Readonly<Record<string, string>> = FIELD_TEXTS;
  const properties = Object.entries<TSchema>(schema.properties).map(([key, field]) => [
    key,
    { ...field, ...CHECKED_BESIDE[key], description: texts[key] },
  ]);
  return { ...schema, properties: Object.fromEntries(properties) };
}

const blockTexts: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(BLOCK_TEXTS).map(([type, text]) => [`${pascal(type)}BlockParam`, text]),
);

export function namedSchemas(): JsonObject {
  const all = { ...REQUEST, ...ANSWER };
  const names = new Map<TSchema, string>([
    ...Object.entries(all).map(([name, schema]) => [schema, name] as const),
    ...UNION_NAMES,
  ]);
  const texts = { ...TITLES, ...blockTexts };
  const schemas = Object.entries({
    ...all,
    MessageCreateParams: withFieldTexts(MessagesRequest),
    MessageCountTokensParams: withFieldTexts(CountTokensRequest),
  }).map(([name, schema]) => [name, withText({ ...schema, title: name }, texts[name])]);
  const unions = Object.entries(UNIONS).map(([name, union]) => [name, { title: name, ...union }]);
  return { ...publish(Object.fromEntries(schemas), names), ...Object.fromEntries(unions) };
}
