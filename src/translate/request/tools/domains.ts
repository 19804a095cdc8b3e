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

type Domains = {
  allowed_domains?: readonly string[] | null | undefined;
  blocked_domains?: readonly string[] | null | undefined;
};

/** True for an address of the domain or of one within it, and under the domain's path, where it has one. */
function isWithin(url: URL, domain: string): boolean {
  const [, host = '', path = ''] =
    /^(?:[a-z]+:\/\/)?(?:\*\.)?([^/:?#]+)(?::\d+)?(\/[^?#]*)?/i.exec(domain.trim()) ?? [];
  const name = host.toLowerCase();
  if (name === '' || !(url.hostname === name || url.hostname.endsWith(`.${name}`))) return false;
  const under = path.replace(/\/$/, '');
  return url.pathname === under || url.pathname.startsWith(`${under}/`);
}

/** True where the lists let a page be read. Here the whole address is known, so a domain's path counts as well. */
export function isWithinDomains(url: URL, { allowed_domains, blocked_domains }: Domains): boolean {
  const [allowed, blocked] = [allowed_domains ?? [], blocked_domains ?? []];
  if (allowed.length > 0 && !allowed.some((domain) => isWithin(url, domain))) return false;
  return !blocked.some((domain) => isWithin(url, domain));
}
