/** The proxy in this process on a clock that stands still, with an upstream that serves one turn and is broken by rule. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bunToPng, type ToPng } from '../../../src/answer/media/picture-converter.ts';
import { compose } from '../../../src/compose/compose.ts';
import { readConfig } from '../../../src/config/config.ts';
import { createLogger } from '../../../src/lib/log.ts';
import type { Clock, Fetch, Ids } from '../../../src/lib/ports.ts';
import { createFaultFetch, parseFaults } from '../../../src/sim/faults/index.ts';
import { turns } from '../google/held-upstream.ts';
import { ManualClock } from '../manual-clock.ts';
import { GEMINI_KEY } from '../proxy.ts';
import { type Client, type Heard, type Hearing, hear, type Mode } from './client.ts';
import type { FaultTurn } from './turns.ts';
import { type Asked, serveTurn, watched } from './upstream.ts';

export type Scene = {
  turn: FaultTurn;
  /** Rules for all upstream requests, or by key. */
  faults: string | Readonly<Record<string, string>>;
  clients: readonly Client[];
  /** Runs before the turn is served, and may answer in its place. */
  google?: (inner: Fetch) => Fetch;
};

export type Played = { asked: Asked[]; heard: Heard[]; strikes: number };

export type Told = {
  status: number;
  headers: Headers;
  /** The whole answer as it came. */
  text: string;
  /** For each upstream request: the bytes that reached the proxy. */
  delivered: Uint8Array[];
  /** Strikes that were noted. */
  strikes: number;
};

/** After so many turns of the event loop without news, only time can bring news. */
const QUIET_TURNS = 6;
/** Milliseconds of virtual time in which any answer must end: more than all timeouts together. */
const LONGEST_MS = 3_600_000;

/**
 * One retry, since a second would only repeat the first. The mock's key forgets what it met, so a quota that one run
 * uses up is back for the next.
 */
export const ONE_FAULT = {
  BACKEND: 'mock',
  GEMINI_API_KEY: GEMINI_KEY,
  MAX_RETRIES: '1',
  MAX_STREAMING_RETRIES: '1',
  MODEL_FALLBACKS: 'none',
};

/** As asking for whole answers alone. */
export const UNARY = { FORCE_DISABLE_STREAMING: 'true' };

/** Counts the waits that begin on it. */
class BenchClock extends ManualClock {
  /** How often anything was made to wait. */
  waits = 0;

  override after(ms: number, act: () => void): () => void {
    this.waits++;
    return super.after(ms, act);
  }
}

/**
 * Always the same number for chance, and ids that are counted: then it makes no difference how often chance is asked,
 * and by whom first.
 */
const EVEN_CHANCE = { next: () => 0.5 };
function countedIds(): Ids {
  const counts = new Map<string, number>();
  return {
    next(prefix, length = 24) {
      const count = (counts.get(prefix) ?? 0) + 1;
      counts.set(prefix, count);
      return `${prefix}${String(count).padStart(length, '0')}`;
    },
  };
}

/** The rules of each key count its own requests. */
function brokenBy(faults: Scene['faults'], serve: Fetch, clock: Clock, onStrike: () => void): Fetch {
  const broken = (rules: string) => createFaultFetch(serve, parseFaults(rules), { clock, seed: 1 });
  const all = broken(typeof faults === 'string' ? faults : '');
  const byKey = new Map(typeof faults === 'string' ? [] : Object.entries(faults));
  const own = new Map([...byKey].map(([key, rules]) => [key, broken(rules)]));
  return (url, init, exchange) => {
    const note: typeof exchange.note = (event) => {
      if (event === 'fault') onStrike();
    };
    const fetch = own.get(keyOf(init)) ?? all;
    return fetch(url, init, { ...exchange, note });
  };
}

const keyOf = ({ headers }: RequestInit): string => new Headers(headers).get('x-goog-api-key') ?? '';

/** `settings` win over those of the bench. */
export async function openBench(settings: Readonly<Record<string, string>> = ONE_FAULT) {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  const clock = new BenchClock();
  let upstream: Fetch = () => Promise.reject(new Error('no turn'));
  /** Pictures are decoded on other threads, where no clock of ours is heard: no time passes meanwhile. */
  const decoding = new Set<Promise<unknown>>();
  const toPng: ToPng = (picture) => {
    const work = bunToPng(picture).finally(() => decoding.delete(work));
    decoding.add(work);
    return work;
  };
  const system = compose(readConfig({ ...settings, DATA_DIR: folder }, []), {
    clock,
    random: EVEN_CHANCE,
    ids: countedIds(),
    logger: await createLogger({ level: 'critical', format: 'json', write: () => {} }),
    fetch: (url, init, exchange) => upstream(url, init, exchange),
    toPng,
  });
  /** What has happened in the present scene. */
  let news = 0;

  async function quiet(isOver: () => boolean): Promise<void> {
    let known = -1;
    for (let i = 0; i < QUIET_TURNS && !isOver(); i++) {
      if (known !== news + clock.waits || decoding.size > 0) i = 0;
      known = news + clock.waits;
      await Promise.all(decoding);
      await turns(1);
    }
  }

  /** Lets time pass only when nothing else happens. Fails where that does not help either. */
  async function patiently<T>(work: Promise<T>, what: string): Promise<T> {
    let over = false;
    const end = () => {
      over = true;
    };
    work.then(end, end);
    const latest = clock.monotonic() + LONGEST_MS;
    for (;;) {
      await quiet(() => over);
      if (over) return work;
      if (clock.sleeping === 0 || clock.monotonic() > latest)
        throw new Error(`${what}: nothing more happens`);
      await clock.skip();
    }
  }

  /** Plays until the last client has ended. */
  async function play({ turn, faults, clients, google = (inner) => inner }: Scene): Promise<Played> {
    const begun = clock.monotonic();
    const hearing: Hearing = {
      clock,
      now: () => clock.monotonic() - begun,
      handle: (request) => system.handle(request),
      onNews: () => {
        news++;
      },
    };
    const played: Played = { asked: [], heard: [], strikes: 0 };
    const onStrike = () => {
      played.strikes++;
    };
    const failing = brokenBy(faults, google(serveTurn(turn)), clock, onStrike);
    upstream = watched(failing, played.asked, hearing.now, hearing.onNews);
    const answers = Promise.all(clients.map((client) => hear(turn, client, hearing)));
    played.heard.push(...(await patiently(answers, `${JSON.stringify(faults)} on ${turn.name}`)));
    // Whatever is dropped now is told so.
    await quiet(() => false);
    return played;
  }

  const opened = clock.wall().getTime();

  /** Answers may tell the date of their request: each run begins at the same one. */
  async function run(turn: FaultTurn, faults: string, mode: Mode): Promise<Told> {
    clock.setWall(opened - clock.wall().getTime());
    const { asked, heard, strikes } = await play({ turn, faults, clients: [{ mode }] });
    const [{ head, reads } = { head: undefined, reads: [] }] = heard;
    if (!head) throw new Error(`${faults} on ${turn.name}: no head`);
    const { status, headers } = head;
    return {
      status,
      headers,
      text: Buffer.concat(reads.map(({ bytes }) => bytes)).toString('utf8'),
      delivered: asked.map(({ pieces }) => Buffer.concat(pieces)),
      strikes,
    };
  }

  return {
    run,
    play,
    clock,
    [Symbol.dispose]() {
      void system.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Bench = Awaited<ReturnType<typeof openBench>>;
