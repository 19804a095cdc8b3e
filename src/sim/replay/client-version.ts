/** Which client has sent a request, by the beginning of its `user-agent`, such as `claude-cli/2.1.330 (external, cli)`. */

export type ClientVersion = { product: string; version: string };

/** An SDK names its language before its version: `Anthropic/JS 0.94.0`. */
const FORM = /^([\w.-]+\/[A-Za-z]+(?= )|[\w.-]+(?=\/\d))[ /](\d+(?:\.\d+)+[\w.+-]*)/;

export function clientVersionIn(headers: Readonly<Record<string, string>>): ClientVersion | undefined {
  const [, product, version] = FORM.exec(headers['user-agent'] ?? '') ?? [];
  return product === undefined || version === undefined ? undefined : { product, version };
}

export const clientText = ({ product, version }: ClientVersion): string => `${product} ${version}`;

/**
 * How the version of `client` differs from those that were recorded; undefined where the same version was recorded, or
 * no version of this product.
 */
export function versionGap(client: ClientVersion, recorded: readonly ClientVersion[]): string | undefined {
  const versions = recorded.filter(({ product }) => product === client.product).map(({ version }) => version);
  if (versions.length === 0 || versions.includes(client.version)) return undefined;
  const newest = versions.reduce((best, one) => (Bun.semver.order(one, best) > 0 ? one : best));
  const order = Bun.semver.order(client.version, newest);
  return `${clientText(client)} is ${order < 0 ? 'older' : 'newer'} than the recorded ${newest}`;
}
