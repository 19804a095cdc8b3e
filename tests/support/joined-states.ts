/** What instances share, in one process: each hears at once what the others tell, without any wire. */
import type { Fact, SharedState } from '../../src/cluster/shared.ts';
import type { Clock } from '../../src/lib/ports.ts';

export type JoinedState = SharedState & { readonly told: Fact[] };

export function joinedStates(count: number, clock: Clock): JoinedState[] {
  const listeners: ((fact: Fact) => void)[][] = Array.from({ length: count }, () => []);
  const claims = new Map<string, { by: object; until: number }>();
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
      async claim(name, ms) {
        if ((claims.get(name)?.until ?? 0) > clock.monotonic()) return claims.get(name)?.by === own;
        claims.set(name, { by: own, until: clock.monotonic() + ms });
        return true;
      },
      release(name) {
        if (claims.get(name)?.by === own) claims.delete(name);
      },
      status: () => ({ kind: 'memory', state: 'connected', since: new Date(0) }),
      close: async () => {},
    };
  });
}
