/** The facts that instances of this proxy tell each other: how a fact is written, and for how long it holds. */
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** No fact holds for longer than this: a quota of the day is back at midnight. */
const MAX_MS = 2 * DAY_MS;
/** The most characters of a notice. A notice of ours has some hundred. */
const MAX_TEXT = 10_000;

/** The fingerprint of a key. */
const Key = Type.String();
const Model = Type.String();
/**
 * A time by the wall clock, in milliseconds since the epoch. All times in facts are written like this, because
 * instances share no other clock.
 */
const Until = Type.Number();
const Count = Type.Integer({ minimum: 0 });
/** The only asker whose requests failed. */
const Blamed = Type.Optional(Type.String());

/**
 * Something that one instance has learned and the others should act on. A new kind of fact needs no new version: an
 * instance leaves a fact alone whose kind it does not know.
 */
const FACT = Type.Union([
  /** A key may not be used for a model's answers before `until`. */
  Type.Object({
    kind: Type.Literal('quota'),
    key: Key,
    model: Model,
    state: Type.Union([Type.Literal('cooling'), Type.Literal('parked'), Type.Literal('denied')]),
    until: Until,
    strikes: Count,
  }),
  /** A key may count no tokens with a model before `until`. */
  Type.Object({ kind: Type.Literal('count-quota'), key: Key, model: Model, until: Until, strikes: Count }),
  /** Whether Google accepts a key at all. */
  Type.Object({
    kind: Type.Literal('key'),
    key: Key,
    state: Type.Union([Type.Literal('in use'), Type.Literal('refused'), Type.Literal('out')]),
    why: Type.Optional(Type.Union([Type.Literal('key'), Type.Literal('billing')])),
  }),
  /** A breaker opened or closed. Where it closed, `until` is 0. */
  Type.Object({
    kind: Type.Literal('breaker'),
    key: Key,
    model: Model,
    until: Until,
    opens: Count,
    blamed: Blamed,
  }),
  /** A breaker of a model's streams opened or closed: while streams break, answers are asked for whole. */
  Type.Object({ kind: Type.Literal('streams'), model: Model, until: Until, opens: Count, blamed: Blamed }),
  /** A request was sent with a key. It counts for `KEY_RPM` and `KEY_TPM`. */
  Type.Object({ kind: Type.Literal('sent'), key: Key, at: Until, tokens: Type.Number({ minimum: 0 }) }),
  /**
   * Google keeps the beginning of a prompt for a key until `until`; 0 where it does no longer. `prefix` names the
   * beginning, `name` what is kept. Without a name: it is about to be kept.
   */
  Type.Object({
    kind: Type.Literal('kept-prompt'),
    key: Key,
    model: Model,
    prefix: Type.String(),
    name: Type.String(),
    tokens: Count,
    until: Until,
    ttl: Count,
  }),
  /**
   * A prompt with this beginning was answered. `reuses`: how often it was sent again; `isEnd`: it is all that was to be
   * cached; `missed`, `read`: tokens that were read anew, and that came from a cache.
   */
  Type.Object({
    kind: Type.Literal('prompt-sent'),
    name: Type.String(),
    reuses: Count,
    isEnd: Type.Boolean(),
    tokens: Count,
    missed: Count,
    read: Count,
  }),
  /** A client that has limits of its own has sent a request. */
  Type.Object({
    kind: Type.Literal('client-sent'),
    client: Type.String(),
    at: Until,
    tokens: Type.Number({ minimum: 0 }),
  }),
  /**
   * What was spent on a day (counted from the epoch), and what requests under way may still cost, by those who keep their
   * usage in one folder. The empty client stands for all. `until`: when the last of the reservations ends by itself;
   * absent in what older versions tell.
   */
  Type.Object({
    kind: Type.Literal('spending'),
    folder: Type.String(),
    day: Count,
    client: Type.String(),
    spent: Type.Number({ minimum: 0 }),
    reserved: Type.Number({ minimum: 0 }),
    until: Type.Optional(Until),
  }),
  /** A proxy has been here since, and tells so again before `until`; 0 where it ends. */
  Type.Object({ kind: Type.Literal('here'), proxy: Type.String(), since: Until, until: Until }),
  /** The mock has answered so many requests of a turn; 0 where the turn has ended. `turn` is a hash of what was said. */
  Type.Object({ kind: Type.Literal('mock-turn'), turn: Type.String(), count: Count }),
]);

export type Fact = Static<typeof FACT>;

const NOTICE = Type.Object({
  /** The instance that tells the fact. */
  from: Type.String(),
  /** The time at which that instance told the fact. */
  at: Until,
  fact: FACT,
});

export type Notice = Static<typeof NOTICE>;

export const writeNotice = (notice: Notice): string => JSON.stringify(notice);

/** The notice in `text`; undefined for a text that no instance of this version has written. */
export function readNotice(text: string): Notice | undefined {
  if (text.length > MAX_TEXT) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(NOTICE, value) ? value : undefined;
  } catch {
    return undefined; // no JSON
  }
}

/**
 * The id of a fact. A later fact with the same id replaces an earlier one. Undefined for facts that are not stored,
 * because they matter only at the moment.
 */
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
    case 'spending':
      return JSON.stringify([fact.kind, fact.folder, fact.client]);
    case 'kept-prompt':
      return JSON.stringify([fact.kind, fact.prefix]);
    case 'here':
      return JSON.stringify([fact.kind, fact.proxy]);
    case 'prompt-sent':
    case 'sent':
    case 'client-sent':
    case 'mock-turn':
      return undefined;
  }
}

/**
 * True where a fact holds for an instance that started after the fact was told. "Google refuses this key" does not hold
 * for it: an instance that starts finds this out with one request, and operators restart a proxy to use a mended key
 * again.
 */
export const holdsForNewcomers = (fact: Fact): boolean => fact.kind !== 'key' || fact.state === 'in use';

/**
 * The milliseconds for which a fact is stored. The end of something (a breaker closed, a key is in use) is stored for a
 * day. Without it, an instance that was away would tell the beginning again.
 */
export function factTtl(fact: Fact, now: number): number {
  switch (fact.kind) {
    case 'quota':
      return fact.state === 'denied' ? HOUR_MS : untilOrDay(fact.until, now);
    case 'count-quota':
    case 'breaker':
    case 'streams':
    case 'kept-prompt':
      return untilOrDay(fact.until, now);
    case 'here':
      return Math.max(1, Math.min(MINUTE_MS, fact.until - now));
    default:
      return DAY_MS;
  }
}

const untilOrDay = (until: number, now: number): number =>
  until > now ? Math.min(MAX_MS, Math.ceil(until - now)) : DAY_MS;
