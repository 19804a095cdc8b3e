/**
 * Loads the scenarios: what the mock says, and when. Each scenario is a file of data; docs/scenarios.md describes the
 * format.
 */
import { hintAt } from '../lib/edit-distance.ts';
import { labelOf, type ScenarioSource, sourcesIn, textOf } from './scenario/files.ts';
import { parseScenario } from './scenario/read.ts';
import { type Scenario, ScenarioError } from './scenario/types.ts';

/** Throws a ScenarioError that names the file. */
export function loadScenario(source: ScenarioSource): Scenario {
  const text = textOf(source);
  if (typeof text !== 'string') throw new ScenarioError(`${labelOf(source)}: ${text.unreadable}`);
  return parseScenario(text, labelOf(source));
}

/**
 * Every scenario of `folder`, in the order in which they are asked. Throws a ScenarioError that names file and field.
 */
export const loadScenarios = (folder: string): Scenario[] =>
  inOrder(sourcesIn({ folder, isOwn: false }).map((source) => [source, loadScenario(source)]));

/**
 * Sorts scenarios; among those of one `order` the user's own come first. Throws where two files of the same owner have
 * the same name.
 */
export function inOrder(
  read: readonly (readonly [source: ScenarioSource, scenario: Scenario])[],
): Scenario[] {
  const own = namesOf(read.filter(([{ place }]) => place.isOwn));
  const builtIn = namesOf(read.filter(([{ place }]) => !place.isOwn));
  const left = [...builtIn].filter(([name]) => !own.has(name));
  return [...own, ...left].map(([, scenario]) => scenario).sort((a, b) => a.order - b.order);
}

function namesOf(
  read: readonly (readonly [source: ScenarioSource, scenario: Scenario])[],
): Map<string, Scenario> {
  const owners = new Map<string, string>();
  for (const [source, { name }] of read) {
    const owner = owners.get(name);
    if (owner !== undefined)
      throw new ScenarioError(`${labelOf(source)}: name: ${owner} is called ${name}, too`);
    owners.set(name, labelOf(source));
  }
  return new Map(read.map(([, scenario]) => [scenario.name, scenario]));
}

/** The scenario called `name`. Throws a ScenarioError with the name that was probably meant, or with all names. */
export function findScenario(scenarios: readonly Scenario[], name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found) return found;
  const names = scenarios.map((scenario) => scenario.name);
  throw new ScenarioError(`no scenario is called ${name}${hintAt(name, names)}`);
}
