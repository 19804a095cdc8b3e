/** Makes the request for a count of tokens. Everything that the model would read is translated as for an answer. */
import type { CountTokensRequest } from '../anthropic/request.ts';
import type { GenerateContentRequest } from '../gemini/wire.ts';
import type { RequestContext } from './context.ts';
import type { ContextEdits } from './edits/context-edits.ts';
import { editedContents } from './request/edited-contents.ts';
import { warnOfFields } from './request/fields.ts';
import { refuseShared } from './request/refusals/refusals.ts';
import { toSystemInstruction } from './request/system.ts';
import { visibleTools } from './request/tools/tool-visibility.ts';
import { toTools } from './request/tools/tools.ts';
import { searchInstructions, webSearchOf } from './request/tools/web-search.ts';
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
  const search = webSearchOf(request);
  const frame = {
    ...toSystemInstruction(request.system, search ? searchInstructions(search, request) : []),
    ...(search ? { tools: [{ googleSearch: {} }] } : toTools(visibleTools(request, warn), warn)),
  };
  const { contents, edits } = editedContents(request, frame, ctx, warn);
  return { body: { ...frame, contents }, edits, warnings };
}
