/** Instances as far as they talk to each other, and what they may say. */

import type { Fact } from '../../../src/cluster/facts.ts';
import { openRedisShared } from '../../../src/cluster/redis-shared.ts';
import { type Clock, systemClock } from '../../../src/lib/ports.ts';
import { until } from '../programs/redis-server.ts';

let instances = 0;

/** One instance as far as it talks with others. */
export function join(url: string, clock: Clock = systemClock) {
  const heard: Fact[] = [];
  const said: string[] = [];
  const instance = `instance-${++instances}`;
  const shared = openRedisShared({ url, clock, instance, onChange: (message) => said.push(message) });
  shared.listen((fact) => heard.push(fact));
  return {
    shared,
    heard,
    said,
    state: () => shared.status().state,
    /** Undefined where nobody answers. */
    asks: () => shared.link.ask('EXISTS', ['x'], 50),
    connected: () => until(() => shared.status().state === 'connected'),
    away: () => until(() => shared.status().state === 'away'),
    hears: (fact: Fact) => until(() => heard.some((other) => Bun.deepEquals(other, fact))),
    [Symbol.asyncDispose]: () => shared.close(),
  };
}

export async function two(url: string) {
  const both = [join(url), join(url)] as const;
  await Promise.all(both.map((one) => one.connected()));
  return both;
}

export const refused = (key: string): Fact => ({ kind: 'key', key, state: 'refused' });
export const opened = (key: string, until: number): Fact => ({
  kind: 'breaker',
  key,
  model: 'm',
  until,
  opens: 1,
});
export const cooling = (key: string, until: number): Fact => ({
  kind: 'quota',
  key,
  model: 'm',
  state: 'cooling',
  until,
  strikes: 0,
});
export const later = () => Date.now() + 60_000;

/** Milliseconds of `work`. */
export async function took(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
