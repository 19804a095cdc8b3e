/** What a pool does with what another instance has learned: acts on it, and does not tell it again. */

import type { Fact } from '../cluster/shared.ts';
import { type Clock, momentOf } from '../lib/ports.ts';
import type { Homes } from './affinity.ts';
import type { KeyTrouble } from './keys.ts';
import type { KeyRecord } from './record.ts';

/** What it needs of the pool. */
export type Hearer = {
  clock: Clock;
  homes: Homes<string>;
  /** Undefined for a key that is not ours. */
  record(fingerprint: string): KeyRecord | undefined;
  refuse(record: KeyRecord, why: KeyTrouble | undefined): void;
  restore(record: KeyRecord): void;
};

export function hear(fact: Fact, { clock, homes, record: named, refuse, restore }: Hearer): void {
  if (fact.kind === 'home') {
    homes.settle(fact.model, fact.session, fact.key);
    return;
  }
  const record = 'key' in fact ? named(fact.key) : undefined;
  if (!record) return;
  switch (fact.kind) {
    case 'quota':
      if (fact.state === 'denied') record.deny(fact.model, momentOf(clock, fact.until));
      else record.quotas.learn(fact.model, fact.state, fact.until, fact.strikes);
      return;
    case 'count-quota':
      record.countQuotas.learn(fact.model, 'cooling', fact.until, fact.strikes);
      return;
    case 'key':
      if (fact.state === 'in use') restore(record);
      else refuse(record, fact.why);
      return;
    case 'breaker':
      record.breaker(fact.model).learn(fact.until, fact.opens, fact.blamed);
      return;
    case 'sent':
      record.rate.note(fact.tokens, momentOf(clock, fact.at));
      return;
    default:
      return;
  }
}
