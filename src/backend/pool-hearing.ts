/** What a pool does with what another instance has learned: acts on it, and does not tell it again. */
import type { Homes } from './homes.ts';
import type { KeyRecord } from './key-record.ts';
import type { Fact } from './shared.ts';

/** What it needs of the pool. */
export type Hearer = {
  homes: Homes<string>;
  /** Undefined for a key that is not ours. */
  record(fingerprint: string): KeyRecord | undefined;
  refuse(record: KeyRecord): void;
  /** Somebody who waits may go on. */
  changed(): void;
};

export function hear(fact: Fact, { homes, record: named, refuse, changed }: Hearer): void {
  if (fact.kind === 'home') {
    homes.settle(fact.model, fact.session, fact.key);
    return;
  }
  const record = fact.kind === 'load' ? undefined : named(fact.key);
  if (!record) return;
  switch (fact.kind) {
    case 'quota':
      if (fact.state === 'denied') record.deny(fact.model, fact.until);
      else record.learnQuota(fact.model, fact.state, fact.until, fact.strikes);
      return;
    case 'key':
      if (fact.state !== 'in use') refuse(record);
      else if (record.state !== 'in use') {
        record.state = 'in use';
        changed();
      }
      return;
    case 'breaker':
      record.breaker(fact.model).learn(fact.until, fact.opens);
      return;
    case 'sent':
      record.rate.note(fact.tokens, fact.at);
      return;
    default:
      return;
  }
}
