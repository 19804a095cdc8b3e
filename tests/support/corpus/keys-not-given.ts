/** What Anthropic's answers have and the proxy's have not, and why. A row that no longer holds fails the test that reads it. */

const ANTHROPICS_TOOL = "a tool of Anthropic's servers that Gemini has not";
const NO_FILES = 'Gemini runs code, and edits no files by commands';
const FILTERED = "code that Anthropic's model runs over what it has found; Gemini has nothing like it";
const NO_REQUEST = 'the request was not recorded; shown by tests/http/context/compaction.test.ts';

const NULL_BY_TYPE = 'null by the types of the SDKs, where there is nothing; recorded answers leave it out';
const NO_PLACE = 'Google does not say where a request was answered; null by the types of the SDKs';

/** A kind of object that never comes, or `kind: key` for a key of a kind that does. */
export const NOT_GIVEN: Readonly<Record<string, string>> = {
  'message: context_management':
    'given where the request has `context_management`; Anthropic gives it to each beta request',
  'delta thinking_delta: estimated_tokens': 'a hint for a display of progress, told only to a beta',
  'error: details': 'null; given where there are details',
  'result web_search_result: snippet': 'Google does not give the words of a page',
  'result code_execution_result: abort_reason':
    'null in all recordings; Gemini tells no more than an outcome',
  'result encrypted_code_execution_result': FILTERED,
  'block text_editor_code_execution_tool_result': NO_FILES,
  'result text_editor_code_execution_create_result': NO_FILES,
  'result text_editor_code_execution_view_result': NO_FILES,
  'result text_editor_code_execution_str_replace_result': NO_FILES,
  'result text_editor_code_execution_tool_result_error': NO_FILES,
  'block advisor_tool_result': ANTHROPICS_TOOL,
  'result advisor_result': ANTHROPICS_TOOL,
  'result advisor_redacted_result': ANTHROPICS_TOOL,
  'block mcp_tool_use': ANTHROPICS_TOOL,
  'block mcp_tool_result': ANTHROPICS_TOOL,
  'result text': ANTHROPICS_TOOL,
  'block redacted_thinking': 'Gemini hides no thoughts in this way; signatures travel in `thinking`',
  'block fallback': "the proxy's other models are told in the log, since the client did not ask for them",
  'block compaction': NO_REQUEST,
  'delta compaction_delta': NO_REQUEST,
};

/** Known keys that are null here, and in no recorded answer. */
export const NULL_HERE_ALONE: Readonly<Record<string, string>> = {
  'delta of the message: container': NULL_BY_TYPE,
  'message: container': NULL_BY_TYPE,
  'usage in message: server_tool_use': NULL_BY_TYPE,
  'usage in message_delta: server_tool_use': NULL_BY_TYPE,
  'usage in message: inference_geo': NO_PLACE,
  'usage in message_start: inference_geo': NO_PLACE,
};

type Exempt = { readonly why: string; is(body: { tools?: { type?: string }[] }): boolean };

/** Types of blocks in answers to requests that are served, which Gemini tells in others, or not at all. */
export const BLOCKS_GIVEN_OTHERWISE: Readonly<Record<string, Exempt>> = {
  text_editor_code_execution_tool_result: {
    why: 'as `bash_code_execution_tool_result`: Gemini writes files by code',
    is: () => true,
  },
  code_execution_tool_result: {
    why: `the newest versions of the tools for the web: ${FILTERED}`,
    is: ({ tools }) => tools?.some(({ type }) => /^web_.*_2026\d{4}$/.test(type ?? '')) ?? false,
  },
  redacted_thinking: { why: 'as `thinking`, or left out', is: () => true },
};
