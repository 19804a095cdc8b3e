/** The worlds that there are now: a world is made for a test with its first request, and goes when it is asked for no more. */
import { aloneState } from '../cluster/shared.ts';
import type { ServerDeps } from '../http/deps.ts';
import { Journal } from '../http/mocking/journal.ts';
import type { Mocking } from '../http/mocking/mocking.ts';
import { DEFAULT_TEST, testIdOf } from '../http/mocking/test-id.ts';
import { seeded } from '../http/taping/seeded.ts';
import { createSeededRandom } from '../lib/ports.ts';
import { signaturesInMemory } from '../signatures/in-memory.ts';
import type { FaultRule } from '../sim/faults/index.ts';
import type { Subscriber } from '../trace/trace.ts';
import { isGoogles } from './keys.ts';
import type { Ports } from './settings.ts';
import { openWorld, type Roots, type Surroundings, type World } from './world.ts';

/** Beyond this many, worlds go in which nothing is under way, the longest idle first. */
const MOST_WORLDS = 256;
/** The random numbers of a test's mock are the same in every world, so that a test sees the same each time. */
const MOCK_SEED = 1;

/** A world, with those who are in it. */
type Seat = {
  testId: string;
  world: World;
  /** How many requests have come. */
  came: number;
  underWay: number;
  leaves: Subscriber;
};

/** What the first world alone has: what instances share, and a folder for what it learns. */
type Base = Pick<Roots, 'shared' | 'signatures'> & { dataDir: string | undefined };

export class Worlds {
  readonly mocking: Mocking | undefined;
  /** The world of a live proxy, and of requests that name no test. */
  readonly first: World;
  readonly #around: Surroundings;
  readonly #ports: Ports;
  /** The one that was asked for last stands last. */
  readonly #seats = new Map<string, Seat>();
  readonly #journal = new Journal();
  /** Those that are closed when their last request has ended. */
  readonly #left = new Set<Seat>();
  readonly #closing = new Set<Promise<void>>();
  readonly #most: number;

  constructor(around: Surroundings, base: Base, ports: Ports, most = MOST_WORLDS) {
    const { config, player, redactor } = around.tapes;
    this.#around = around;
    this.#ports = ports;
    this.#most = most;
    const { shared, signatures, dataDir } = base;
    // What a mock refuses says nothing about the models of Google.
    const lessonsIn = isGoogles(config) ? dataDir : undefined;
    this.first = openWorld(around, { shared, signatures, lessonsIn, random: ports.random, player }, ports);
    this.#seat(DEFAULT_TEST, this.first);
    const isMocked = config.backend === 'mock' || config.backend === 'replay';
    this.mocking =
      isMocked || ports.isForTests
        ? {
            journal: this.#journal,
            redactor: redactor.keepingPersons(),
            isAlone: ports.worker === undefined,
            apiKeys: around.apiKeys,
            reset: (testId) => this.#reset(testId),
            setFaults: (testId, rules) => this.#setFaults(testId, rules),
          }
        : undefined;
  }

  /** `deps` with the parts of the world to which the request belongs. */
  enter(request: Request, deps: ServerDeps): ServerDeps {
    if (!this.mocking) return deps;
    const seat = this.#find(testIdOf(request));
    seat.came++;
    seat.underWay++;
    this.#makeRoom();
    const { parts } = seat.world;
    return { ...deps, ...parts, ...this.#drawn(seat), subscribers: [...deps.subscribers, seat.leaves] };
  }

  async close(): Promise<void> {
    const open = [...this.#seats.values(), ...this.#left];
    await Promise.all([...open.map(({ world }) => world.close()), ...this.#closing]);
  }

  /** The ids of a test's requests are the same in every world. */
  #drawn({ testId, came }: Seat): Partial<Pick<ServerDeps, 'ids' | 'random'>> {
    if (testId === DEFAULT_TEST) return {};
    const { ids, random } = seeded(Number(Bun.hash.xxHash32(`request ${came}`)));
    return { ids: this.#ports.ids ?? ids, random };
  }

  #find(testId: string): Seat {
    const seat = this.#seats.get(testId) ?? this.#seat(testId, this.#open(testId));
    this.#seats.delete(testId);
    this.#seats.set(testId, seat);
    return seat;
  }

  #open(testId: string): World {
    const { random, clock } = this.#ports;
    return openWorld(
      this.#around,
      {
        shared: aloneState(clock.wall()),
        signatures: signaturesInMemory(),
        random: testId === DEFAULT_TEST ? random : createSeededRandom(MOCK_SEED),
        player: this.#around.tapes.openPlayer(),
        lessonsIn: undefined,
      },
      this.#ports,
    );
  }

  #seat(testId: string, world: World): Seat {
    const seat: Seat = {
      testId,
      world,
      came: 0,
      underWay: 0,
      leaves: () => (event) => {
        if (event.type === 'end') this.#leave(seat);
      },
    };
    this.#seats.set(testId, seat);
    return seat;
  }

  #leave(seat: Seat): void {
    seat.underWay--;
    if (this.#left.has(seat)) this.#closeIdle(seat);
    else this.#makeRoom();
  }

  #makeRoom(): void {
    for (const seat of this.#seats.values()) {
      if (this.#seats.size <= this.#most) return;
      if (seat.underWay > 0 || seat.testId === DEFAULT_TEST) continue;
      this.#go(seat);
    }
  }

  /** Requests that are under way go on in the world that they have entered. */
  #go(seat: Seat): void {
    this.#seats.delete(seat.testId);
    this.#journal.forget(seat.testId);
    this.#left.add(seat);
    this.#closeIdle(seat);
  }

  #closeIdle(seat: Seat): void {
    if (seat.underWay > 0) return;
    this.#left.delete(seat);
    const closing = seat.world.close();
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }

  #reset(testId: string | undefined): void {
    for (const seat of testId === undefined ? [...this.#seats.values()] : [this.#seats.get(testId)])
      if (seat) this.#go(seat);
    if (testId === undefined) this.#journal.forget();
  }

  #setFaults(testId: string, rules: readonly FaultRule[]): void {
    this.#find(testId).world.setFaults(rules);
    this.#makeRoom();
  }
}
