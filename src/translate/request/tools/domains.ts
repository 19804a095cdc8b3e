/** Reads the domains of a tool that may look at the web. */

/** A domain as clients write it, such as `example.com` and `https://example.com/news`. A `*` may stand in its path. */
type Domain = { host: string; path: string };

/** The host in the form in which addresses have it: other letters than those of ASCII have a spelling of their own. */
const plainHost = ({ hostname }: URL): string => hostname.replace(/\.$/, '');

/** `%61` is the same as `a`. What stands for a character with a meaning of its own, such as `/`, stays as it is. */
function plainPath({ pathname }: URL): string {
  try {
    return decodeURI(pathname);
  } catch {
    return pathname;
  }
}

function domainOf(written: string): Domain | undefined {
  const plain = written
    .trim()
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/^\*\./, '');
  const url = URL.parse(`https://${plain}`);
  return url ? { host: plainHost(url), path: plainPath(url) } : undefined;
}

/** The hosts of domains. A path cannot be enforced in searches, because Google does not tell the path of a page. */
export const hostsOf = (domains: readonly string[] | null | undefined): string[] =>
  (domains ?? []).flatMap((domain) => domainOf(domain)?.host ?? []);

type Domains = {
  allowed_domains?: readonly string[] | null | undefined;
  blocked_domains?: readonly string[] | null | undefined;
};

/** True for a path, and for one that is under it. A `*` stands for any characters. */
function isUnder(path: string, wanted: string): boolean {
  const whole = wanted.replace(/\/$/, '');
  const pieces = (whole.endsWith('*') ? whole : `${whole}/`).split('*');
  const text = `${path}/`;
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    const found = text.indexOf(piece, at);
    if (found < 0 || (index === 0 && found > 0)) return false;
    at = found + piece.length;
  }
  return true;
}

/** True for an address of the domain or of one within it, and under the domain's path, where it has one. */
function isWithin(url: URL, written: string): boolean {
  const domain = domainOf(written);
  if (!domain) return false;
  const host = plainHost(url);
  const isOfHost = host === domain.host || host.endsWith(`.${domain.host}`);
  return isOfHost && isUnder(plainPath(url), domain.path);
}

/** True where the lists let a page be read. Here the whole address is known, so a domain's path counts as well. */
export function isWithinDomains(url: URL, { allowed_domains, blocked_domains }: Domains): boolean {
  const [allowed, blocked] = [allowed_domains ?? [], blocked_domains ?? []];
  if (allowed.length > 0 && !allowed.some((domain) => isWithin(url, domain))) return false;
  return !blocked.some((domain) => isWithin(url, domain));
}
