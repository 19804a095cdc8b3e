/** Reads the domains of a tool that may look at the web. */

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

export const hostsOf = (domains: readonly string[] | null | undefined): string[] =>
  (domains ?? []).map(hostOf).filter((host) => host !== '');
