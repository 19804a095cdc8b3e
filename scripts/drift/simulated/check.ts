/** Has drift look at the simulated Google, with and without planted differences, and when it is down. */
import { type Clock, systemClock } from '../../../src/lib/ports.ts';
import { ManualClock } from '../../../tests/support/manual-clock.ts';
import { ACCEPTED } from '../accepted.ts';
import { type LiveOptions, lookAtLive } from '../live/live.ts';
import { type DriftReport, judge } from '../look.ts';
import { simulatedGoogle } from './google.ts';
import type { Plant } from './planting.ts';

export const KEY = 'AIza-canary-key-0123456789';

const LIMIT_MS = 60_000;

const pause = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * A clock on which time passes only when somebody says so: then every limit that runs is over, one after the other. No
 * wait is waited out; `waited` hears of it.
 */
export function standingClock(waited: (ms: number) => void = () => {}): {
  clock: Clock;
  passTime(): Promise<void>;
} {
  const manual = new ManualClock();
  const clock: Clock = {
    monotonic: () => manual.monotonic(),
    // Which models there are depends on the date, here and at the simulated Google.
    wall: () => systemClock.wall(),
    async sleep(ms) {
      waited(ms);
    },
    after: (ms, act) => manual.after(ms, act),
  };
  const passTime = async () => {
    const until = manual.monotonic() + LIMIT_MS;
    while (manual.sleeping > 0 && manual.monotonic() < until) {
      await manual.skip();
      await pause();
    }
  };
  return { clock, passTime };
}

/** The options for Google at `baseUrl`. No wait is waited out. */
export const optionsFor = (baseUrl: string, clock: Clock = standingClock().clock): LiveOptions => ({
  key: KEY,
  baseUrl,
  fetch: globalThis.fetch,
  clock,
  timeoutMs: LIMIT_MS,
  redact: [],
  keep: undefined,
  budget: undefined,
  refuse: async () => undefined,
  say() {},
});

export type Answers = (request: Request) => Response | Promise<Response>;

/** Serves `answers` while `work` runs. */
export async function withServer<T>(answers: Answers, work: (baseUrl: string) => Promise<T>): Promise<T> {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch: answers });
  try {
    return await work(`http://127.0.0.1:${server.port}`);
  } finally {
    await server.stop(true);
  }
}

export const lookWith = async (options: LiveOptions): Promise<DriftReport> =>
  judge([await lookAtLive(options)], ACCEPTED);

export const lookAtPlants = (
  plants: readonly Plant[],
  more: Partial<LiveOptions> = {},
): Promise<DriftReport> =>
  withServer(simulatedGoogle({ pace: 'instant', implicitCache: false, plants }), (baseUrl) =>
    lookWith({ ...optionsFor(baseUrl), ...more }),
  );

export type Found = {
  /** What was told of each plant. */
  named: readonly { plant: Plant; lines: readonly string[] }[];
  /** What was planted and not told. */
  missed: readonly string[];
  /** What was told and not planted, or could not be looked at. */
  invented: readonly string[];
};

const LINE = /^ {2}(?:drift: )?/;

export function foundOf(plants: readonly Plant[], { lines }: DriftReport): Found {
  const told = lines.filter((line) => line.startsWith('  ')).map((line) => line.replace(LINE, ''));
  const fits = (line: string) => plants.some((plant) => plant.told.some((wanted) => wanted.test(line)));
  return {
    named: plants.map((plant) => ({
      plant,
      lines: told.filter((line) => plant.told.some((wanted) => wanted.test(line))),
    })),
    missed: plants.flatMap((plant) =>
      plant.told
        .filter((wanted) => !told.some((line) => wanted.test(line)))
        .map((wanted) => `${plant.name}: ${wanted.source}`),
    ),
    invented: told.filter((line) => !fits(line)),
  };
}
