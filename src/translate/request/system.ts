/** The system prompt. */
import type { CountTokensRequest } from '../../anthropic/request.ts';
import type { GenerateContentRequest } from '../../gemini/wire.ts';
import { wellFormed } from '../../lib/well-formed.ts';

/**
 * The first block of Claude Code's prompt: one line of accounting for Anthropic. It changes with every version, which
 * would spoil a cached prefix.
 */
const BILLING = /^x-anthropic-billing-header:.*\n?/;

/** `extra` is what the proxy itself asks of the model; it comes last. */
export function toSystemInstruction(
  system: CountTokensRequest['system'],
  extra: readonly string[],
): Pick<GenerateContentRequest, 'systemInstruction'> {
  const own = typeof system === 'string' ? [system] : (system ?? []).map((block) => block.text);
  const texts = [...own.map((text) => text.replace(BILLING, '')), ...extra].filter((text) => text !== '');
  if (texts.length === 0) return {};
  return { systemInstruction: { parts: texts.map((text) => ({ text: wellFormed(text) })) } };
}
