/** How many proxies share one Redis, and which of them this one is, so that a page can say whose requests it shows. */
import { type Clock, dateOf, momentOf } from '../lib/ports.ts';
import type { SharedState } from './shared.ts';

/** Milliseconds between two tellings that this one is here, and those after which one that says nothing is gone. */
const TELL_MS = 15_000;
export const HERE_MS = 40_000;

/** The place of this proxy among all, in the order in which they have started, from 1. */
export type InstancePlace = { number: number; of: number };

export type Instances = {
  /** Undefined where this proxy shares nothing, or is the only one. */
  place(): InstancePlace | undefined;
  close(): void;
};

/** For a proxy that shares nothing with others. */
export const ALONE: Instances = { place: () => undefined, close() {} };

type Other = { since: number; until: number };

export type InstancesOptions = {
  shared: SharedState;
  clock: Clock;
  /** The proxy: its workers have one name. */
  name: string;
};

/** Begins to tell that this one is here. */
export function openInstances({ shared, clock, name }: InstancesOptions): Instances {
  const since = dateOf(clock, clock.monotonic()).getTime();
  const others = new Map<string, Other>();
  let cancel = () => {};
  shared.listen((fact) => {
    if (fact.kind !== 'here' || fact.proxy === name) return;
    if (fact.until === 0) others.delete(fact.proxy);
    else others.set(fact.proxy, { since: fact.since, until: momentOf(clock, fact.until) });
  });
  const tell = (until: number) => shared.publish({ kind: 'here', proxy: name, since, until });
  const stay = () => {
    tell(dateOf(clock, clock.monotonic() + HERE_MS).getTime());
    cancel = clock.after(TELL_MS, stay);
  };
  stay();
  const isBefore = (proxy: string, other: Other) =>
    other.since < since || (other.since === since && proxy < name);
  return {
    place() {
      const now = clock.monotonic();
      for (const [proxy, { until }] of others) if (until < now) others.delete(proxy);
      if (others.size === 0) return undefined;
      const before = [...others].filter(([proxy, other]) => isBefore(proxy, other)).length;
      return { number: before + 1, of: others.size + 1 };
    },
    close() {
      cancel();
      tell(0);
    },
  };
}
