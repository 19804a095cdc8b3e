/** How a fact is written in Redis, for how long, and what of that is believed when it is read. */
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { Fact } from './shared.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Nothing that we tell holds for longer; the day's quota ends at midnight. */
const MAX_MS = 2 * DAY_MS;
/** Characters. Ours have some hundred. */
const MAX_TEXT = 10_000;

const FACT = Type.Union([
  Type.Object({
    kind: Type.Literal('quota'),
    key: Type.String(),
    model: Type.String(),
    state: Type.Union([Type.Literal('cooling'), Type.Literal('parked'), Type.Literal('denied')]),
    until: Type.Number(),
    strikes: Type.Integer({ minimum: 0 }),
  }),
  Type.Object({
    kind: Type.Literal('count-quota'),
    key: Type.String(),
    model: Type.String(),
    until: Type.Number(),
    strikes: Type.Integer({ minimum: 0 }),
  }),
  Type.Object({
    kind: Type.Literal('key'),
    key: Type.String(),
    state: Type.Union([Type.Literal('in use'), Type.Literal('refused'), Type.Literal('out')]),
    why: Type.Optional(Type.Union([Type.Literal('key'), Type.Literal('billing')])),
  }),
  Type.Object({
    kind: Type.Literal('breaker'),
    key: Type.String(),
    model: Type.String(),
    until: Type.Number(),
    opens: Type.Integer({ minimum: 0 }),
    blamed: Type.Optional(Type.String()),
  }),
  Type.Object({
    kind: Type.Literal('streams'),
    model: Type.String(),
    until: Type.Number(),
    opens: Type.Integer({ minimum: 0 }),
    blamed: Type.Optional(Type.String()),
  }),
  Type.Object({
    kind: Type.Literal('home'),
    model: Type.String(),
    session: Type.String(),
    key: Type.String(),
  }),
  Type.Object({
    kind: Type.Literal('load'),
    instance: Type.String(),
    inFlight: Type.Number({ minimum: 0 }),
    retries: Type.Number({ minimum: 0 }),
  }),
  Type.Object({
    kind: Type.Literal('sent'),
    key: Type.String(),
    at: Type.Number(),
    tokens: Type.Number({ minimum: 0 }),
  }),
]);

const ENVELOPE = Type.Object({
  /** The instance that says so. */
  from: Type.String(),
  /** Milliseconds since the epoch. */
  at: Type.Number(),
  fact: FACT,
});

export type Envelope = Omit<Static<typeof ENVELOPE>, 'fact'> & { fact: Fact };

export const writeEnvelope = (envelope: Envelope): string => JSON.stringify(envelope);

/** Undefined for what no instance of this version has written. */
export function readEnvelope(text: string): Envelope | undefined {
  if (text.length > MAX_TEXT) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(ENVELOPE, value) ? value : undefined;
  } catch {
    return undefined; // no JSON
  }
}

/** What a later fact of the same id replaces. Undefined for what is of the moment, and stored nowhere. */
export function factId(fact: Fact): string | undefined {
  switch (fact.kind) {
    case 'quota':
    case 'count-quota':
    case 'breaker':
      return JSON.stringify([fact.kind, fact.key, fact.model]);
    case 'key':
      return JSON.stringify([fact.kind, fact.key]);
    case 'streams':
      return JSON.stringify([fact.kind, fact.model]);
    case 'home':
      return JSON.stringify([fact.kind, fact.model, fact.session]);
    case 'load':
    case 'sent':
      return undefined;
  }
}

/**
 * Whether it holds for an instance that started after it was said. That Google refuses a key does not: who starts finds out
 * with one request, and a restart is how an operator takes a mended key back.
 */
export const holdsForNewcomers = (fact: Fact): boolean => fact.kind !== 'key' || fact.state === 'in use';

/**
 * Milliseconds. An end (a breaker closed, a key in use) stays for a day: an instance that was away must not tell
 * the beginning again.
 */
export function factTtl(fact: Fact, now: number): number {
  switch (fact.kind) {
    case 'quota':
      return fact.state === 'denied' ? HOUR_MS : untilOrDay(fact.until, now);
    case 'count-quota':
    case 'breaker':
    case 'streams':
      return untilOrDay(fact.until, now);
    case 'home':
      return HOUR_MS;
    default:
      return DAY_MS;
  }
}

const untilOrDay = (until: number, now: number): number =>
  until > now ? Math.min(MAX_MS, Math.ceil(until - now)) : DAY_MS;
