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

/** The tools that the client asks Anthropic's servers to run, by the names before their dates. */
const HOSTED = /^web_search_\d{8}$/;

/** True for a tool that Google runs in place of Anthropic's servers. */
export const isHosted = ({ type }: { type?: unknown }): boolean =>
  typeof type === 'string' && HOSTED.test(type);

export const isWebSearch = ({ type }: { type?: unknown }): boolean =>
  typeof type === 'string' && /^web_search_\d{8}$/.test(type);
