/** Finds the rules and states that have never answered. */
import type { Scenario } from './types.ts';

/** What the scenarios could have played, as `scenario/rule`, without what was `played`. */
export function neverPlayed(scenarios: readonly Scenario[], played: ReadonlySet<string>): string[] {
  const all = scenarios.flatMap(({ name, rules, flows }) => [
    ...rules.map((rule) => `${name}/${rule.name}`),
    ...flows.flatMap(({ states }) => [...states.keys()].map((state) => `${name}/${state}`)),
  ]);
  return [...new Set(all)].filter((source) => !played.has(source));
}
