/**
 * Token counts. Gemini sends counts from the beginning of an answer on, but only its last counts are right (recordings
 * section 8).
 */
import type { Usage } from '../../anthropic/message.ts';
import type { UsageMetadata } from '../../gemini/wire.ts';
import { toldTier } from '../service-tier.ts';

/** Tokens of a prompt, including those from Gemini's cache. */
export type PromptSize = { tokens: number; cached: number };

/** The size for a prompt whose size nobody knows. */
export const UNKNOWN_SIZE: PromptSize = { tokens: 0, cached: 0 };

/** The prompt's size; undefined where upstream has not counted the prompt yet. */
export function promptSizeIn({
  promptTokenCount: tokens,
  cachedContentTokenCount: cached = 0,
}: UsageMetadata): PromptSize | undefined {
  return typeof tokens === 'number' ? { tokens, cached } : undefined;
}

/** The usage in `message_start`. Output tokens are 0 there, because some clients add the figures of start and end. */
export const usageAtStart = ({ tokens, cached }: PromptSize): Usage =>
  toUsage({ promptTokenCount: tokens, cachedContentTokenCount: cached });

/**
 * Anthropic's usage from Gemini's. Gemini's count of the prompt includes the cached part, and its count of the
 * candidates does not include thoughts.
 */
export function toUsage(usage: UsageMetadata): Usage {
  const cached = usage.cachedContentTokenCount ?? 0;
  const thoughts = usage.thoughtsTokenCount ?? 0;
  const prompt = usage.promptTokenCount ?? 0;
  return {
    input_tokens: Math.max(0, prompt - cached) + (usage.toolUsePromptTokenCount ?? 0),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: (usage.candidatesTokenCount ?? 0) + thoughts,
    output_tokens_details: { thinking_tokens: thoughts },
    server_tool_use: null,
    service_tier: toldTier(usage.serviceTier),
    inference_geo: null,
  };
}

/** The tokens of one of several iterations. */
export const iterationTokens = (usage: Usage) => ({
  input_tokens: usage.input_tokens,
  cache_creation_input_tokens: usage.cache_creation_input_tokens,
  cache_read_input_tokens: usage.cache_read_input_tokens,
  cache_creation: usage.cache_creation,
  output_tokens: usage.output_tokens,
});
