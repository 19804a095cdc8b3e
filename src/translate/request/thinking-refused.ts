/**
 * Takes settings of thinking that the model refuses out of a request (wire section 6). First the level or the budget is
 * taken out. Where the error is about thinking itself, all settings of thinking are taken out. Which settings a new
 * model accepts is known only after it has refused one.
 */
import type { UpstreamError } from '../../gemini/errors.ts';
import { failureClass } from '../../gemini/failure.ts';
import type { GenerateContentRequest, ThinkingConfig } from '../../gemini/wire.ts';

/**
 * What is taken out. `setting`: level and budget, so the model decides how much to think. `everything`: all settings of
 * thinking.
 */
export type ThinkingCut = 'setting' | 'everything';

export type ThinkingRefusal = {
  cut: ThinkingCut;
  /**
   * The refused level or budget, where the error names it. Undefined where the model would refuse any other value too.
   */
  value: string | undefined;
};

/** Matches a sentence about whether the model thinks or shows its thoughts, and not about how much it thinks. */
const ABOUT_THINKING_ITSELF =
  /include_?thoughts|thinking_?config\b(?!\.\w)|\bthinking is (?:only|not)\b|not support thinking/i;

export function wishOf({ thinkingLevel, thinkingBudget }: ThinkingConfig): string | undefined {
  return thinkingLevel ?? thinkingBudget?.toString();
}

/** The value may stand alone, or be named as Google's enum has it: `THINKING_LEVEL_MINIMAL`. */
const mentions = (message: string, value: string): boolean =>
  message
    .split(/[^\w-]+/)
    .some((word) => word.toLowerCase().replace(/^thinking_level_/, '') === value.toLowerCase());

/**
 * The setting of thinking that `error` refuses. Undefined where `error` is about something else, or where the request
 * has no such setting.
 */
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
