/**
 * The tools of Anthropic's servers that Google runs instead. Each is a row. Beside the client's own tools they need a
 * model of Gemini 3 or later, which then tells each call of theirs and wants it back with the history.
 */
import type { CountTokensRequest, MessagesRequest } from '../../../anthropic/request.ts';
import { type HostedKind, hostedKind } from '../../../anthropic/server-tools.ts';
import type { Tool } from '../../../anthropic/tool.ts';
import type { GeminiModel } from '../../../gemini/models.ts';
import type { GeminiTool } from '../../../gemini/wire.ts';
import type { HostedPlan, PageReading, RequestContext } from '../../context.ts';
import { refuse } from '../refusals/refuse.ts';
import { CODE_EXECUTION } from './code-execution.ts';
import type { HostedTool } from './hosted-tool.ts';
import type { DeclaredTool } from './tool-visibility.ts';
import { WEB_FETCH } from './web-fetch.ts';
import { WEB_SEARCH } from './web-search.ts';

const ROWS: Readonly<Record<HostedKind, HostedTool>> = {
  web_search: WEB_SEARCH,
  code_execution: CODE_EXECUTION,
  web_fetch: WEB_FETCH,
};

export function hostedTool(tool: Tool): HostedTool | undefined {
  const kind = hostedKind(tool);
  return kind && ROWS[kind];
}

export type Hosting = {
  readonly tools: readonly GeminiTool[];
  /** Tools that stand among the functions, because Google's own cannot stand beside those. */
  readonly functions: readonly DeclaredTool[];
  readonly instructions: readonly string[];
  /** True where Google has to tell the calls of its own tools, because they do not stand alone. */
  readonly areTold: boolean;
  /** How the client's own tools may be called. */
  readonly choice: CountTokensRequest['tool_choice'];
  plan(request: MessagesRequest): HostedPlan;
};

const NO_PLAN = { search: undefined, code: undefined, fetch: undefined };

/** What most requests have. */
const NOTHING_HOSTED: Omit<Hosting, 'choice'> = {
  tools: [],
  functions: [],
  instructions: [],
  areTold: false,
  plan: () => ({ ...NO_PLAN, callsAreTold: false }),
};

/** What Google runs for the request: nothing, where the client switches tools off. */
export function hostingOf(
  { tools = [], tool_choice: choice }: CountTokensRequest,
  { model, readsPages }: Pick<RequestContext, 'model' | 'readsPages'>,
): Hosting {
  const all = (tools ?? []).flatMap((tool, index) => {
    const row = choice?.type === 'none' ? undefined : hostedTool(tool);
    return row ? [{ tool, row, path: `tools.${index}` }] : [];
  });
  if (all.length === 0) return { ...NOTHING_HOSTED, choice };
  const servings = new Map(all.map((one) => [one, servingOf(one.row, readsPages, model)]));
  const ours = all.filter((one) => servings.get(one) === 'always');
  const isBeside = all.length - ours.length < (tools ?? []).length;
  const isAlone = (tools ?? []).length === 1;
  // Vertex AI does not tell the calls of its own tools.
  const canTell = model.jsonWithTools && model.host === undefined;
  const canStand = !isBeside || canTell;
  const unable = all.find((one) => !canStand && servings.get(one) === 'never');
  if (unable) refuseBeside(unable, model);
  const hosted = canStand ? all.filter((one) => !ours.includes(one)) : [];
  const functions = (canStand ? ours : all).flatMap(({ tool, row, path }) =>
    row.asFunction ? [{ name: row.asFunction.name, tool, path }] : [],
  );
  const named = choice?.type === 'tool' ? choice.name : undefined;
  const isForced = ({ tool }: { tool: Tool }): boolean =>
    tool.name === named || (choice?.type === 'any' && !isBeside);
  const forced = hosted.filter(isForced);
  const areTold = hosted.length > 0 && !isAlone && canTell;
  return {
    tools: hosted.map(({ row }) => row.gemini),
    functions,
    instructions: hosted.flatMap((one) => [
      ...(forced.includes(one) ? [one.row.forced] : []),
      ...one.row.instructions(one.tool, isAlone),
    ]),
    areTold,
    choice: choice && forced.length > 0 ? { ...choice, type: 'auto' } : choice,
    plan: (request) =>
      Object.assign(
        { ...NO_PLAN, callsAreTold: areTold },
        ...hosted.map(({ tool, row }) => row.plan(tool, request, isAlone)),
      ),
  };
}

const servingOf = (
  { asFunction, isServed }: HostedTool,
  readsPages: PageReading,
  model: GeminiModel,
): PageReading => (asFunction ? (isServed?.(readsPages, model) ?? 'where Google cannot') : 'never');

function refuseBeside({ tool, path }: { tool: Tool; path: string }, { id, host }: GeminiModel): never {
  const [who, newer] = host ? ['Vertex AI', ''] : [id, ', or use a model of Gemini 3 or later'];
  const read = hostedTool(tool)?.asFunction ? ', or let the proxy read pages (URL_FETCH)' : '';
  refuse(
    `${path}.type: ${tool.type} is not supported by ${who} beside other tools; send it alone${newer}${read}`,
  );
}
