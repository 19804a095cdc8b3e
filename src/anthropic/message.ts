/** Anthropic's answer: the message and its blocks, as the proxy writes them (contract section 7). */
import type { JsonObject } from '../lib/json.ts';

export type StopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'stop_sequence'
  | 'tool_use'
  | 'refusal'
  | 'model_context_window_exceeded';

export type StopDetails = { type: 'refusal'; category: null; explanation: string };

/** Counts of tokens. `input_tokens` does not include what was read from a cache; `output_tokens` includes thinking. */
export type Usage = {
  input_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  cache_creation: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number };
  output_tokens: number;
  output_tokens_details: { thinking_tokens: number };
  /** Null where the request had none of Anthropic's server-side tools. */
  server_tool_use: { web_search_requests: number; web_fetch_requests: number } | null;
  /** `standard`, or Google's word for another tier. */
  service_tier: string;
  inference_geo: null;
};

/**
 * The source of a piece of text. Fields named `encrypted_…`, and quotations, are empty: Google does not give the words
 * of a page.
 */
export type WebCitation = {
  type: 'web_search_result_location';
  url: string;
  title: string;
  encrypted_index: string;
  cited_text: string;
};
export type AnswerText = { type: 'text'; text: string; citations: WebCitation[] | null };
export type AnswerThinking = { type: 'thinking'; thinking: string; signature: string };
export type AnswerToolUse = {
  type: 'tool_use';
  id: string;
  name: string;
  input: JsonObject;
  caller: { type: 'direct' };
};
export type AnswerServerToolUse = {
  type: 'server_tool_use';
  id: string;
  name: 'web_search';
  input: JsonObject;
  caller: { type: 'direct' };
};
export type WebSearchResult = {
  type: 'web_search_result';
  url: string;
  title: string;
  encrypted_content: string;
  page_age: null;
};
export type WebSearchError = { type: 'web_search_tool_result_error'; error_code: 'unavailable' };
export type AnswerWebSearchResult = {
  type: 'web_search_tool_result';
  tool_use_id: string;
  content: WebSearchResult[] | WebSearchError;
  caller: { type: 'direct' };
};
export type AnswerBlock =
  | AnswerText
  | AnswerThinking
  | AnswerToolUse
  | AnswerServerToolUse
  | AnswerWebSearchResult;

/** The verdict on `safeguards`, present only when the request asked for one (contract section 9). */
export type SafeguardResult = {
  type: string;
  status: { type: 'unavailable'; reason: 'disabled' };
};

export type AnswerMessage = {
  id: string;
  type: 'message';
  role: 'assistant';
  model: string;
  content: AnswerBlock[];
  stop_reason: StopReason | null;
  stop_sequence: string | null;
  stop_details: StopDetails | null;
  container: null;
  diagnostics: null;
  usage: Usage;
  context_management?: { applied_edits: [] } | null;
  safeguard_results?: SafeguardResult[];
};
