/**
 * Translates a request whose only tool is Anthropic's web search (Claude Code's WebSearch sends such requests): Google
 * searches while it answers. Wishes for which Google's search has no setting are put into words for the model. Domains
 * are also enforced by a filter on the results (docs/decisions/0047-web-search.md).
 */
import type { CountTokensRequest, MessagesRequest } from '../../../anthropic/request.ts';
import { isWebSearch, type WebSearchTool } from '../../../anthropic/server-tools.ts';
import type { SearchPlan } from '../../context.ts';
import { refuse } from '../refusals/refuse.ts';

/** The most characters of the question that are shown as the query. */
const QUESTION_CHARACTERS = 300;

/** The search that Google is to do; undefined where the request asks for no search, or switches tools off. */
export function webSearchOf({ tools, tool_choice: choice }: CountTokensRequest): WebSearchTool | undefined {
  const [tool, ...others] = tools ?? [];
  if (!tool || others.length > 0 || !isWebSearch(tool) || choice?.type === 'none') return undefined;
  // The cast is safe, since the tool was checked against its schema when the request was read.
  return tool as WebSearchTool;
}

export function refuseSearch(tool: WebSearchTool, path: string, toolCount: number): void {
  if (toolCount > 1) refuse(`${path}.type: ${tool.type} is not supported by this model beside other tools`);
  if (tool.allowed_domains?.length && tool.blocked_domains?.length) {
    refuse(`${path}.${tool.type}: allowed_domains and blocked_domains cannot be used together`);
  }
}

/**
 * The host of a domain as clients write it: `example.com/news` and `https://example.com` also mean `example.com`. A
 * path cannot be enforced, because Google does not tell the path of a page.
 */
const hostOf = (domain: string): string =>
  domain
    .trim()
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/^\*\./, '')
    .replace(/[/:?#].*$/, '');

const hostsOf = (domains: readonly string[] | null | undefined): string[] =>
  (domains ?? []).map(hostOf).filter((host) => host !== '');

function place({ user_location: location }: WebSearchTool): string {
  const { city, region, country, timezone } = location ?? {};
  const where = [city, region, country].filter(Boolean).join(', ');
  const zone = timezone ? `time zone ${timezone}` : '';
  return [where, zone].filter(Boolean).join(', ');
}

/** The instructions about the search, in words for the model. */
export function searchInstructions(
  tool: WebSearchTool,
  { tool_choice: choice }: CountTokensRequest,
): string[] {
  const [allowed, blocked, where] = [tool.allowed_domains ?? [], tool.blocked_domains ?? [], place(tool)];
  return [
    ...(choice?.type === 'any' || choice?.type === 'tool' ? ['Search the web before you answer.'] : []),
    ...(allowed.length > 0
      ? [`Use results from these sites only, and say so in your queries (site:): ${allowed.join(', ')}`]
      : []),
    ...(blocked.length > 0
      ? [`Use no results from these sites, and say so in your queries (-site:): ${blocked.join(', ')}`]
      : []),
    ...(where === '' ? [] : [`The user is here: ${where}`]),
  ];
}

function questionOf({ messages }: CountTokensRequest): string {
  const content = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const texts =
    typeof content === 'string'
      ? [content]
      : content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  return texts.join('\n').trim().slice(0, QUESTION_CHARACTERS).toWellFormed();
}

export function toSearchPlan(request: MessagesRequest): SearchPlan | undefined {
  const tool = webSearchOf(request);
  return (
    tool && {
      question: questionOf(request),
      allowedDomains: hostsOf(tool.allowed_domains),
      blockedDomains: hostsOf(tool.blocked_domains),
      cites: !request.output_config?.format && !request.output_format,
    }
  );
}
