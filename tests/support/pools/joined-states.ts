/** What instances share, in one process: each hears at once what the others tell, without any wire. */
import type { Fact } from '../../../src/cluster/facts.ts';
import type { SharedState } from '../../../src/cluster/shared.ts';

export type JoinedState = SharedState & { readonly told: Fact[] };

export function joinedStates(count: number): JoinedState[] {
  const listeners: ((fact: Fact) => void)[][] = Array.from({ length: count }, () => []);
  return listeners.map((own) => {
    const told: Fact[] = [];
    return {
      told,
      publish(fact) {
        told.push(fact);
        for (const listener of listeners.filter((others) => others !== own).flat())
          listener(structuredClone(fact));
      },
      listen: (listener) => void own.push(listener),
      status: () => ({ kind: 'redis', state: 'connected', since: new Date(0) }),
      close: async () => {},
    };
  });
}
