/** What the kept requests of the last minute say of keys, models and clients. */
import type { KeptRequest } from '../kept-request.ts';

const MINUTE_MS = 60_000;

export type Lately = {
  /** Upstream requests of the last minute, by key; requests of clients, by name. */
  byKey: ReadonlyMap<string, number>;
  byClient: ReadonlyMap<string, number>;
  /** The sessions whose last request went to a key. */
  sessions: ReadonlyMap<string, number>;
  /** What answers in place of a model: since when, and how many requests. */
  replaced: ReadonlyMap<string, { model: string; since: number; requests: number }>;
};

const add = (counts: Map<string, number>, name: string, more = 1) =>
  counts.set(name, (counts.get(name) ?? 0) + more);

/** `now`: milliseconds since the epoch. */
export function lately(requests: readonly KeptRequest[], now: number): Lately {
  const byKey = new Map<string, number>();
  const byClient = new Map<string, number>();
  const keyOf = new Map<string, string>();
  const replaced = new Map<string, { model: string; since: number; requests: number }>();
  for (const { at, key, client, session, attempts, replacement, resends } of requests) {
    // The mock's answers say nothing of Google's keys and models, and count for no client.
    if (resends?.to === 'mock') continue;
    const isLate = now - at < MINUTE_MS;
    if (isLate && key !== undefined) add(byKey, key, attempts);
    if (isLate && client !== undefined) add(byClient, client);
    if (session !== undefined && key !== undefined) keyOf.set(session, key);
    if (!replacement) continue;
    const { from, to } = replacement;
    const before = replaced.get(from);
    replaced.set(from, { model: to, since: before?.since ?? at, requests: (before?.requests ?? 0) + 1 });
  }
  const sessions = new Map<string, number>();
  for (const key of keyOf.values()) add(sessions, key);
  return { byKey, byClient, sessions, replaced };
}
