/**
 * Instances tell each other through Redis what they learn. Each instance decides by its own state, at once, what it
 * does. Redis passes on the facts, and keeps the facts that still hold for instances that start later. Why:
 * docs/decisions/0023-several-instances.md
 */
import { type Clock, momentOf } from '../lib/ports.ts';
import { FactListeners } from './fact-listeners.ts';
import { type Fact, factId, holdsForNewcomers, type Notice, readNotice, writeNotice } from './facts.ts';
import { RedisLink } from './link.ts';
import type { SharedState, SharedStatus } from './shared.ts';
import { type Told, ToldFacts } from './told-facts.ts';

const CHANNEL = 'gemini-proxy:facts';
const FACT_PREFIX = 'gemini-proxy:fact:';
/**
 * The most Redis keys in one look-up, and the most facts in one batch: no command may keep Redis from other work for
 * long.
 */
const PAGE = 1_000;
const BATCH = 200;

export type RedisSharedOptions = {
  /** `redis://`, `rediss://` (TLS) or `redis+unix://`, with or without user and password. */
  url: string;
  clock: Clock;
  /** The name of this instance. No other instance has the same name, and this one had another before it was restarted. */
  instance: string;
  /**
   * Called with one line, without secrets, when Redis is gone, is back, or contains what this instance does not
   * understand.
   */
  onChange?(message: string): void;
};

export type RedisShared = SharedState & {
  /** The connection, for other data in the same Redis. `close` closes it. */
  readonly link: RedisLink;
};

/**
 * Begins to connect. Never throws: a Redis that cannot be reached has the state `away`. Call `listen` in the same turn
 * of the event loop.
 */
export function openRedisShared(options: RedisSharedOptions): RedisShared {
  return new RedisSharedState(options);
}

class RedisSharedState implements RedisShared {
  readonly link: RedisLink;
  readonly #clock: Clock;
  readonly #instance: string;
  readonly #startedAt: number;
  readonly #onChange: (message: string) => void;
  readonly #listeners = new FactListeners((message) => this.#warn(message));
  readonly #told = new ToldFacts();
  readonly #warned = new Set<string>();

  constructor({ url, clock, instance, onChange = () => {} }: RedisSharedOptions) {
    this.#clock = clock;
    this.#instance = instance;
    this.#startedAt = clock.monotonic();
    this.#onChange = onChange;
    this.link = new RedisLink({ url, clock, onChange });
    this.link.onConnect(() => this.#join());
  }

  publish(fact: Fact): void {
    const notice: Notice = { from: this.#instance, at: this.#clock.wall().getTime(), fact };
    const id = factId(fact);
    if (id !== undefined)
      this.link.send('SET', this.#stored(id, this.#told.add(id, notice, this.#clock.monotonic())));
    this.link.send('PUBLISH', [CHANNEL, writeNotice(notice)]);
  }

  listen(listener: (fact: Fact) => void): void {
    this.#listeners.add(listener);
  }

  status(): SharedStatus {
    return this.link.status();
  }

  close(): Promise<void> {
    return this.link.close();
  }

  /**
   * Prepares a new connection: subscribes, then reads the stored facts, then tells the facts of this instance.
   * Subscribing comes first so that no fact is missed between the two. Reading comes before telling so that no fact is
   * told that no longer holds.
   */
  async #join(): Promise<void> {
    const heard = new Set<string>();
    let loading = true;
    await this.link.subscribe(CHANNEL, (text) => {
      const id = this.#hear(text);
      if (loading && id !== undefined) heard.add(id);
    });
    const known = await this.#load(heard);
    loading = false;
    await this.#tellAgain(known);
  }

  /**
   * Receives a published notice. It is later than what this instance has told about the same thing. Returns the id of
   * its fact.
   */
  #hear(text: string): string | undefined {
    const notice = this.#read(text);
    if (notice === undefined || notice.from === this.#instance || this.#isOver(notice)) return undefined;
    this.#told.forget(notice.fact);
    this.#listeners.run(notice.fact);
    return factId(notice.fact);
  }

  /**
   * Passes on all stored facts except for those in `heard`: about these a notice came meanwhile, and the stored fact
   * may be older. Returns the ids of the facts of this instance that Redis still has.
   */
  async #load(heard: ReadonlySet<string>): Promise<Set<string>> {
    const known = new Set<string>();
    let cursor = '0';
    do {
      const page = await this.link.request('SCAN', [
        cursor,
        'MATCH',
        `${FACT_PREFIX}*`,
        'COUNT',
        String(PAGE),
      ]);
      const [next, keys]: unknown[] = Array.isArray(page) ? page : [];
      cursor = String(next ?? '0');
      const names = texts(keys);
      const stored = names.length === 0 ? [] : texts(await this.link.request('MGET', names));
      for (const text of stored) this.#take(text, heard, known);
    } while (cursor !== '0');
    return known;
  }

  #take(text: string, heard: ReadonlySet<string>, known: Set<string>): void {
    const notice = this.#read(text);
    const id = notice && factId(notice.fact);
    if (notice === undefined || id === undefined || heard.has(id) || this.#isOver(notice)) return;
    const own = this.#told.get(id, this.#clock.monotonic());
    if (notice.from === this.#instance) {
      if (own?.notice.at === notice.at) known.add(id);
      return;
    }
    if (own && own.at > momentOf(this.#clock, notice.at)) return;
    this.#told.forget(notice.fact);
    this.#listeners.run(notice.fact);
  }

  /** True where the fact was told before this instance started, and does not hold for newcomers. */
  #isOver({ at, fact }: Notice): boolean {
    return momentOf(this.#clock, at) < this.#startedAt && !holdsForNewcomers(fact);
  }

  async #tellAgain(known: ReadonlySet<string>): Promise<void> {
    const ids = this.#told.ids().filter((id) => !known.has(id));
    for (let start = 0; start < ids.length; start += BATCH) {
      const work = ids.slice(start, start + BATCH).flatMap((id) => {
        // The fact is looked up only now, because another instance may have told something later meanwhile.
        const told = this.#told.get(id, this.#clock.monotonic());
        if (!told) return [];
        return [
          this.link.request('SET', this.#stored(id, told)),
          this.link.request('PUBLISH', [CHANNEL, writeNotice(told.notice)]),
        ];
      });
      // A Redis that accepts no writes now (no memory, a replica) can still be read. A lost connection is noticed
      // elsewhere.
      await Promise.allSettled(work);
    }
  }

  #stored(id: string, { notice, until }: Told): string[] {
    const px = String(Math.max(1, Math.ceil(until - this.#clock.monotonic())));
    return [FACT_PREFIX + id, writeNotice(notice), 'PX', px];
  }

  #read(text: string): Notice | undefined {
    const notice = readNotice(text);
    if (!notice)
      this.#warn(`something in Redis under ${FACT_PREFIX}* or ${CHANNEL} is not of this version; left alone`);
    return notice;
  }

  #warn(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#onChange(message);
  }
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
