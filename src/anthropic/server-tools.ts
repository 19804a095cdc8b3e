/** Anthropic's own tools that run on the server's side, as clients declare them (contract section 6). */
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { CacheControl, needless, Open } from './schema-words.ts';

const Maybe = <S extends TSchema>(schema: S) => Type.Optional(Type.Union([schema, Type.Null()]));

/** Domains such as `example.com`, which include their subdomains. A path may follow a domain. */
const Domains = Maybe(Type.Array(Type.String({ minLength: 1 })));

const UserLocation = Open({
  type: Type.Literal('approximate'),
  city: Maybe(Type.String()),
  region: Maybe(Type.String()),
  country: Maybe(Type.String()),
  timezone: Maybe(Type.String()),
});

/**
 * The tool `web_search_<date>`: all dates are treated alike. A request may have only one of the two lists of domains.
 */
export const WebSearchTool = Open({
  type: Type.String({ pattern: '^web_search_\\d{8}$' }),
  name: Type.Literal('web_search'),
  max_uses: Maybe(Type.Integer({ minimum: 1 })),
  allowed_domains: Domains,
  blocked_domains: Domains,
  user_location: Maybe(UserLocation),
  cache_control: CacheControl,
  defer_loading: needless('the search is there from the start'),
  strict: needless('Google writes the queries'),
  allowed_callers: needless('Google searches by itself'),
  response_inclusion: needless('results come as Google gives them'),
});
export type WebSearchTool = Static<typeof WebSearchTool>;

/**
 * The tool `code_execution_<date>`. Which blocks tell of it depends on the date: the oldest has `code_execution`, later
 * ones `bash_code_execution`.
 */
export const CodeExecutionTool = Open({
  type: Type.String({ pattern: '^code_execution_\\d{8}$' }),
  name: Type.Literal('code_execution'),
  cache_control: CacheControl,
  defer_loading: needless('the tool is there from the start'),
  strict: needless('Gemini writes the code'),
  allowed_callers: needless('Gemini runs the code by itself'),
});

const AllOrNone = Open({ type: Type.Union([Type.Literal('all'), Type.Literal('none')]) });
const ByTool = Open({
  type: Type.Union([Type.Literal('all'), Type.Literal('none'), Type.Literal('only'), Type.Literal('except')]),
  tools: Type.Optional(Type.Array(Open({ type: Type.Literal('tool_reference'), name: Type.String() }))),
});

/** Where the addresses come from that may be fetched; by default from all of these. */
const UrlSources = Open({
  user_input: Type.Optional(AllOrNone),
  client_tool_results: Type.Optional(ByTool),
  server_tool_results: Type.Optional(ByTool),
});

/** The tool `web_fetch_<date>`: all dates are treated alike. */
export const WebFetchTool = Open({
  type: Type.String({ pattern: '^web_fetch_\\d{8}$' }),
  name: Type.Literal('web_fetch'),
  max_uses: Maybe(Type.Integer({ minimum: 1 })),
  allowed_domains: Domains,
  blocked_domains: Domains,
  citations: Maybe(Open({ enabled: Maybe(Type.Boolean()) })),
  max_content_tokens: Maybe(Type.Integer({ minimum: 1 })),
  url_sources: Maybe(UrlSources),
  use_cache: needless('this process reads every page anew; Google decides by itself', Maybe(Type.Boolean())),
  cache_control: CacheControl,
  defer_loading: needless('the tool is there from the start'),
  strict: needless('Google reads what is asked for'),
  allowed_callers: needless('Google reads by itself'),
  response_inclusion: needless('results come as Google gives them'),
});
export type WebFetchTool = Static<typeof WebFetchTool>;

/** The tools that clients ask Anthropic's servers to run, and that Google runs instead, by their types without the date. */
export const HOSTED_TOOLS = {
  web_search: WebSearchTool,
  code_execution: CodeExecutionTool,
  web_fetch: WebFetchTool,
} as const;
export type HostedKind = keyof typeof HOSTED_TOOLS;

export function hostedKind({ type }: { type?: unknown }): HostedKind | undefined {
  const kind = typeof type === 'string' ? /^(.+)_\d{8}$/.exec(type)?.[1] : undefined;
  return kind !== undefined && Object.hasOwn(HOSTED_TOOLS, kind) ? (kind as HostedKind) : undefined;
}

/** True for a tool that Google runs in place of Anthropic's servers. */
export const isHosted = (tool: { type?: unknown }): boolean => hostedKind(tool) !== undefined;
