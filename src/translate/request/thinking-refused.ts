/**
 * Takes out of a request what the model refuses about thinking (wire section 6): first the level or the budget;
 * thinking altogether where the error is about thinking itself. What a new model takes is known only when it has
 * refused something.
 */
import type { UpstreamError } from '../../gemini/errors.ts';
import { failureClass } from '../../gemini/failure.ts';
import type { GenerateContentRequest, ThinkingConfig } from '../../gemini/wire.ts';

/**
 * What is left out. `setting`: level and budget, so the model decides how much to think. `everything`: all that is said
 * about thinking.
 */
export type ThinkingCut = 'setting' | 'everything';

export type ThinkingRefusal = {
  cut: ThinkingCut;
  /** The level or budget, where the error names it; undefined where any other value would be refused too. */
  value: string | undefined;
};

/** The sentence is about whether the model thinks, or shows its thoughts, and not about how much. */
const ABOUT_THINKING_ITSELF =
  /include_?thoughts|thinking_?config\b(?!\.\w)|\bthinking is (?:only|not)\b|not support thinking/i;

export function wishOf({ thinkingLevel, thinkingBudget }: ThinkingConfig): string | undefined {
  return thinkingLevel ?? thinkingBudget?.toString();
}

const mentions = (message: string, value: string): boolean =>
  message.split(/[^\w-]+/).some((word) => word.toLowerCase() === value.toLowerCase());

/** The setting of thinking that `error` refuses; undefined where `error` is about something else, or there is nothing to take out. */
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
