/**
 * The gist of a request: what is said in it, without what changes with every version of a client. Two requests with the
 * same gist are the same conversation at the same place. A strict replay does not use it.
 */
import type { Matchable } from './match.ts';
import { type NameRule, namesIn, withStandIns } from './names.ts';

/** A client's request, with those of its headers that recordings keep. */
export type Asked = Matchable & { headers: Readonly<Record<string, string>> };

export type Gist = {
  /** The kind of request. */
  caller: string;
  /** The number of messages. */
  length: number;
  /** Who sends the request, where the client has several of them at a time. The name is a new one in every run. */
  agent: string | undefined;
  /** What the user and the tools have said, in order. */
  said: readonly string[];
};

/** Reads the gist. `body` is the body of `request` without noise. Undefined for a body that it does not understand. */
export type ReadGist = (request: Asked, body: unknown) => Gist | undefined;

/** A gist with the names in it, and the other names of the same request. `settled`: what is said, without names. */
export type NamedGist = Gist & {
  key: string;
  settled: unknown;
  names: readonly string[];
  otherNames: readonly string[];
};

/** Adds a key that is equal for equal gists, whatever names the client has made up. */
export function nameGist(gist: Gist, { method, path }: Matchable, body: unknown, rules: readonly NameRule[]) {
  const { caller, said } = gist;
  const names = namesIn(said, rules);
  // Some names are introduced only outside of what is said, and are used in it.
  const known = new Set(names);
  const otherNames = namesIn(body, rules).filter((name) => !known.has(name));
  const settled = withStandIns(said, [...names, ...otherNames]);
  const text = JSON.stringify([method, path, caller, settled]);
  const key = new Bun.CryptoHasher('sha256').update(text).digest('hex');
  return { ...gist, key, settled, names, otherNames } satisfies NamedGist;
}

/** Only the gist of a request, as a request: two of them differ where a loose replay sees a difference. */
export const gistAsRequest = ({ method, path }: Matchable, { caller, settled }: NamedGist): Matchable => ({
  method,
  path,
  query: '',
  body: JSON.stringify({ caller, said: settled }),
});
