/**
 * Translates Anthropic's web fetch: Google reads pages whose addresses are in the conversation (URL context). Wishes for
 * which Google has no setting are put into words for the model. Where Google cannot, or must not, read pages, the model
 * is given a function, which this process answers.
 */
import type { WebFetchTool } from '../../../anthropic/server-tools.ts';
import type { Tool } from '../../../anthropic/tool.ts';
import { refuse } from '../refusals/refuse.ts';
import { hostsOf } from './domains.ts';
import type { HostedTool } from './hosted-tool.ts';
import type { KnownTool } from './known-tool.ts';

/** The cast is safe, since the tool was checked against its schema when the request was read. */
const asFetch = (tool: Tool): WebFetchTool => tool as WebFetchTool;

function instructionsOf({ allowed_domains, blocked_domains, max_uses }: WebFetchTool): string[] {
  const [allowed, blocked] = [allowed_domains ?? [], blocked_domains ?? []];
  return [
    ...(allowed.length > 0 ? [`Read pages of these sites only: ${allowed.join(', ')}`] : []),
    ...(blocked.length > 0 ? [`Read no pages of these sites: ${blocked.join(', ')}`] : []),
    ...(max_uses ? [`Read at most ${max_uses} pages in this answer.`] : []),
  ];
}

/** The most characters of an address: Anthropic's limit. */
export const LONGEST_URL = 250;

const FUNCTION: KnownTool = {
  name: 'web_fetch',
  description:
    'Reads the page or PDF at a URL, and gives its text. Only URLs that stand in the conversation can be read: in what the user wrote, in results of tools, and in pages that were read before.',
  schema: {
    type: 'object',
    properties: { url: { type: 'string', description: 'The whole URL, as it stands in the conversation' } },
    required: ['url'],
  },
};

export const WEB_FETCH: HostedTool = {
  asFunction: FUNCTION,
  // Models before 2.5 read no pages.
  isServed: (pages, { signatures }) =>
    pages === 'where Google cannot' && signatures === 'none' ? 'always' : pages,
  gemini: { urlContext: {} },
  forced: 'Read the page that the user names before you answer.',
  refuse: (tool, path) => {
    const { allowed_domains: allowed, blocked_domains: blocked } = asFetch(tool);
    if (!allowed?.length || !blocked?.length) return;
    refuse(`${path}.${tool.type}: allowed_domains and blocked_domains cannot be used together`);
  },
  instructions: (tool) => instructionsOf(asFetch(tool)),
  plan: (tool) => ({
    fetch: {
      mostUses: asFetch(tool).max_uses ?? undefined,
      allowedDomains: hostsOf(asFetch(tool).allowed_domains),
      blockedDomains: hostsOf(asFetch(tool).blocked_domains),
    },
  }),
};
