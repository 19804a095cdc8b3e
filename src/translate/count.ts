/** Makes the request for a count of tokens. Everything that the model would read is translated as for an answer. */
import type { CountTokensRequest } from '../anthropic/request.ts';
import type { GenerateContentRequest } from '../gemini/wire.ts';
import type { RequestContext } from './context.ts';
import type { ContextEdits } from './edits/context-edits.ts';
import { warnOfFields } from './request/fields.ts';
import { answerConfig } from './request/generation.ts';
import { toPrompt } from './request/prompt.ts';
import { refuseShared } from './request/refusals/refusals.ts';
import type { Warn, Warning } from './warnings.ts';

/**
 * Translates a request for a count. Throws a MessagesError for what cannot be translated. A conversation that ends with
 * the assistant is allowed here, since nothing is generated.
 */
export function toCountRequest(
  request: CountTokensRequest,
  ctx: RequestContext,
): { body: GenerateContentRequest; edits: ContextEdits; warnings: Warning[] } {
  const warnings: Warning[] = [];
  const warn: Warn = (code, path, detail) => warnings.push({ code, path, detail });
  refuseShared(request, ctx.apiVersion, warn);
  warnOfFields(request, warn);
  const { body, form, edits } = toPrompt(request, ctx, warn);
  const whole = form.kind === 'schema' ? { ...body, generationConfig: answerConfig(form) } : body;
  return { body: whole, edits, warnings };
}
