/** Opens mocks, and loads their scenarios once somebody needs them. */
import type { Config } from '../config/config.ts';
import type { ModelTable } from '../gemini/models.ts';
import type { Fetch } from '../lib/ports.ts';
import { ownFile } from '../lib/program/own-files.ts';
import type { MockOptions } from '../sim/mock/index.ts';
import type { ScenarioFolder } from '../sim/scenario/folder.ts';
import type { Scenario } from '../sim/scenario/types.ts';
import { commonLogger, forSetting, type Ports } from './settings.ts';
import type { Unstruck } from './unstruck.ts';

export const SCENARIOS = ownFile('fixtures/scenarios');

/** What is different in each mock. */
type MockParts = Pick<MockOptions, 'random' | 'shared'>;
type CreateMock = (parts: MockParts) => Fetch;

/** Mocks that answer from the same scenarios, and count each on its own. */
export type Mocks = {
  open(parts: MockParts): Fetch;
  /** Reads the scenarios. Rejects where one cannot be used. */
  load(): Promise<void>;
};

/**
 * The scenarios are loaded after the port is open, because reading them needs longer than everything else at the start.
 */
export function openMocks(
  config: Config,
  models: () => ModelTable,
  ports: Ports,
  unstruck?: Unstruck,
): Mocks {
  let loading: Promise<CreateMock> | undefined;
  const load = () => {
    loading ??= loadMock(config, models, ports, unstruck);
    return loading;
  };
  return {
    load: async () => void (await load()),
    open(parts) {
      let mock: Promise<Fetch> | undefined;
      return async (url, init, exchange) => {
        mock ??= load().then((create) => create(parts));
        return (await mock)(url, init, exchange);
      };
    },
  };
}

/** The built-in scenario that is asked last, and answers whatever is asked. */
const CATCH_ALL = 'default';

/** One of the user's own that has its name says what the user wants. */
const catchAllIn =
  (folder: ScenarioFolder) =>
  (scenario: Scenario): boolean =>
    scenario.name === CATCH_ALL && !folder.own().includes(scenario);

/**
 * Loads the scenarios. Rejects where a scenario cannot be used. If a scenario file is broken while the mock is serving,
 * the log says so, as an error: tests log nothing less, and would wonder why an edit changes nothing.
 */
async function loadMock(
  { mock }: Config,
  models: () => ModelTable,
  ports: Ports,
  unstruck?: Unstruck,
): Promise<CreateMock> {
  const { clock } = ports;
  const logger = commonLogger(ports);
  const [{ createMockFetch }, { findScenario }, { ScenarioFolder }, { neverPlayed }] = await Promise.all([
    import('../sim/mock/index.ts'),
    import('../sim/scenarios.ts'),
    import('../sim/scenario/folder.ts'),
    import('../sim/scenario/unstruck.ts'),
  ]);
  const { scenario, pace, seed, isStrict, folder: own } = mock;
  const places = [
    ...(own === undefined ? [] : [{ folder: own, isOwn: true }]),
    { folder: SCENARIOS, isOwn: false },
  ];
  const folder = new ScenarioFolder(places, {
    clock,
    onChange: (file) => logger.info({ file }, 'scenario read anew'),
    onProblem: (message) => logger.error({}, message),
  });
  unstruck?.watch((played) => neverPlayed(folder.own(), played));
  if (scenario !== undefined) forSetting('MOCK_SCENARIO', () => findScenario(folder.current(), scenario));
  const chosen = scenario === undefined ? {} : { chosen: scenario };
  const options = {
    scenarios: () => folder.current(),
    ...chosen,
    clock,
    pace,
    seed,
    ...(unstruck ? { onPlayed: unstruck.onPlayed } : {}),
    models,
    ...(isStrict ? { isCatchAll: catchAllIn(folder) } : {}),
    // Claude Code shows its user nothing of a 404 but that the model may not exist.
    onMissing: (why: string) => logger.error({}, `mock: ${why}`),
  };
  return (parts) => createMockFetch({ ...options, ...parts });
}
