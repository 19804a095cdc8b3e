/** Loads the mock upstream when it is needed. */
import type { SharedState } from '../cluster/shared.ts';
import type { Config } from '../config/config.ts';
import type { ModelTable } from '../gemini/models.ts';
import type { Fetch } from '../lib/ports.ts';
import { ownFile } from '../lib/program/own-files.ts';
import { commonLogger, type Ports } from './settings.ts';
import type { Unstruck } from './unstruck.ts';

export const SCENARIOS = ownFile('fixtures/scenarios');

/**
 * The mock as a `Fetch`. It is loaded after the port is open, because reading the scenarios needs longer than
 * everything else at the start.
 */
export function lazyMock(
  config: Config,
  models: () => ModelTable,
  ports: Ports,
  shared: SharedState,
  unstruck?: Unstruck,
): { fetch: Fetch; load(): Promise<Fetch> } {
  let loading: Promise<Fetch> | undefined;
  const load = () => {
    loading ??= loadMock(config, models, ports, shared, unstruck);
    return loading;
  };
  return { load, fetch: async (url, init, exchange) => (await load())(url, init, exchange) };
}

/**
 * Loads the mock. Rejects where a scenario cannot be used. If a scenario file is broken while the mock is serving, the
 * log says so.
 */
async function loadMock(
  { mock }: Config,
  models: () => ModelTable,
  ports: Ports,
  shared: SharedState,
  unstruck?: Unstruck,
): Promise<Fetch> {
  const { random, clock } = ports;
  const logger = commonLogger(ports);
  const [{ createMockFetch }, { findScenario }, { ScenarioFolder }, { neverPlayed }] = await Promise.all([
    import('../sim/mock/index.ts'),
    import('../sim/scenarios.ts'),
    import('../sim/scenario/folder.ts'),
    import('../sim/scenario/unstruck.ts'),
  ]);
  const { scenario, pace, seed, folder: own } = mock;
  const places = [
    ...(own === undefined ? [] : [{ folder: own, isOwn: true }]),
    { folder: SCENARIOS, isOwn: false },
  ];
  const folder = new ScenarioFolder(places, {
    clock,
    onChange: (file) => logger.info({ file }, 'scenario read anew'),
    onProblem: (message) => logger.warn({}, message),
  });
  unstruck?.watch((played) => neverPlayed(folder.own(), played));
  if (scenario !== undefined) findScenario(folder.current(), scenario);
  const chosen = scenario === undefined ? {} : { chosen: scenario };
  return createMockFetch({
    scenarios: () => folder.current(),
    ...chosen,
    random,
    clock,
    pace,
    seed,
    ...(unstruck ? { onPlayed: unstruck.onPlayed } : {}),
    shared,
    models,
  });
}
