/** What the description says in words of things whose schemas stand elsewhere. */
import type { BlockType } from '../../anthropic/content.ts';
import type { ErrorType } from '../../anthropic/errors.ts';
import type { CountTokensRequest, MessagesRequest } from '../../anthropic/request.ts';

/** The blocks that a request may have. A block that is missing here does not compile. */
export const BLOCK_TEXTS = {
  text: 'Text.',
  image: 'A picture: its bytes in base64, or its URL (`URL_FETCH` says who reads it).',
  document: 'A PDF, plain text, or a document made of blocks.',
  search_result: 'A page that the client found, with its text.',
  thinking: 'A thought of an earlier answer. Send it back unchanged: its signature goes to Gemini.',
  redacted_thinking: 'A thought of an earlier answer that cannot be read.',
  tool_use: 'A call of a tool in an earlier answer.',
  tool_result: 'What a tool gave. It belongs to the `tool_use` of that id.',
  tool_reference: 'Says that a deferred tool is loaded. Usually it is in a result of the search for tools.',
  browser_state: 'What a browser tool has seen.',
  server_tool_use: "A call of a tool that Anthropic's servers ran, from an earlier answer.",
  mcp_tool_use: "A call of a tool of an MCP server that Anthropic's servers asked, from an earlier answer.",
  web_search_tool_result: 'What a search of an earlier answer found.',
  web_fetch_tool_result: 'A page that was read for an earlier answer.',
  code_execution_tool_result: "What code gave that Anthropic's servers ran.",
  bash_code_execution_tool_result: "What a command gave that Anthropic's servers ran.",
  text_editor_code_execution_tool_result: "What a change of a file gave on Anthropic's servers.",
  tool_search_tool_result: 'The tools that a search for tools found.',
  advisor_tool_result: 'The advice of another model.',
  mcp_tool_result: 'What a tool of an MCP server gave.',
  mcp_tool_listing: 'The tools of an MCP server.',
  container_upload: 'A file that was put into a container.',
  compaction: 'A summary in place of the messages before it.',
  fallback: 'Says that another model took over. It changes nothing.',
  tool_addition: 'Only in a `system` message: a deferred tool is shown from here on.',
  tool_removal: 'Only in a `system` message: a tool is hidden from here on.',
} as const satisfies Record<BlockType, string>;

type Field = Exclude<keyof (MessagesRequest & CountTokensRequest), number | symbol>;

/** The fields of a request. A field that is missing here does not compile. */
export const FIELD_TEXTS = {
  model:
    'A Claude id, which is mapped to a Gemini model, or the id of a Gemini model. The answer names the same id.',
  messages: 'The conversation. The last message is of the user.',
  system: 'The system prompt.',
  tools: 'What the model may call.',
  tool_choice: 'Whether the model may, must or must not call a tool.',
  thinking: 'Whether the model shows its thoughts, and how long it thinks.',
  output_config: 'How hard the model works, and the form of its answer.',
  output_format: 'The form of the answer, in the older place. Use `output_config.format`.',
  context_management: 'What is cleared from the conversation, and when the conversation is summarised.',
  mcp_servers: 'MCP servers for Anthropic to ask.',
  max_tokens: 'The longest answer, in tokens. With 0 nothing is generated.',
  stream: 'True: the answer is a stream of server-sent events. False: the answer is one JSON message.',
  stop_sequences: 'The answer ends before the first of these texts.',
  temperature: 'Only with `anthropic-version: 2023-06-01`.',
  top_p: 'Only with `anthropic-version: 2023-06-01`.',
  top_k: 'Only with `anthropic-version: 2023-06-01`.',
  metadata: 'Who asks.',
  safeguards: 'Checks of calls. Without `AUTO_MODE_CLASSIFIER` the answer says that there is no verdict.',
  cache_control: 'Where the cached part of the prompt ends.',
  diagnostics: 'Asks why the cache was missed.',
  thread: 'A conversation that Anthropic would keep.',
  compaction: 'Asks for a summary of the conversation.',
  container: "Anthropic's container for code.",
  fallbacks: 'Models that take over from a model that refuses.',
  service_tier: 'The tier of service.',
  speed: 'The speed of the answer.',
  inference_geo: 'Where the model runs.',
  betas: 'Names of beta features.',
  fallback_credit_token: 'For accounting.',
  billing_policy: 'For accounting.',
  user_profile_id: 'For accounting.',
  workspace_id: 'For accounting.',
} as const satisfies Record<Field, string>;

/** What each type of error means for the client. A type that is missing here does not compile. */
export const ERROR_TEXTS = {
  invalid_request_error:
    'The request is wrong, or Gemini refused it. The message names the field, in the path of the JSON.',
  authentication_error:
    'No key, or a wrong one: of this proxy (`PROXY_API_KEY`), or of Google. The message says which.',
  billing_error: 'The project of the Gemini key has no credit, or no billing.',
  permission_error: 'The page, the Host, the key or the region is not allowed.',
  not_found_error: 'There is no such model, or no such path.',
  conflict_error: 'Gemini told of a conflict. Try again.',
  request_too_large: 'The body is larger than 32 MB, or than Google takes.',
  rate_limit_error: 'The quota of every key is used up. `retry-after` says when to come back.',
  api_error: 'Google failed by its own account, or this proxy has a bug.',
  timeout_error: 'Gemini did not answer in time.',
  overloaded_error: 'The model, or this proxy, has too much to do. Try again.',
} as const satisfies Record<ErrorType, string>;
