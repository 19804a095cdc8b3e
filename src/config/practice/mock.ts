/** Reads the settings of the mock. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { scenarioFiles } from '../../sim/scenario/files.ts';
import { ConfigError } from '../read-value.ts';
import type { Values } from '../variables.ts';

type Backend = 'gemini' | 'vertex' | 'mock' | 'replay';

export type MockSettings = {
  pace: 'instant' | 'human';
  /** The name of the scenario that is asked first. */
  scenario: string | undefined;
  seed: number;
  /** True where words that no row of a scenario fits are an error. */
  isStrict: boolean;
  /** A folder with scenarios of the user's own. */
  folder: string | undefined;
};

export function readMock(values: Values, backend: Backend, notices: string[]): MockSettings {
  const { MOCK_SCENARIO: scenario, SCENARIOS } = values;
  if (backend === 'gemini' || backend === 'vertex')
    for (const [name, value] of Object.entries({ MOCK_SCENARIO: scenario, SCENARIOS }))
      if (value !== undefined) notices.push(`${name}: not used, because BACKEND is ${backend}, and not mock`);
  return {
    pace: values.MOCK_PACE,
    scenario,
    seed: values.MOCK_SEED,
    isStrict: values.MOCK_STRICT,
    folder: readScenarioFolder(values),
  };
}

function readScenarioFolder({ SCENARIOS }: Values): string | undefined {
  if (SCENARIOS === undefined) return undefined;
  const folder = resolve(SCENARIOS);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new ConfigError(`SCENARIOS: ${SCENARIOS} is no folder; name one with scenarios in it`);
  if (scenarioFiles(folder).length === 0)
    throw new ConfigError(`SCENARIOS: ${SCENARIOS} has no scenario; a file ends in .yaml, .yml or .json`);
  return folder;
}
