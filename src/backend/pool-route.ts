/** One request's way through a pool: the key in hand, another one after a failure, and short waits in between. */

import type { UpstreamError } from '../gemini/errors.ts';
import type { Clock } from '../lib/ports.ts';
import type { Backend } from './backend.ts';
import type { KeyVerdict } from './key-verdict.ts';
import type { KeyRoute } from './keys.ts';

export type Choice = {
  backend: Backend;
  /** When it may be asked; not in the future for one that may be asked now. */
  freeAt: number;
};

/** What a route needs of its pool. */
export type RoutedPool = {
  readonly clock: Clock;
  choose(model: string, session: string | undefined, current?: Backend): Choice;
  failed(backend: Backend, model: string, error: unknown): KeyVerdict;
  succeeded(backend: Backend, model: string): void;
  exhausted(model: string): UpstreamError;
};

export class PoolRoute implements KeyRoute {
  readonly #pool: RoutedPool;
  readonly #model: string;
  readonly #session: string | undefined;
  /** Refused by Google for good: asking again would not end otherwise. */
  readonly #hopeless = new Set<Backend>();
  #backend: Backend;
  #waited = 0;

  constructor(pool: RoutedPool, model: string, session: string | undefined) {
    this.#pool = pool;
    this.#model = model;
    this.#session = session;
    this.#backend = pool.choose(model, session).backend;
  }

  get backend(): Backend {
    return this.#backend;
  }

  async ready(limitMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#pool;
    for (;;) {
      const { backend, freeAt } = this.#pool.choose(this.#model, this.#session, this.#backend);
      const wait = freeAt - clock.now();
      if (wait > 0 && this.#waited + wait > limitMs) throw this.#pool.exhausted(this.#model);
      this.#backend = backend;
      if (wait <= 0) return;
      this.#waited += wait;
      await clock.sleep(wait, signal);
    }
  }

  failed(error: unknown): boolean {
    const { kind } = this.#pool.failed(this.#backend, this.#model, error);
    if (kind === 'blameless') return false;
    if (kind === 'invalid' || kind === 'denied') this.#hopeless.add(this.#backend);
    const { backend } = this.#pool.choose(this.#model, this.#session);
    if (this.#hopeless.has(backend)) return false;
    this.#backend = backend;
    return true;
  }

  succeeded(): void {
    this.#pool.succeeded(this.#backend, this.#model);
  }
}
