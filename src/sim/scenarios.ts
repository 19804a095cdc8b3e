/**
 * Loads the scenarios: what the mock says, and when. Each scenario is a file of data; docs/scenarios.md describes the
 * format.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseScenario } from './scenario/read.ts';
import { type Scenario, ScenarioError } from './scenario/types.ts';

const SCENARIO_FILE = /\.(?:ya?ml|json)$/;

export const scenarioFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => SCENARIO_FILE.test(file))
    .sort();

export const readScenario = (folder: string, file: string): Scenario =>
  parseScenario(readFileSync(join(folder, file), 'utf8'), file);

/**
 * Every scenario of `folder`, in the order in which they are asked. Throws a ScenarioError that names file and field.
 */
export function loadScenarios(folder: string): Scenario[] {
  return inOrder(scenarioFiles(folder).map((file) => [file, readScenario(folder, file)]));
}

/** Sorts scenarios. Throws where two files have the same name. */
export function inOrder(read: readonly (readonly [file: string, scenario: Scenario])[]): Scenario[] {
  const owners = new Map<string, string>();
  for (const [file, { name }] of read) {
    const owner = owners.get(name);
    if (owner !== undefined) throw new ScenarioError(`${file}: name: ${owner} is called ${name}, too`);
    owners.set(name, file);
  }
  return read.map(([, scenario]) => scenario).sort((a, b) => a.order - b.order);
}

/** The scenario called `name`. Throws a ScenarioError that lists all names. */
export function findScenario(scenarios: readonly Scenario[], name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found) return found;
  const names = scenarios.map((scenario) => scenario.name).join(', ');
  throw new ScenarioError(`no scenario is called ${name}; there are ${names}`);
}
