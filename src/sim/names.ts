/**
 * Names that a client makes up anew in every run, such as the name of a background task: two requests that differ only
 * in such names are the same. A rule knows the text that introduces a name; after that the name may be anywhere, in a
 * path or in the arguments of a call. For a comparison names are replaced by numbered stand-ins. A recording is played
 * with the names of the present run, because the client knows no others.
 */
import { isObject } from '../lib/json.ts';
import type { Read } from './cassette/types.ts';
import type { Noise } from './match.ts';
import { replaceInReads } from './replace-in-reads.ts';

export type NameRule = {
  why: string;
  /** A global pattern whose first group is the name. */
  introduced: RegExp;
  /** Other names that the client derives from this one. */
  derived?: (name: string) => string[];
};

/** All names that `value` introduces. Each is listed once, in the order of a walk with sorted keys. */
export function namesIn(value: unknown, rules: readonly NameRule[]): string[] {
  const names = new Set<string>();
  const walk = (item: unknown): void => {
    if (typeof item === 'string') collect(item, rules, names);
    else if (Array.isArray(item)) item.forEach(walk);
    else if (isObject(item)) for (const key of Object.keys(item).sort()) walk(item[key]);
  };
  walk(value);
  return [...names];
}

function collect(text: string, rules: readonly NameRule[], names: Set<string>): void {
  const found = rules.flatMap(({ introduced, derived }) =>
    [...text.matchAll(introduced)].map((match) => ({ at: match.index, name: match[1] ?? '', derived })),
  );
  for (const { name, derived } of found.sort((a, b) => a.at - b.at)) {
    names.add(name);
    for (const other of derived?.(name) ?? []) names.add(other);
  }
}

/** The noise of such names: the first name becomes ⟨name 1⟩, the second becomes ⟨name 2⟩. */
export const standIns = (rules: readonly NameRule[]): Noise => ({
  why: 'names that the client makes up anew in every run',
  settle: (body) => withStandIns(body, namesIn(body, rules)),
});

/** `value` with ⟨name 1⟩ in place of the first of `names`, and so on. */
export function withStandIns(value: unknown, names: readonly string[]): unknown {
  if (names.length === 0) return value;
  const stands = new Map(names.map((name, index) => [name, `⟨name ${index + 1}⟩`]));
  const pattern = anyOf(names);
  const walk = (item: unknown): unknown => {
    if (typeof item === 'string') return item.replace(pattern, (name) => stands.get(name) ?? name);
    if (Array.isArray(item)) return item.map(walk);
    if (!isObject(item)) return item;
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(value);
}

/**
 * Matches any of `names`, but not as a part of a longer word. In JSON the letter of an escape may be right before the
 * name.
 */
function anyOf(names: Iterable<string>): RegExp {
  const longestFirst = [...names].sort((a, b) => b.length - a.length).map(RegExp.escape);
  return new RegExp(
    String.raw`(?:(?<![0-9A-Za-z])|(?<=\\[bfnrt]))(?:${longestFirst.join('|')})(?![0-9A-Za-z])`,
    'g',
  );
}

/** For each name in the recording: the present client's name for the same thing. */
export class NameBook {
  readonly #toNow = new Map<string, string>();
  readonly #toRecorded = new Map<string, string>();

  /** Learns from two requests that are the same. Both lists come from `namesIn`. */
  learn(recorded: readonly string[], now: readonly string[]): void {
    for (const [index, name] of recorded.entries()) {
      const other = now[index];
      if (other === undefined || other === name) continue;
      this.#toNow.set(name, other);
      this.#toRecorded.set(other, name);
    }
  }

  /** The recorded name of what the present run calls `name`; undefined where that is not known. */
  recordedName(name: string): string | undefined {
    return this.#toRecorded.get(name);
  }

  /** A text of the present run with the names of the recording. */
  toRecorded(text: string): string {
    if (this.#toRecorded.size === 0) return text;
    return text.replace(anyOf(this.#toRecorded.keys()), (name) => this.#toRecorded.get(name) ?? name);
  }

  /** Recorded reads with the names of the present run. */
  toNow(reads: readonly Read[]): readonly Read[] {
    if (this.#toNow.size === 0) return reads;
    return replaceInReads(reads, anyOf(this.#toNow.keys()), (name) => this.#toNow.get(name) ?? name);
  }
}
