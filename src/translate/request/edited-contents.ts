/**
 * Translates the history after the client's edits. What an edit saves is told by the weight of the translated request,
 * so a history with edits is translated once more for each weighing.
 */

import type { CountTokensRequest } from '../../anthropic/request.ts';
import { estimateTokens } from '../../gemini/estimate/request-size.ts';
import type { GenerateContentRequest, RequestContent, RequestPart } from '../../gemini/wire.ts';
import type { RequestContext } from '../context.ts';
import type { Cleared } from '../edits/cleared.ts';
import { type ContextEdits, contextEdits } from '../edits/context-edits.ts';
import type { Warn, Warning } from '../warnings.ts';
import { toContents } from './messages.ts';
import { toolSearch } from './tools/tool-search.ts';
import type { DeclaredTool } from './tools/tool-visibility.ts';

type PartName = keyof RequestPart;

/** The parts about Google's own tools that Google takes back with this request. */
const echoedParts = ({ tools = [], toolConfig }: Omit<GenerateContentRequest, 'contents'>): Set<PartName> =>
  new Set<PartName>([
    ...(toolConfig?.includeServerSideToolInvocations ? (['toolCall', 'toolResponse'] as const) : []),
    ...(tools.some((tool) => 'codeExecution' in tool)
      ? (['executableCode', 'codeExecutionResult'] as const)
      : []),
  ]);

export type Frame = {
  frame: Omit<GenerateContentRequest, 'contents'>;
  functions: readonly DeclaredTool[];
  numbers: ReadonlyMap<object, number>;
};

type Version = { cleared: Cleared; contents: RequestContent[]; warnings: Warning[]; tokens?: number };

/**
 * `frame` is the request without its contents: the prompt and the tools, which weigh as well. `functions`: the functions
 * among them that this process answers. `numbers`: those of the sources that may be cited.
 */
export function editedContents(
  request: CountTokensRequest,
  { frame, functions, numbers }: Frame,
  ctx: RequestContext,
  warn: Warn,
): { contents: RequestContent[]; edits: ContextEdits } {
  const echoes = echoedParts(frame);
  const finders = (request.tools ?? []).flatMap(({ type }) => toolSearch(type)?.name ?? []);
  const served = new Set<string>([...finders, ...functions.map(({ name }) => name)]);
  const versions: Version[] = [];
  const versionOf = (cleared: Cleared): Version => {
    const made = versions.find((version) => version.cleared === cleared);
    if (made) return made;
    const warnings: Warning[] = [];
    const note: Warn = (code, path, detail) => warnings.push({ code, path, detail });
    const options = { cleared, echoes, numbers, isServed: (name: string) => served.has(name) };
    const version = { cleared, contents: toContents(request.messages, ctx, note, options), warnings };
    versions.push(version);
    return version;
  };
  const weigh = (cleared: Cleared): number => {
    const version = versionOf(cleared);
    version.tokens ??= estimateTokens({ ...frame, contents: version.contents }, ctx.model);
    return version.tokens;
  };
  const edits = contextEdits(request, {
    request: weigh,
    text: (text) => estimateTokens({ contents: [{ role: 'model', parts: [{ text }] }] }, ctx.model),
  });
  const { contents, warnings } = versionOf(edits.cleared);
  for (const { code, path, detail } of warnings) warn(code, path, detail);
  return { contents, edits };
}
