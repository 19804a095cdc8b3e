/** Checks generationConfig by the model's row. */
import type { GeminiModel } from '../../gemini/models.ts';
import type { GoogleError } from '../../gemini/wire.ts';
import { refusedSchema } from './json-schema.ts';
import { invalidArgument } from './refusal.ts';
import type { ApiGenerationConfig, ApiRequest } from './request.ts';
import { declarations } from './request.ts';

const NO_LEVELS = 'Thinking level is not supported for this model.';

export function checkGeneration(model: GeminiModel, request: ApiRequest): GoogleError | undefined {
  const config = request.generationConfig ?? {};
  return (
    checkThinking(model, config.thinkingConfig ?? {}) ??
    checkJsonMode(model, request, config) ??
    checkOutputLimit(model, config) ??
    checkSampling(model, config)
  );
}

function checkThinking(
  model: GeminiModel,
  { thinkingBudget: budget, thinkingLevel: level }: NonNullable<ApiGenerationConfig['thinkingConfig']>,
): GoogleError | undefined {
  if (budget !== undefined && level !== undefined) {
    return invalidArgument('You can only set only one of thinking budget and thinking level.');
  }
  if (level !== undefined) return checkLevel(model, level);
  return budget === undefined ? undefined : checkBudget(model, budget);
}

function checkLevel({ thinking }: GeminiModel, level: string): GoogleError | undefined {
  if (thinking.kind !== 'level') return invalidArgument(NO_LEVELS);
  if (thinking.levels.some((known) => known.toUpperCase() === level)) return undefined;
  return invalidArgument(
    `Thinking level ${level} is not supported for this model. Please retry with other thinking level.`,
  );
}

const ONLY_THINKING = 'Budget 0 is invalid. This model only works in thinking mode.';

function checkBudget({ thinking, family }: GeminiModel, budget: number): GoogleError | undefined {
  // The guide to Gemini 4 names this refusal but not its text.
  if (family === 'gemini-4') return invalidArgument('Thinking budget is not supported for this model.');
  if (thinking.kind === 'level') {
    return budget === 0 && !thinking.levels.includes('minimal') ? invalidArgument(ONLY_THINKING) : undefined;
  }
  if (thinking.kind === 'none' || budget === -1) return undefined;
  if (budget === 0) return thinking.off ? undefined : invalidArgument(ONLY_THINKING);
  if (budget >= thinking.min && budget <= thinking.max) return undefined;
  return invalidArgument(
    `The thinking budget ${budget} is invalid. Please choose a value between ${thinking.min} and ${thinking.max}.`,
  );
}

function checkJsonMode(
  model: GeminiModel,
  request: ApiRequest,
  config: ApiGenerationConfig,
): GoogleError | undefined {
  const json = config.responseMimeType === 'application/json';
  const mode = request.toolConfig?.functionCallingConfig?.mode;
  if (json && declarations(request).length > 0 && (!model.jsonWithTools || mode === 'ANY')) {
    return invalidArgument("Function calling with a response mime type: 'application/json' is unsupported");
  }
  const searches = request.tools?.some((tool) => tool['googleSearch'] !== undefined);
  if (json && searches && !model.jsonWithTools) {
    return invalidArgument("Tool use with a response mime type: 'application/json' is unsupported");
  }
  const { responseJsonSchema: schema } = config;
  const refused = schema === undefined ? undefined : refusedSchema(schema);
  return refused === undefined ? undefined : invalidArgument(refused);
}

/**
 * Checks the limit for output. Gemini 4 accepts any limit, since a long answer goes on over several requests. For older
 * models the largest limit is fixed.
 */
function checkOutputLimit(
  model: GeminiModel,
  { maxOutputTokens: tokens }: ApiGenerationConfig,
): GoogleError | undefined {
  if (tokens === undefined) return undefined;
  const limit = model.longAnswers ? Number.POSITIVE_INFINITY : model.outputTokens;
  if (tokens >= 1 && tokens <= limit) return undefined;
  return invalidArgument(
    `Unable to submit request because it has a maxOutputTokens value of ${tokens} but the supported range is from 1 (inclusive) to ${model.outputTokens + 1} (exclusive). Update the value and try again.`,
  );
}

/**
 * Checks parameters of sampling. The refusal is documented for Gemini 4 only, but was also reported, in the same words,
 * for models from 2.5 (penalties) and 3.x (candidates) on.
 */
function checkSampling(
  { family, signatures }: GeminiModel,
  config: ApiGenerationConfig,
): GoogleError | undefined {
  const penalised = config.frequencyPenalty !== undefined || config.presencePenalty !== undefined;
  if (penalised && signatures !== 'none') return invalidArgument('Penalty is not enabled for this model');
  if ((config.candidateCount ?? 1) === 1 || signatures === 'none' || family === 'gemini-2.5')
    return undefined;
  return invalidArgument('Multiple candidates is not enabled for this model');
}
