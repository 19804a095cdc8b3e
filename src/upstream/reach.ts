/**
 * Whether a host can be reached. A fetch cannot tell: it waits for a connection that is never made just as for an
 * answer that takes its time. So while an answer takes long, a connection of our own is tried beside it.
 */
import { abortAfter } from '../lib/async.ts';
import type { Clock, Connect, Fetch } from '../lib/ports.ts';

/** Milliseconds without a head after which the host is checked. */
const PATIENCE_MS = 2_000;
/** Milliseconds that a connection may take: two of its first packets may get lost. */
const CONNECT_MS = 4_000;
/** Milliseconds for which a host that was reached counts as reachable. */
const REMEMBERED_MS = 30_000;

export type ReachOptions = { connect: Connect; clock: Clock };

export class Reach {
  readonly #options: ReachOptions;
  /** When each origin was last reached, by any request. */
  readonly #reached = new Map<string, number>();
  /** Origins whose last check failed. */
  readonly #away = new Set<string>();
  readonly #checks = new Map<string, Promise<void>>();

  constructor(options: ReachOptions) {
    this.#options = options;
  }

  noteReached(url: string): void {
    const { origin } = new URL(url);
    this.#reached.set(origin, this.#options.clock.monotonic());
    this.#away.delete(origin);
  }

  /** Nobody need be patient. */
  isAway(url: string): boolean {
    return this.#away.has(new URL(url).origin);
  }

  /** Rejects with an error whose `code` says why the host cannot be reached. All who ask meanwhile share one check. */
  async check(url: string): Promise<void> {
    const { origin } = new URL(url);
    const reached = this.#reached.get(origin);
    if (reached !== undefined && this.#options.clock.monotonic() - reached < REMEMBERED_MS) return;
    let check = this.#checks.get(origin);
    if (!check) {
      check = this.#connect(url).finally(() => this.#checks.delete(origin));
      this.#checks.set(origin, check);
    }
    await check;
  }

  async #connect(url: string): Promise<void> {
    const { connect, clock } = this.#options;
    const controller = new AbortController();
    const cancel = abortAfter(CONNECT_MS, controller, noConnection, clock);
    try {
      await connect(new URL(url), controller.signal);
      this.noteReached(url);
    } catch (error) {
      this.#away.add(new URL(url).origin);
      throw error;
    } finally {
      cancel();
    }
  }
}

const noConnection = (): Error =>
  Object.assign(new Error(`ETIMEDOUT: no connection within ${CONNECT_MS} ms`), { code: 'ETIMEDOUT' });

/**
 * `fetch`, which fails where there is no way to the host instead of waiting for it. As with every failure, its caller aborts the signal
 * that it gave, and with that the connection which is never made.
 */
export function failingUnreached(fetch: Fetch, reach: Reach, clock: Clock): Fetch {
  return (url, init, exchange) =>
    new Promise((resolve, reject) => {
      // Where the head is there by then, nobody hears of it.
      const check = () => void reach.check(url).catch(reject);
      const cancel = clock.after(reach.isAway(url) ? 0 : PATIENCE_MS, check);
      fetch(url, init, exchange).then(
        (response) => {
          cancel();
          reach.noteReached(url);
          resolve(response);
        },
        (error: unknown) => {
          cancel();
          reject(error);
        },
      );
    });
}
