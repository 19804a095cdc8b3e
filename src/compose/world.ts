/**
 * A world: everything by which one request may change the answer to a later one. A live proxy has one. Where a mock or a
 * recording answers, each test has its own (docs/decisions/0171-a-world-for-each-test.md).
 */
import { type CachingPort, NO_CACHING, PromptCaching } from '../answer/caching/prompt-caching.ts';
import { Lessons } from '../answer/lessons.ts';
import { createUploads } from '../answer/media/uploads.ts';
import { QuarantineMemory } from '../answer/quarantine-memory.ts';
import { PromptSizes } from '../answer/sizes/prompt-sizes.ts';
import { TokenCounts } from '../answer/sizes/token-counts.ts';
import { VerdictMemory } from '../answer/verdicts/verdict-memory.ts';
import type { SharedState } from '../cluster/shared.ts';
import type { Config } from '../config/config.ts';
import type { ServerDeps } from '../http/deps.ts';
import { recordRequests } from '../http/taping/record.ts';
import { replayRequests } from '../http/taping/replay.ts';
import { RetryBudget } from '../keys/retry-budget.ts';
import { StreamingBreakers } from '../keys/stream-breakers.ts';
import type { Clock, Fetch, Random } from '../lib/ports.ts';
import type { SignatureStore } from '../signatures/store.ts';
import { createFaultFetch, type FaultPorts, type FaultRule } from '../sim/faults/index.ts';
import type { Play, Plays } from '../sim/replay/player.ts';
import { replayedVertexHost } from '../upstream/vertex.ts';
import { createBackend, createKeys, fingerprintIn, type HearsKeys } from './keys.ts';
import { lessonsFile } from './lessons-file.ts';
import { openOnMiss, playedOr } from './missed.ts';
import type { Mocks } from './mock-upstream.ts';
import type { Reaching } from './reaching.ts';
import type { Tapes } from './recording.ts';
import type { Ports } from './settings.ts';
import type { Unstruck } from './unstruck.ts';

export type WorldParts = Pick<
  ServerDeps,
  | 'keys'
  | 'budget'
  | 'streaming'
  | 'signatures'
  | 'uploads'
  | 'quarantine'
  | 'lessons'
  | 'caching'
  | 'sizes'
  | 'counts'
  | 'verdicts'
  | 'openScope'
>;

export type World = {
  parts: WorldParts;
  /** Upstream fails by these rules from now on, whose counts begin anew. */
  setFaults(rules: readonly FaultRule[]): void;
  /** Uses the keys of `config` from now on. */
  replaceKeys(config: Config): void;
  close(): Promise<void>;
};

/** What all worlds have in common. */
export type Surroundings = {
  tapes: Tapes;
  reaching: Reaching;
  /** Undefined where the mock does not answer. */
  mocks: Mocks | undefined;
  hearsKeys: HearsKeys;
  /** Hears which of the rules that the settings name strike: it is told at the end which never did. */
  unstruck: Unstruck;
  /** The keys of now, by whose order faults name them. */
  apiKeys(): readonly string[];
};

/** What a world begins with. */
export type Roots = {
  shared: SharedState;
  signatures: SignatureStore;
  random: Random;
  player: Plays | undefined;
  /** Where the world's lessons are kept; undefined where they end with it. */
  lessonsIn: string | undefined;
};

/** Faults that can be replaced while they are at work. They are beneath the recorder, so that a recording holds what the proxy really received. */
function withFaults(upstream: Fetch, first: readonly FaultRule[], ports: FaultPorts) {
  const faulty = (rules: readonly FaultRule[], heard: FaultPorts) =>
    rules.length === 0 ? upstream : createFaultFetch(upstream, rules, heard);
  const { onStrike: _first, ...later } = ports;
  let current = faulty(first, ports);
  const fetch: Fetch = (url, init, exchange) => current(url, init, exchange);
  return {
    fetch,
    replace(rules: readonly FaultRule[]) {
      current = faulty(rules, later);
    },
  };
}

/** Nothing is kept for a request that is recorded or replayed: it does not depend on others. */
function openCaching(config: Config, { shared }: Roots, { clock, logger }: Ports): CachingPort {
  const isTaped = config.record !== undefined || config.replay !== undefined;
  const isWanted = config.cacheControl === 'explicit' && !isTaped;
  return isWanted ? new PromptCaching({ clock, shared, logger }) : NO_CACHING;
}

/** Stands around each request that is recorded or replayed: a replay is recorded as any other answer is. */
function openScope(
  tapes: Tapes,
  player: Plays | undefined,
  fetch: Fetch,
  clock: Clock,
): Pick<ServerDeps, 'openScope'> {
  const { config, recorder, redactor } = tapes;
  const host = player?.settings.host && replayedVertexHost();
  const openBackend = ({ clock, recorded: { keyFingerprint } }: Play) =>
    createBackend(config, fetch, clock, { keyFingerprint, ...(host ? { host } : {}) });
  const onMiss = openOnMiss(tapes, fetch, clock);
  const replay = player && replayRequests({ player, redactor, openBackend, onMiss });
  const scope = recorder ? recordRequests(recorder, replay) : replay;
  return scope ? { openScope: scope } : {};
}

export function openWorld(around: Surroundings, roots: Roots, ports: Ports): World {
  const { tapes, reaching, mocks, hearsKeys, apiKeys, unstruck } = around;
  const { config, recorder, missRecorder } = tapes;
  const { shared, signatures, random, player, lessonsIn } = roots;
  const { clock, logger } = ports;
  const unplayed = mocks?.open({ random, shared }) ?? reaching.fetch;
  const upstream = player ? playedOr(player, config, unplayed) : unplayed;
  const faults = withFaults(upstream, config.faults, {
    clock,
    seed: config.mock.seed,
    keys: apiKeys,
    fingerprint: (key) => fingerprintIn(config, key),
    onStrike: unstruck.onStrike,
  });
  const fetch = [missRecorder, recorder].reduce((inner, one) => one?.fetch(inner) ?? inner, faults.fetch);
  const { keys, replace } = createKeys(config, { ...reaching, fetch }, ports, shared, hearsKeys);
  const caching = openCaching(config, roots, ports);
  return {
    parts: {
      keys,
      budget: new RetryBudget(clock),
      streaming: new StreamingBreakers({ clock, shared, onChange: hearsKeys }),
      signatures,
      uploads: createUploads(clock),
      quarantine: new QuarantineMemory(),
      lessons: new Lessons(clock, lessonsFile(lessonsIn, logger)),
      caching,
      sizes: new PromptSizes(),
      counts: new TokenCounts(),
      verdicts: new VerdictMemory(),
      ...openScope(tapes, player, fetch, clock),
    },
    setFaults(rules) {
      faults.replace(rules);
      player?.delay(rules.length > 0);
    },
    replaceKeys: replace,
    async close() {
      await caching.close();
      tapes.endPlayer(player);
    },
  };
}
