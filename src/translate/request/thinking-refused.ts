/**
 * A way to think that a model refuses, taken out of the request: the level or the budget first, and thinking altogether where that is what the
 * sentence is about (wire section 6). What a new model takes cannot be known before it has said so.
 */
import type { UpstreamError } from '../../gemini/errors.ts';
import { failureClass } from '../../gemini/failure.ts';
import type { GenerateContentRequest, ThinkingConfig } from '../../gemini/wire.ts';

/** `setting`: without level and budget, as the model likes. `everything`: nothing is said of thinking. */
export type ThinkingCut = 'setting' | 'everything';

export type ThinkingRefusal = {
  cut: ThinkingCut;
  /** The level or the budget, where the sentence is about that one alone; undefined where no other would do. */
  value: string | undefined;
};

/** Of whether the model thinks, or tells its thoughts, and not of how much. */
const ABOUT_THINKING_ITSELF =
  /include_?thoughts|thinking_?config\b(?!\.\w)|\bthinking is (?:only|not)\b|not support thinking/i;

export function wishOf({ thinkingLevel, thinkingBudget }: ThinkingConfig): string | undefined {
  return thinkingLevel ?? thinkingBudget?.toString();
}

const mentions = (message: string, value: string): boolean =>
  message.split(/[^\w-]+/).some((word) => word.toLowerCase() === value.toLowerCase());

/** Undefined where `error` is about something else, or nothing is left to take out. */
export function thinkingRefusal(
  error: UpstreamError,
  { generationConfig }: GenerateContentRequest,
): ThinkingRefusal | undefined {
  const config = generationConfig?.thinkingConfig;
  if (!config || failureClass(error) !== 'thinking') return undefined;
  const value = wishOf(config);
  if (value === undefined || ABOUT_THINKING_ITSELF.test(error.message))
    return { cut: 'everything', value: undefined };
  return { cut: 'setting', value: mentions(error.message, value) ? value : undefined };
}

export function withoutThinking(request: GenerateContentRequest, cut: ThinkingCut): GenerateContentRequest {
  const { generationConfig, ...rest } = request;
  if (!generationConfig?.thinkingConfig) return request;
  const { thinkingConfig, ...others } = generationConfig;
  const { includeThoughts } = thinkingConfig;
  if (cut === 'everything' || includeThoughts === undefined) return { ...rest, generationConfig: others };
  return { ...rest, generationConfig: { ...others, thinkingConfig: { includeThoughts } } };
}
