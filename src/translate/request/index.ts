/**
 * Translates Anthropic's request into Gemini's. Also makes a plan for reading the answer, and warns about everything
 * that was changed.
 */
import type { MessagesRequest } from '../../anthropic/request.ts';
import type { GenerateContentRequest } from '../../gemini/wire.ts';
import { isObject } from '../../lib/json.ts';
import type { AnswerPlan, RequestContext, UndeclaredCalls } from '../context.ts';
import { askedTier } from '../service-tier.ts';
import { answeredTurn } from '../signatures.ts';
import { ToolNames } from '../tool-names.ts';
import type { Warn, Warning } from '../warnings.ts';
import { warnOfFields } from './fields.ts';
import { toGenerationConfig } from './generation.ts';
import { type Prompt, toPrompt } from './prompt.ts';
import { refusePrefill, refuseUnservable } from './refusals/refusals.ts';
import { thinkingDisplay } from './thinking.ts';
import { callableNames } from './tools/tool-visibility.ts';
import { inputSchemas, requiredArguments } from './tools/tools.ts';

export type GeminiRequest = { body: GenerateContentRequest; plan: AnswerPlan; warnings: Warning[] };

/**
 * Translates one request. Throws a MessagesError for what must be refused. `request` is not changed, and the body for
 * Gemini shares no objects with `request`.
 */
export function toGeminiRequest(request: MessagesRequest, ctx: RequestContext): GeminiRequest {
  const warnings: Warning[] = [];
  const warn: Warn = (code, path, detail) => warnings.push({ code, path, detail });

  refuseUnservable(request, ctx.apiVersion, warn);
  warnOfFields(request, warn);

  const { body: prompt, ...translated } = toPrompt(request, ctx, warn);
  if (prompt.contents.at(-1)?.role === 'model') refusePrefill();
  const body: GenerateContentRequest = {
    ...prompt,
    generationConfig: toGenerationConfig(request, translated.form, ctx, warn),
    ...askedTier(request.service_tier),
  };
  return { body, plan: toPlan(request, { ...translated, body }, ctx), warnings };
}

type Translated = Omit<Prompt, 'body'> & { body: GenerateContentRequest };

function toPlan(
  request: MessagesRequest,
  { tools, body, edits, form, hosting, citing }: Translated,
  ctx: RequestContext,
): AnswerPlan {
  const declarations = (body.tools ?? []).flatMap(({ functionDeclarations = [] }) => functionDeclarations);
  const toolNames = new ToolNames(callableNames(request, tools));
  return {
    requestedModel: request.model,
    date: ctx.date,
    thinking: thinkingDisplay(request),
    stopSequences: (request.stop_sequences ?? []).filter((sequence) => sequence !== ''),
    maxTokens: request.max_tokens,
    parallelCalls: request.tool_choice?.disable_parallel_tool_use !== true,
    toolNames,
    undeclaredCalls: undeclaredCalls(request, hosting.choice, toolNames),
    requiredArguments: requiredArguments(hosting.choice, tools, declarations),
    inputSchema: inputSchemas(request.tools, tools),
    contextWindow: ctx.model.inputTokens,
    answeredTurn: answeredTurn(request.messages),
    appliedEdits: edits.applied,
    compactFirst: edits.compact,
    safeguards: safeguardTypes(request.safeguards),
    json: form.kind === 'free' ? undefined : { schema: form.written, isPromised: form.kind === 'schema' },
    sources: citing?.sources,
    ...hosting.plan(request),
  };
}

/**
 * What becomes of calls to undeclared tools. A client that offers no tool, or that asks for no call or for one certain
 * tool, cannot answer a call to another tool.
 */
function undeclaredCalls(
  { tools }: MessagesRequest,
  choice: MessagesRequest['tool_choice'],
  names: ToolNames,
): UndeclaredCalls {
  if (names.size === 0 || choice?.type === 'none' || choice?.type === 'tool') return 'refused';
  return tools?.some((tool) => tool.defer_loading === true) ? 'passed-on' : 'asked-again';
}

function safeguardTypes(safeguards: unknown): string[] {
  if (!Array.isArray(safeguards)) return [];
  return safeguards.flatMap((safeguard: unknown) =>
    isObject(safeguard) && typeof safeguard['type'] === 'string' ? [safeguard['type']] : [],
  );
}
