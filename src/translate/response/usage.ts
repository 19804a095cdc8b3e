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

/** Tokens that were written to a cache, by how long they are kept there. */
export type CacheWritten = Readonly<Record<'5m' | '1h', number>>;

const NOTHING_WRITTEN: CacheWritten = { '5m': 0, '1h': 0 };

/**
 * Anthropic's usage from Gemini's. Gemini's count of the prompt includes the cached part, and its count of the
 * candidates does not include thoughts. What was `written` to a cache is a part of the prompt that was not read from
 * one: clients add the three to have the size of the prompt.
 */
export function toUsage(usage: UsageMetadata, written = NOTHING_WRITTEN): Usage {
  const cached = usage.cachedContentTokenCount ?? 0;
  const thoughts = usage.thoughtsTokenCount ?? 0;
  const fresh = Math.max(0, (usage.promptTokenCount ?? 0) - cached);
  const hour = Math.min(written['1h'], fresh);
  const minutes = Math.min(written['5m'], fresh - hour);
  return {
    input_tokens: fresh - hour - minutes + (usage.toolUsePromptTokenCount ?? 0),
    cache_creation_input_tokens: hour + minutes,
    cache_read_input_tokens: cached,
    cache_creation: { ephemeral_5m_input_tokens: minutes, ephemeral_1h_input_tokens: hour },
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
