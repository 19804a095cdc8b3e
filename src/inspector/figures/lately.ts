/** What the kept requests say of keys, models and clients: of the last minute, and of today. */
import type { KeptRequest } from '../kept-request.ts';
import type { Instead, Row } from '../shapes.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** What is asked of a request here, whichever process has served it. */
export type Served = {
  at: number;
  key: string | undefined;
  client: string | undefined;
  session: string | undefined;
  replacement: { from: string; to: string } | undefined;
  isMocks: boolean;
};

export const servedHere = ({ at, key, client, session, replacement, resends }: KeptRequest): Served => ({
  at,
  key,
  client,
  session,
  replacement,
  isMocks: resends?.to === 'mock',
});

export const servedElsewhere = ({
  id,
  at,
  key,
  client,
  thread,
  replaced,
  answered,
  resends,
}: Row): Served => ({
  at,
  key,
  client,
  session: thread === id ? undefined : thread,
  replacement:
    replaced === undefined || answered === undefined ? undefined : { from: replaced, to: answered },
  isMocks: resends?.to === 'mock',
});

export type Lately = {
  /** Requests of clients within the last minute, by name. */
  byClient: ReadonlyMap<string, number>;
  /** The sessions whose last request went to a key. */
  sessions: ReadonlyMap<string, number>;
  /** What has answered in place of a model today, the latest first. */
  replaced: ReadonlyMap<string, readonly Instead[]>;
};

const add = (counts: Map<string, number>, name: string, more = 1) =>
  counts.set(name, (counts.get(name) ?? 0) + more);

/** `all`: the oldest first. `now`: milliseconds since the epoch. */
export function lately(all: readonly Served[], now: number): Lately {
  const today = now - (now % DAY_MS);
  const byClient = new Map<string, number>();
  const keyOf = new Map<string, string>();
  const replaced = new Map<string, Map<string, Instead>>();
  for (const { at, key, client, session, replacement, isMocks } of all) {
    // The mock's answers say nothing of Google's keys and models, and count for no client.
    if (isMocks) continue;
    if (now - at < MINUTE_MS && client !== undefined) add(byClient, client);
    if (session !== undefined && key !== undefined) keyOf.set(session, key);
    if (!replacement || at < today) continue;
    const { from, to } = replacement;
    const others = replaced.get(from) ?? new Map<string, Instead>();
    const { since, requests } = others.get(to) ?? { since: at, requests: 0 };
    // What has answered last comes last, and is turned to the front in the end.
    others.delete(to);
    others.set(to, { model: to, since, last: at, requests: requests + 1 });
    replaced.set(from, others);
  }
  const sessions = new Map<string, number>();
  for (const key of keyOf.values()) add(sessions, key);
  const latestFirst = (others: ReadonlyMap<string, Instead>) => [...others.values()].reverse();
  return {
    byClient,
    sessions,
    replaced: new Map([...replaced].map(([from, others]) => [from, latestFirst(others)])),
  };
}
