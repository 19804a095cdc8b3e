/** The mock, loaded when it is needed. */
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Fetch } from '../lib/ports.ts';
import type { Ports } from './settings.ts';

export const SCENARIOS = join(import.meta.dir, '../../fixtures/scenarios');

/** Loaded after the port is open: the scenarios and their reader take longer than all the rest. */
export function lazyMock(config: Config, ports: Ports): { fetch: Fetch; load(): Promise<Fetch> } {
  let loading: Promise<Fetch> | undefined;
  const load = () => {
    loading ??= loadMock(config, ports);
    return loading;
  };
  return { load, fetch: async (url, init, exchange) => (await load())(url, init, exchange) };
}

/** Rejects where a scenario cannot be used. Those that break while the mock is serving are told in the log. */
async function loadMock({ mock }: Config, { random, clock, logger }: Ports): Promise<Fetch> {
  const [{ createMockFetch }, { findScenario }, { ScenarioFolder }] = await Promise.all([
    import('../sim/mock/index.ts'),
    import('../sim/scenarios.ts'),
    import('../sim/scenario/folder.ts'),
  ]);
  const folder = new ScenarioFolder(SCENARIOS, {
    clock,
    onChange: (file) => logger.info({ file }, 'scenario read anew'),
    onProblem: (message) => logger.warn({}, message),
  });
  const { scenario, pace } = mock;
  if (scenario !== undefined) findScenario(folder.current(), scenario);
  const chosen = scenario === undefined ? {} : { chosen: scenario };
  return createMockFetch({ scenarios: () => folder.current(), ...chosen, random, clock, pace });
}
