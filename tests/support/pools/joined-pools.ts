/** Pools of several instances that hear each other, under one clock. */
import type { RateLimits } from '../../../src/keys/rate-window.ts';
import { ManualClock } from '../manual-clock.ts';
import { joinedStates } from './joined-states.ts';
import { keyNamed } from './keys.ts';
import { NAMES } from './pool-model.ts';
import { openPool } from './pools.ts';

export function joinedPools(count = 2, rates?: RateLimits, names: readonly string[] = NAMES) {
  const clock = new ManualClock();
  const [first = 'a', ...others] = names;
  const all = joinedStates(count).map((shared) => {
    const backends = [keyNamed(first), ...others.map(keyNamed)] as const;
    return { shared, ...openPool({ shared, backends, ...(rates ? { rates } : {}) }, clock) };
  });
  const [a, b] = all;
  if (!a || !b) throw new Error('two at least');
  return { clock, all, a, b };
}
