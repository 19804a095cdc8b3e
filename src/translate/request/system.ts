/** Translates the system prompt. */
import type { CountTokensRequest } from '../../anthropic/request.ts';
import type { GenerateContentRequest } from '../../gemini/wire.ts';
import { wellFormed } from '../../lib/well-formed.ts';

/**
 * The first block of Claude Code's prompt: one line for Anthropic's billing. It changes with every version, and would
 * change the beginning of a prompt that is cached.
 */
const BILLING = /^x-anthropic-billing-header:.*\n?/;

/**
 * Makes the system instruction. `extra` holds the instructions that the proxy itself gives the model; they come last.
 */
export function toSystemInstruction(
  system: CountTokensRequest['system'],
  extra: readonly string[],
): Pick<GenerateContentRequest, 'systemInstruction'> {
  const own = typeof system === 'string' ? [system] : (system ?? []).map((block) => block.text);
  const texts = [...own.map((text) => text.replace(BILLING, '')), ...extra].filter((text) => text !== '');
  if (texts.length === 0) return {};
  return { systemInstruction: { parts: texts.map((text) => ({ text: wellFormed(text) })) } };
}
