/**
 * What Gemini's finishReasons mean in Anthropic's words: one table of every finishReason and block reason that is
 * documented or was seen. Gemini has no finishReason for tool use; a call in the answer makes it `tool_use` (recordings
 * section 4).
 */
import type { StopDetails, StopReason } from '../../anthropic/message.ts';

type FinishMeaning =
  /** The answer is complete as it is. */
  | { kind: 'complete'; stopReason: 'end_turn' | 'max_tokens' }
  /** Google's filters stopped the answer. */
  | { kind: 'refused'; why: string }
  /**
   * There is no usable answer, so another attempt is worthwhile. `tellsCalls`: the message may contain calls that were
   * not delivered.
   */
  | { kind: 'unusable'; why: string; tellsCalls?: 'of-declared-tools' | 'of-any-tool' }
  /** Google serves the account of the key no more. The answer stands for nothing, and another key may give one. */
  | { kind: 'account'; why: string };

export const FINISH_REASONS = {
  STOP: { kind: 'complete', stopReason: 'end_turn' },
  MAX_TOKENS: { kind: 'complete', stopReason: 'max_tokens' },
  // Gemini 4: one of several requests for a long answer reached its limit, and the rest cannot be asked for. The text so
  // far counts, and the client may ask to go on.
  CONTINUATION: { kind: 'complete', stopReason: 'max_tokens' },
  SAFETY: { kind: 'refused', why: 'the answer was stopped by safety filters' },
  RECITATION: { kind: 'refused', why: 'the answer was stopped because it recited protected material' },
  BLOCKLIST: { kind: 'refused', why: 'the answer contained forbidden terms' },
  PROHIBITED_CONTENT: { kind: 'refused', why: 'the answer contained prohibited content' },
  SPII: { kind: 'refused', why: 'the answer contained sensitive personal information' },
  LANGUAGE: { kind: 'refused', why: 'the answer was in an unsupported language' },
  ESCALATION: { kind: 'refused', why: 'the answer was held back for review' },
  MODEL_ARMOR: { kind: 'refused', why: 'the answer was blocked by Model Armor' },
  IMAGE_SAFETY: { kind: 'refused', why: 'the image was stopped by safety filters' },
  IMAGE_PROHIBITED_CONTENT: { kind: 'refused', why: 'the image contained prohibited content' },
  IMAGE_RECITATION: { kind: 'refused', why: 'the image recited protected material' },
  IMAGE_OTHER: { kind: 'refused', why: 'the image was not produced' },
  NO_IMAGE: { kind: 'refused', why: 'no image was produced' },
  MALFORMED_FUNCTION_CALL: {
    kind: 'unusable',
    why: 'the model wrote a broken tool call',
    tellsCalls: 'of-declared-tools',
  },
  UNEXPECTED_TOOL_CALL: {
    kind: 'unusable',
    why: 'the model called a tool that it was not given',
    tellsCalls: 'of-any-tool',
  },
  TOO_MANY_TOOL_CALLS: { kind: 'unusable', why: 'the model called too many tools in a row' },
  MISSING_THOUGHT_SIGNATURE: { kind: 'unusable', why: 'a thought signature was missing' },
  MALFORMED_RESPONSE: { kind: 'unusable', why: 'the model wrote a broken answer' },
  OTHER: { kind: 'unusable', why: 'the model stopped for a reason that Google does not name' },
  PUP_LIMITED_DISABLED: {
    kind: 'account',
    why: 'Google has limited or disabled the account of this key, because of violations of its Prohibited Use Policy',
  },
} as const satisfies Record<string, FinishMeaning>;

export type KnownFinishReason = keyof typeof FINISH_REASONS;

export const isKnownFinishReason = (reason: string): reason is KnownFinishReason =>
  Object.hasOwn(FINISH_REASONS, reason);

/** Nobody knows whether an answer with such an end is complete, so it never counts as complete. */
const UNKNOWN_END: FinishMeaning = {
  kind: 'unusable',
  why: 'the model stopped for a reason that this version does not know',
};

export const meaningOf = (reason: string): FinishMeaning =>
  isKnownFinishReason(reason) ? FINISH_REASONS[reason] : UNKNOWN_END;

/** The stop reason of an answer that stands. Of an answer with a broken end only the calls stand. */
export function stopReasonOf(reason: string, sawCall: boolean): StopReason {
  const meaning = meaningOf(reason);
  switch (meaning.kind) {
    case 'refused':
      return 'refusal';
    case 'complete':
      if (meaning.stopReason === 'max_tokens') return 'max_tokens';
      return sawCall ? 'tool_use' : 'end_turn';
    case 'unusable':
    case 'account':
      return sawCall ? 'tool_use' : 'refusal';
  }
}

export const BLOCK_REASONS = {
  SAFETY: 'the prompt was blocked by safety filters',
  BLOCKLIST: 'the prompt contains forbidden terms',
  PROHIBITED_CONTENT: 'the prompt contains prohibited content',
  IMAGE_SAFETY: 'an image in the prompt was blocked by safety filters',
  MODEL_ARMOR: 'the prompt was blocked by Model Armor',
  JAILBREAK: 'the prompt was blocked as an attempt to get around the rules',
} as const satisfies Record<string, string>;

export type BlockReason = keyof typeof BLOCK_REASONS;

const isBlockReason = (reason: string): reason is BlockReason => Object.hasOwn(BLOCK_REASONS, reason);

/** Why Google refused, where the reason is one that is known. */
function knownRefusal(what: 'answer' | 'prompt', reason: string): string | undefined {
  if (what === 'prompt') return isBlockReason(reason) ? BLOCK_REASONS[reason] : undefined;
  const meaning = meaningOf(reason);
  return meaning.kind === 'refused' ? meaning.why : undefined;
}

/** The text for `stop_details` that says why Google refused, in Google's own words where there are any. */
export function refusalDetails(what: 'answer' | 'prompt', reason: string, message?: string): StopDetails {
  const why = knownRefusal(what, reason) ?? `the ${what} was blocked`;
  return {
    type: 'refusal',
    category: null,
    explanation: `Gemini refused: ${why} (${reason})${message ? `. ${message}` : ''}`,
  };
}
