/**
 * Finds out whether a host can be reached. A fetch cannot tell: it waits in the same way for a connection that is never
 * made and for an answer that needs its time. So while an answer is late, a second connection to the host is tried.
 */
import { abortAfter } from '../lib/async.ts';
import type { Clock, Connect, Fetch } from '../lib/ports.ts';

/** Milliseconds after which a host that sent no head is checked. */
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
  /** Origins whose last check failed, and its error. */
  readonly #away = new Map<string, unknown>();
  readonly #checks = new Map<string, Promise<void>>();

  constructor(options: ReachOptions) {
    this.#options = options;
  }

  noteReached(url: string): void {
    const { origin } = new URL(url);
    this.#reached.set(origin, this.#options.clock.monotonic());
    this.#away.delete(origin);
  }

  /** True where the last check of the URL's host failed: then requests need not wait long for it. */
  isAway(url: string): boolean {
    return this.#away.has(new URL(url).origin);
  }

  /** The error of the last check of the URL's host, where it failed. */
  problem(url: string): unknown {
    return this.#away.get(new URL(url).origin);
  }

  /**
   * Checks the host. Rejects with an error whose `code` says why the host cannot be reached. Calls that come meanwhile
   * share this check.
   */
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
      this.#away.set(new URL(url).origin, error);
      throw error;
    } finally {
      cancel();
    }
  }
}

const noConnection = (): Error =>
  Object.assign(new Error(`ETIMEDOUT: no connection within ${CONNECT_MS} ms`), { code: 'ETIMEDOUT' });

/**
 * A `fetch` that fails where there is no way to the host, instead of waiting for it. As after every failure, its caller
 * aborts the signal that it gave; that ends the connection which is never made.
 */
export function failingUnreached(fetch: Fetch, reach: Reach, clock: Clock): Fetch {
  return (url, init, exchange) =>
    new Promise((resolve, reject) => {
      // If the head has come by then, this failure is ignored.
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
