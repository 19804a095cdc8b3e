/** Plays a day: the proxy in this process, between clients and a Google that live in virtual time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose } from '../../src/compose/compose.ts';
import { readConfig, secretsOf } from '../../src/config/config.ts';
import { createLogger } from '../../src/lib/log.ts';
import { createSeededRandom } from '../../src/lib/ports.ts';
import type { Listener } from '../../src/trace/trace.ts';
import type { Asked } from './asked.ts';
import { Clients, type Door } from './clients.ts';
import { DayClock } from './day-clock.ts';
import { Google, type Send, type Tamper } from './google.ts';
import { DAY, DAY_START, endOf, FALLBACKS, KEYS, type Phase } from './script.ts';

export type DayOptions = {
  seed: number;
  script?: readonly Phase[];
  sessions?: number;
  tamper?: Tamper;
  /** Stands between clients and proxy, and may change what passes. */
  meddle?: (door: Door, clock: DayClock) => Door;
};

export type LogLine = Readonly<Record<string, unknown>>;

export type Day = {
  asked: readonly Asked[];
  sends: readonly Send[];
  /** As text: it is searched for what must not be in it, in every encoding. */
  log: readonly string[];
  lines: readonly LogLine[];
  /** Mistakes of the proxy's own. */
  bugs: readonly unknown[];
  /** What is left when everybody has gone. */
  left: { sleepers: number; openAtGoogle: number; answersOpen: unknown };
  /** What the proxy says about itself at the end. */
  health: Readonly<Record<string, unknown>>;
};

/** Milliseconds of virtual time after the last question, by which everybody must be done. */
const LONGEST = 3_600_000;
/** Milliseconds after the last answer, in which nothing may happen any more. */
const AFTERMATH = 60_000;

export async function playDay(options: DayOptions): Promise<Day> {
  const { seed, script = DAY, sessions = 200, meddle = (door) => door } = options;
  const folder = mkdtempSync(join(tmpdir(), 'day-'));
  const clock = new DayClock(DAY_START);
  const google = new Google({ clock, random: createSeededRandom(seed + 1), script, tamper: options.tamper });
  const env = { API_KEYS: Object.values(KEYS).join(','), MODEL_FALLBACKS: FALLBACKS, DATA_DIR: folder };
  const config = readConfig(env, []);
  const log: string[] = [];
  const bugs: unknown[] = [];
  const hear: Listener = (event) => {
    if (event.type === 'error' && event.bug !== undefined) bugs.push(event.bug);
  };
  const system = compose(config, {
    clock,
    random: createSeededRandom(seed),
    fetch: google.fetch,
    subscribers: [() => hear],
    logger: await createLogger({
      level: 'info',
      format: 'json',
      secrets: secretsOf(config),
      write: (line) => void log.push(line),
    }),
  });
  const door = meddle(async (request) => system.app.handle(request), clock);
  const clients = new Clients({ door, clock, script, sessions, random: createSeededRandom(seed + 2) });
  try {
    clients.start();
    await clock.run(() => clients.done, Math.max(...script.map(endOf)) + LONGEST);
    await clock.run(() => false, clock.time + AFTERMATH);
    const sleepers = clock.sleeping;
    const health = await (await system.app.handle(new Request('http://localhost/health'))).json();
    return {
      asked: clients.asked,
      sends: google.sends,
      log,
      bugs,
      lines: log.map((line) => JSON.parse(line)),
      left: { sleepers, openAtGoogle: google.open.length, answersOpen: health.streams_in_flight },
      health,
    };
  } finally {
    await system.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
