/** Hides secrets in names that clients make up, such as that of a model. A few names come again and again. */
import { RecentMap } from './recent-map.ts';
import { hideSecrets } from './secrets.ts';

const MOST_NAMES = 1_000;

/** By the list of secrets: another list takes its place where keys change while the proxy serves. */
const remembered = new WeakMap<readonly string[], RecentMap<string, string>>();

export function hidesNames(secrets: readonly string[]): (name: string) => string {
  const known = remembered.get(secrets) ?? new RecentMap<string, string>(MOST_NAMES);
  remembered.set(secrets, known);
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const hidden = hideSecrets(name, secrets);
    known.set(name, hidden);
    return hidden;
  };
}
