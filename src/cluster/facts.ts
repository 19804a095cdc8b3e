/** What instances of this proxy tell each other: facts, how each is written, for how long each holds. */
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Nothing that we tell holds for longer; the day's quota ends at midnight. */
const MAX_MS = 2 * DAY_MS;
/** Characters. Ours have some hundred. */
const MAX_TEXT = 10_000;

/** Fingerprint. */
const Key = Type.String();
const Model = Type.String();
/** By the wall's clock, in milliseconds since the epoch, as all times here: instances share no other. */
const Until = Type.Number();
const Count = Type.Integer({ minimum: 0 });
/** The only asker whose requests failed. */
const Blamed = Type.Optional(Type.String());

/**
 * Something that one instance has learned and the others should act on. A new kind needs no new version: an instance that does not know
 * it leaves it alone.
 */
const FACT = Type.Union([
  /** A key may not be used for a model's answers until then. */
  Type.Object({
    kind: Type.Literal('quota'),
    key: Key,
    model: Model,
    state: Type.Union([Type.Literal('cooling'), Type.Literal('parked'), Type.Literal('denied')]),
    until: Until,
    strikes: Count,
  }),
  /** A key may count no tokens with a model until then. */
  Type.Object({ kind: Type.Literal('count-quota'), key: Key, model: Model, until: Until, strikes: Count }),
  /** Whether Google accepts a key at all. */
  Type.Object({
    kind: Type.Literal('key'),
    key: Key,
    state: Type.Union([Type.Literal('in use'), Type.Literal('refused'), Type.Literal('out')]),
    why: Type.Optional(Type.Union([Type.Literal('key'), Type.Literal('billing')])),
  }),
  /** A breaker opened, or closed: then `until` is 0. */
  Type.Object({
    kind: Type.Literal('breaker'),
    key: Key,
    model: Model,
    until: Until,
    opens: Count,
    blamed: Blamed,
  }),
  /** The same for a model's streams: while they break, answers are asked for whole. */
  Type.Object({ kind: Type.Literal('streams'), model: Model, until: Until, opens: Count, blamed: Blamed }),
  /** A request was sent with a key, for `KEY_RPM` and `KEY_TPM`. */
  Type.Object({ kind: Type.Literal('sent'), key: Key, at: Until, tokens: Type.Number({ minimum: 0 }) }),
]);

export type Fact = Static<typeof FACT>;

const NOTICE = Type.Object({
  /** The instance that says so. */
  from: Type.String(),
  /** When it said so. */
  at: Until,
  fact: FACT,
});

export type Notice = Static<typeof NOTICE>;

export const writeNotice = (notice: Notice): string => JSON.stringify(notice);

/** Undefined for what no instance of this version has written. */
export function readNotice(text: string): Notice | undefined {
  if (text.length > MAX_TEXT) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(NOTICE, value) ? value : undefined;
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
    default:
      return DAY_MS;
  }
}

const untilOrDay = (until: number, now: number): number =>
  until > now ? Math.min(MAX_MS, Math.ceil(until - now)) : DAY_MS;
