/** Anthropic's answer: the message and its blocks as we emit them (contract section 7). */
import type { JsonObject } from '../lib/json.ts';

export type StopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'stop_sequence'
  | 'tool_use'
  | 'refusal'
  | 'model_context_window_exceeded';

export type StopDetails = { type: 'refusal'; category: null; explanation: string };

/** Tokens. `input_tokens` excludes what was read from cache; `output_tokens` includes thinking. */
export type Usage = {
  input_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  cache_creation: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number };
  output_tokens: number;
  output_tokens_details: { thinking_tokens: number };
  server_tool_use: null;
  service_tier: 'standard';
  inference_geo: null;
};

export type AnswerText = { type: 'text'; text: string; citations: null };
export type AnswerThinking = { type: 'thinking'; thinking: string; signature: string };
export type AnswerToolUse = {
  type: 'tool_use';
  id: string;
  name: string;
  input: JsonObject;
  caller: { type: 'direct' };
};
export type AnswerBlock = AnswerText | AnswerThinking | AnswerToolUse;

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
