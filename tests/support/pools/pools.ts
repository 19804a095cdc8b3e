/** Pools of three keys, and what becomes of their requests. */

import { keyEventText } from '../../../src/keys/key-events.ts';
import type { KeyRoute, Patience } from '../../../src/keys/keys.ts';
import { KeyPool, type PoolOptions } from '../../../src/keys/pool.ts';
import { createSeededRandom } from '../../../src/lib/ports.ts';
import type { Backend } from '../../../src/upstream/backend.ts';
import { ManualClock } from '../manual-clock.ts';
import { keyNamed, refusal } from './keys.ts';
import { WITH_COMPANY } from './pool-model.ts';

export const quiet = new AbortController().signal;

export const patience = (limitMs = 0, more: Partial<Patience> = {}): Patience => ({
  limitMs,
  forBreaker: () => true,
  tokens: () => 0,
  ...more,
});

export function openPool(more: Partial<PoolOptions> = {}, clock = new ManualClock()) {
  const keys = { a: keyNamed('a'), b: keyNamed('b'), c: keyNamed('c') };
  const lines: string[] = [];
  const pool = new KeyPool({
    backends: [keys.a, keys.b, keys.c],
    clock,
    random: createSeededRandom(1),
    onChange: (event) => lines.push(keyEventText(event)),
    ...more,
  });
  return { clock, keys, pool, lines };
}

export const nameOf = ({ keyFingerprint }: Backend): string => keyFingerprint;

/** The key that a request would get now. */
export const asked = (pool: KeyPool, model: string, session?: string): string =>
  nameOf(pool.choose({ model, session, tokens: 0, asker: '' }).record.backend);

/** A route that holds the key, asked until the key's breaker opens. */
export async function breakWith(route: KeyRoute, failures = 5): Promise<void> {
  for (let i = 0; i < failures; i++) {
    await route.ready(patience(), quiet);
    route.failed(refusal(503));
    route.released();
  }
}

/** Each session's key in turn. After the first key fewer failures show that the model is at fault. */
export async function breakAll(pool: KeyPool, model: string, sessions: readonly string[]): Promise<void> {
  for (const [index, session] of sessions.entries())
    await breakWith(pool.route(model, session), index === 0 ? 5 : WITH_COMPANY);
}

/** A pool of one key whose model has just been found to fail. */
export async function failingPool(more: Partial<PoolOptions> = {}) {
  const only = keyNamed('only');
  const opened = openPool({ backends: [only], ...more });
  await breakWith(opened.pool.route('big', undefined));
  return { ...opened, only };
}
