/** Translates the limits, the sampling parameters and the form of the answer. */
import type { CountTokensRequest, MessagesRequest } from '../../anthropic/request.ts';
import type { GeminiModel } from '../../gemini/models.ts';
import type { FunctionCallingMode, GenerationConfig } from '../../gemini/wire.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { wellFormedObject } from '../../lib/well-formed.ts';
import type { RequestContext } from '../context.ts';
import type { Warn } from '../warnings.ts';
import { schemaWork, toAnswerSchema } from './schema/outgoing.ts';
import { planThinking } from './thinking.ts';

/**
 * How the model is asked for JSON: by a setting of the API, or in words where Google would refuse that setting together
 * with tools.
 */
export type AnswerForm =
  | { kind: 'free' }
  | { kind: 'schema'; schema: Json; written: JsonObject }
  | { kind: 'words'; instruction: string; written: JsonObject };

/**
 * Chooses the form of the answer. JSON mode works together with tools from Gemini 3 on, and never with a forced call
 * (wire section 3).
 */
export function answerForm(
  request: CountTokensRequest,
  model: GeminiModel,
  mode: FunctionCallingMode | undefined,
  warn: Warn,
): AnswerForm {
  const [format, path] = request.output_config?.format
    ? [request.output_config.format, 'output_config.format']
    : [request.output_format, 'output_format'];
  if (!format) return { kind: 'free' };
  const written = wellFormedObject(format.schema as JsonObject);
  const schema = toAnswerSchema(written, { path: `${path}.schema`, warn, work: schemaWork() });
  if (mode === undefined || (model.jsonWithTools && mode !== 'ANY'))
    return { kind: 'schema', schema, written };
  warn('content-changed', path, 'asked for in words: this model takes no answer schema beside these tools');
  const instruction = `When you answer without calling a tool, answer with one JSON value and nothing else. It must follow this JSON Schema:\n${JSON.stringify(schema)}`;
  return { kind: 'words', instruction, written };
}

/** The largest `topK` that Google accepts; Anthropic's has no upper limit. */
const MAX_TOP_K = 64;

function sampling(request: MessagesRequest, model: GeminiModel, warn: Warn): GenerationConfig {
  const { temperature, top_p: topP, top_k: topK } = request;
  if (model.sampling === 'ignored') {
    for (const key of ['temperature', 'top_p', 'top_k'] as const) {
      if (typeof request[key] === 'number') warn('field-ignored', key, `${model.id} does not take it`);
    }
    return {};
  }
  if (typeof topK === 'number' && topK > MAX_TOP_K) warn('value-clamped', 'top_k', `${topK} to ${MAX_TOP_K}`);
  return {
    ...(typeof temperature === 'number' ? { temperature } : {}),
    ...(typeof topP === 'number' ? { topP } : {}),
    ...(typeof topK === 'number' && topK > 0 ? { topK: Math.min(topK, MAX_TOP_K) } : {}),
  };
}

/**
 * The limit for output tokens. Google counts thoughts as output, so without headroom thoughts would use up a small
 * `max_tokens` before the first word.
 */
function outputTokens(request: MessagesRequest, headroom: number, ctx: RequestContext, warn: Warn): number {
  const { longAnswers, inputTokens, outputTokens: ofOneRequest } = ctx.model;
  const most = longAnswers ? inputTokens : ofOneRequest;
  const cap = Math.min(most, ctx.maxTokensLimit ?? most);
  if (request.max_tokens > cap) warn('value-clamped', 'max_tokens', `${request.max_tokens} to ${cap}`);
  return Math.min(cap, request.max_tokens + headroom);
}

/** The setting that asks for JSON. */
export const answerConfig = (form: AnswerForm): GenerationConfig =>
  form.kind === 'schema' ? { responseMimeType: 'application/json', responseJsonSchema: form.schema } : {};

export function toGenerationConfig(
  request: MessagesRequest,
  form: AnswerForm,
  ctx: RequestContext,
  warn: Warn,
): GenerationConfig {
  const thinking = planThinking(request, ctx.model.thinking, warn);
  return {
    maxOutputTokens: outputTokens(request, thinking.headroom, ctx, warn),
    ...sampling(request, ctx.model, warn),
    ...answerConfig(form),
    ...(thinking.config ? { thinkingConfig: thinking.config } : {}),
  };
}
