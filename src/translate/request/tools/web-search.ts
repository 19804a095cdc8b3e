/**
 * Translates Anthropic's web search: Google searches while it answers. Wishes for which Google's search has no setting
 * are put into words for the model. Domains are also enforced by a filter on the results
 * (docs/decisions/0047-web-search.md).
 */
import type { CountTokensRequest, MessagesRequest } from '../../../anthropic/request.ts';
import type { WebSearchTool } from '../../../anthropic/server-tools.ts';
import type { Tool } from '../../../anthropic/tool.ts';
import type { SearchPlan } from '../../context.ts';
import { refuse } from '../refusals/refuse.ts';
import { hostsOf } from './domains.ts';
import type { HostedTool } from './hosted-tool.ts';
import type { KnownTool } from './known-tool.ts';

/** The most characters of the question that are shown as the query. */
const QUESTION_CHARACTERS = 300;

/** The cast is safe, since the tool was checked against its schema when the request was read. */
const asSearch = (tool: Tool): WebSearchTool => tool as WebSearchTool;

function refuseSearch(tool: WebSearchTool, path: string): void {
  if (tool.allowed_domains?.length && tool.blocked_domains?.length) {
    refuse(`${path}.${tool.type}: allowed_domains and blocked_domains cannot be used together`);
  }
}

function place({ user_location: location }: WebSearchTool): string {
  const { city, region, country, timezone } = location ?? {};
  const where = [city, region, country].filter(Boolean).join(', ');
  const zone = timezone ? `time zone ${timezone}` : '';
  return [where, zone].filter(Boolean).join(', ');
}

/** The instructions about the search, in words for the model. */
function searchInstructions(tool: WebSearchTool, isAlone: boolean): string[] {
  const [allowed, blocked, where] = [tool.allowed_domains ?? [], tool.blocked_domains ?? [], place(tool)];
  return [
    ...(allowed.length > 0
      ? [`Use results from these sites only, and say so in your queries (site:): ${allowed.join(', ')}`]
      : []),
    ...(blocked.length > 0
      ? [`Use no results from these sites, and say so in your queries (-site:): ${blocked.join(', ')}`]
      : []),
    ...(where === '' ? [] : [`The user is here: ${where}`]),
    ...(isAlone || !tool.max_uses ? [] : [`Search the web at most ${tool.max_uses} times in this answer.`]),
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

const toSearchPlan = (tool: WebSearchTool, request: MessagesRequest, isAlone: boolean): SearchPlan => ({
  isAlone,
  // One request of Gemini is one use, for which there is always room.
  mostUses: isAlone ? undefined : (tool.max_uses ?? undefined),
  question: questionOf(request),
  allowedDomains: hostsOf(tool.allowed_domains),
  blockedDomains: hostsOf(tool.blocked_domains),
  cites: !request.output_config?.format && !request.output_format,
});

/** The most characters of a query. */
export const LONGEST_QUERY = 1_000;

const FUNCTION: KnownTool = {
  name: 'web_search',
  description: 'Searches the web, and gives an answer with the pages that it is based on.',
  schema: {
    type: 'object',
    properties: { query: { type: 'string', description: 'What to search for' } },
    required: ['query'],
  },
};

export const WEB_SEARCH: HostedTool = {
  asFunction: FUNCTION,
  gemini: { googleSearch: {} },
  forced: 'Search the web before you answer.',
  refuse: (tool, path) => refuseSearch(asSearch(tool), path),
  instructions: (tool, isAlone) => searchInstructions(asSearch(tool), isAlone),
  plan: (tool, request, isAlone) => ({ search: toSearchPlan(asSearch(tool), request, isAlone) }),
};
