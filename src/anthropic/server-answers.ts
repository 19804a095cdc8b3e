/** The blocks of an answer that tell of tools which the client does not run. */
import { type Static, Type } from '@sinclair/typebox';
import { AnyObject, Caller, tagged } from './answer-words.ts';
import { Nullable } from './schema-words.ts';

export const AnswerServerToolUse = tagged(
  'server_tool_use',
  {
    id: Type.String(),
    name: Type.Union([
      Type.Literal('web_search'),
      Type.Literal('web_fetch'),
      Type.Literal('code_execution'),
      Type.Literal('bash_code_execution'),
      Type.Literal('tool_search_tool_regex'),
      Type.Literal('tool_search_tool_bm25'),
    ]),
    input: AnyObject('What the tool was asked, such as a query.'),
    caller: Caller,
  },
  'A call of a tool that the client does not run.',
);
export type AnswerServerToolUse = Static<typeof AnswerServerToolUse>;
export type ServerToolName = AnswerServerToolUse['name'];

export const WebSearchResult = tagged(
  'web_search_result',
  {
    url: Type.String(),
    title: Type.String(),
    encrypted_content: Type.String({ description: 'Empty: Google does not give the words of a page.' }),
    page_age: Type.Null(),
  },
  'One page that was found.',
);
export type WebSearchResult = Static<typeof WebSearchResult>;

export const WebSearchError = tagged(
  'web_search_tool_result_error',
  {
    error_code: Type.Union([
      Type.Literal('unavailable'),
      Type.Literal('max_uses_exceeded'),
      Type.Literal('too_many_requests'),
      Type.Literal('invalid_input'),
      Type.Literal('query_too_long'),
    ]),
  },
  'The search gave nothing.',
);
export type WebSearchError = Static<typeof WebSearchError>;

export const AnswerWebSearchResult = tagged(
  'web_search_tool_result',
  {
    tool_use_id: Type.String(),
    content: Type.Union([Type.Array(WebSearchResult), WebSearchError]),
    caller: Caller,
  },
  'What a search found.',
);
export type AnswerWebSearchResult = Static<typeof AnswerWebSearchResult>;

const failed = <T extends string>(type: T, description: string) =>
  tagged(type, { error_code: Type.Literal('unavailable') }, description);

const OutputFile = Type.Union([
  tagged('code_execution_output', { file_id: Type.String() }, 'A file that the code has made.'),
  tagged('bash_code_execution_output', { file_id: Type.String() }, 'A file that the command has made.'),
]);
export type OutputFile = Static<typeof OutputFile>;

const run = {
  stdout: Type.String(),
  stderr: Type.String(),
  return_code: Type.Integer({ description: '0 where the code ran to its end.' }),
  content: Type.Array(OutputFile, {
    description: 'The pictures that were drawn: `GET /v1/files/{file_id}/content` has the bytes.',
  }),
};

export const AnswerCodeResult = tagged(
  'code_execution_tool_result',
  {
    tool_use_id: Type.String(),
    content: Type.Union([
      tagged('code_execution_result', run, 'What the code printed.'),
      failed('code_execution_tool_result_error', 'The code gave no result.'),
    ]),
  },
  'What code did that Gemini ran.',
);
export type AnswerCodeResult = Static<typeof AnswerCodeResult>;

export const AnswerBashResult = tagged(
  'bash_code_execution_tool_result',
  {
    tool_use_id: Type.String(),
    content: Type.Union([
      tagged('bash_code_execution_result', run, 'What the command printed.'),
      failed('bash_code_execution_tool_result_error', 'The command gave no result.'),
    ]),
  },
  'What a command did that Gemini ran.',
);
export type AnswerBashResult = Static<typeof AnswerBashResult>;

export const WebFetchError = tagged(
  'web_fetch_tool_result_error',
  {
    error_code: Type.Union([
      Type.Literal('invalid_tool_input'),
      Type.Literal('url_too_long'),
      Type.Literal('url_not_allowed'),
      Type.Literal('url_not_in_prior_context'),
      Type.Literal('url_not_accessible'),
      Type.Literal('unsupported_content_type'),
      Type.Literal('content_too_large'),
      Type.Literal('too_many_requests'),
      Type.Literal('max_uses_exceeded'),
      Type.Literal('unavailable'),
    ]),
  },
  'The page was not read.',
);
export type WebFetchError = Static<typeof WebFetchError>;

export const AnswerWebFetchResult = tagged(
  'web_fetch_tool_result',
  {
    tool_use_id: Type.String(),
    content: Type.Union([
      tagged(
        'web_fetch_result',
        {
          url: Type.String(),
          retrieved_at: Type.String({
            description: 'When this process read it; the date of the request where Google did. In ISO 8601.',
          }),
          content: tagged(
            'document',
            {
              source: Type.Union([
                tagged(
                  'text',
                  { media_type: Type.Literal('text/plain'), data: Type.String() },
                  'The words of the page; empty where Google has read it, which does not give them.',
                ),
                tagged(
                  'base64',
                  { media_type: Type.Literal('application/pdf'), data: Type.String() },
                  'A PDF.',
                ),
              ]),
              title: Nullable(Type.String()),
              citations: Type.Optional(Type.Object({ enabled: Type.Boolean() })),
            },
            'The page.',
          ),
        },
        'A page that was read.',
      ),
      WebFetchError,
    ]),
    caller: Caller,
  },
  'What came of the reading of a page.',
);
export type AnswerWebFetchResult = Static<typeof AnswerWebFetchResult>;

export const ToolSearchError = tagged(
  'tool_search_tool_result_error',
  {
    error_code: Type.Union([
      Type.Literal('invalid_pattern'),
      Type.Literal('pattern_too_long'),
      Type.Literal('unavailable'),
    ]),
  },
  'No tool was looked for.',
);
export type ToolSearchError = Static<typeof ToolSearchError>;

export const AnswerToolSearchResult = tagged(
  'tool_search_tool_result',
  {
    tool_use_id: Type.String(),
    content: Type.Union([
      tagged(
        'tool_search_tool_search_result',
        {
          tool_references: Type.Array(
            tagged('tool_reference', { tool_name: Type.String() }, 'A tool that can be called now.'),
          ),
        },
        'The tools that were found.',
      ),
      ToolSearchError,
    ]),
  },
  'What a search for tools found.',
);
export type AnswerToolSearchResult = Static<typeof AnswerToolSearchResult>;

type Untold<T> = T extends unknown ? Omit<T, 'tool_use_id'> : never;
/** The blocks that tell what such a tool gave, before the id of the call is known. */
export type ServerToolResult = Untold<
  AnswerWebSearchResult | AnswerWebFetchResult | AnswerCodeResult | AnswerBashResult | AnswerToolSearchResult
>;
