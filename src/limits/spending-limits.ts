/**
 * Keeps to what may be spent in a day, by all clients and by each, and to each client's requests and tokens a minute. A
 * day is one of UTC. Why: docs/decisions/0152-budgets-and-clients.md
 */
import type { Fact } from '../cluster/facts.ts';
import type { SharedState } from '../cluster/shared.ts';
import { type RateLimits, RateWindow } from '../keys/rate-window.ts';
import { type Clock, momentOf } from '../lib/ports.ts';
import { DAY_MS, dayOf } from '../usage/counts.ts';
import { HELD_MS, type Ledger, type Spending } from '../usage/ledger.ts';
import type { ClientKey } from './client-key.ts';

/** The share of a budget from which on it is warned about. */
export const NEAR = 0.8;

export type Refusal =
  /** Nothing is left of the dollars of the day. `client`: undefined where all clients together have spent them. */
  | { kind: 'spent'; client: string | undefined; limit: number; waitMs: number }
  /** Requests that are under way may take what is left. */
  | { kind: 'reserved'; client: string | undefined; limit: number; waitMs: number }
  | { kind: 'rate'; client: string; what: 'requests' | 'tokens'; limit: number; waitMs: number };

export type Permit = {
  /** To be called when the request has ended. May be called repeatedly. */
  release(): void;
  /** The limit of dollars that is nearly reached, and the share that is spent. */
  near: { client: string | undefined; limit: number; share: number } | undefined;
};

export type Wanted = {
  /** Dollars a day of all clients together. */
  budget: number | undefined;
  client: ClientKey | undefined;
  model: string;
  /** What the request may cost, as far as can be said before. Undefined where nobody knows the model's price. */
  dollars(): number | undefined;
  tokens(): number;
};

/** Milliseconds after which somebody may ask again for what requests under way may have left over. */
const RESERVED_MS = 5_000;
/** Models that are told of: clients may make names up. */
const MOST_UNPRICED = 100;
const NOTHING: Spending = { spent: 0, reserved: 0 };
const NO_LIMITS: RateLimits = { requests: undefined, tokens: undefined };
const FREE: Permit = { release() {}, near: undefined };

type SpendingFact = Extract<Fact, { kind: 'spending' }>;
type Cap = { client: string | undefined; limit: number };
/** `until`: when the reservations end, in milliseconds since the epoch. */
type Told = { day: number; spending: Spending; until: number };

const added = (a: Spending, b: Spending): Spending => ({
  spent: a.spent + b.spent,
  reserved: a.reserved + b.reserved,
});

export type SpendingLimitsOptions = {
  ledger: Ledger;
  clock: Clock;
  shared: Pick<SharedState, 'publish' | 'listen' | 'status'>;
  /** False where nobody pays for what answers (a mock): its dollars are nothing to other instances, and theirs nothing to it. */
  isPaid: boolean;
  /** Runs once a day for each limit of dollars that is nearly reached, and once for each model that no limit holds. */
  onNews(message: string): void;
};

export class SpendingLimits {
  readonly #options: SpendingLimitsOptions;
  readonly #rates = new Map<string, RateWindow>();
  /** What the folders of other instances have told, by folder and client; the empty client is all of them. */
  readonly #elsewhere = new Map<string, Map<string, Told>>();
  readonly #folder: string;
  readonly #toldNear = new Set<string>();
  readonly #toldUnpriced = new Set<string>();
  /** True once a limit of dollars was looked at: only then must others know at once what was spent. */
  #isWatched = false;

  constructor(options: SpendingLimitsOptions) {
    this.#options = options;
    this.#folder = options.ledger.folder();
    options.shared.listen((fact) => {
      if (fact.kind === 'client-sent')
        this.#rate(fact.client).note(fact.tokens, momentOf(options.clock, fact.at));
      if (fact.kind !== 'spending' || fact.folder === this.#folder || !options.isPaid) return;
      this.#hear(fact);
    });
  }

  /** Admits a request, or says why not. */
  admit(wanted: Wanted): Permit | { refusal: Refusal } {
    const { client } = wanted;
    const rate = client && this.#overRate(client, wanted);
    if (rate) return { refusal: rate };
    const caps = capsOf(wanted);
    const permit = caps.length === 0 ? FREE : this.#reserved(caps, wanted);
    if (!('refusal' in permit) && client) this.#noteSent(client, wanted);
    return permit;
  }

  /** What was spent today, here and elsewhere: by all clients, and by each that has a name. */
  today(): { all: Spending; clients: ReadonlyMap<string, Spending> } {
    const here = this.#options.ledger.today();
    const names = new Set([
      ...here.keys(),
      ...[...this.#elsewhere.values()].flatMap((told) => [...told.keys()]),
    ]);
    names.delete('');
    return {
      all: this.#all(here),
      clients: new Map([...names].map((name) => [name, this.#of(name, here)])),
    };
  }

  /** Milliseconds since the epoch at which the day ends. */
  resetsAt(): number {
    return (dayOf(this.#now()) + 1) * DAY_MS;
  }

  /** To be called when something was spent: what is known only in memory would let others spend it again. */
  spent(): void {
    // Reading writes what was counted until now, so that it outlives this process.
    if (this.#isWatched) this.#publish(this.#options.ledger.today());
  }

  #hear({ folder, client, day, spent, reserved, until = this.#now() + HELD_MS }: SpendingFact): void {
    const told = this.#elsewhere.get(folder) ?? new Map<string, Told>();
    const before = told.get(client);
    // Several processes tell of one folder, so an older sum may come last. On one day it only grows.
    const most = before?.day === day ? Math.max(before.spending.spent, spent) : spent;
    told.set(client, { day, spending: { spent: most, reserved }, until });
    this.#elsewhere.set(folder, told);
  }

  #now(): number {
    return this.#options.clock.wall().getTime();
  }

  #all(here: ReadonlyMap<string, Spending>): Spending {
    return [...here.values()].reduce(added, this.#toldOf(''));
  }

  #of(client: string, here: ReadonlyMap<string, Spending>): Spending {
    return added(here.get(client) ?? NOTHING, this.#toldOf(client));
  }

  #toldOf(client: string): Spending {
    const now = this.#now();
    let sum = NOTHING;
    for (const folder of this.#elsewhere.values()) {
      const told = folder.get(client);
      if (told?.day !== dayOf(now)) continue;
      const { spent, reserved } = told.spending;
      // An instance that was killed gives nothing back.
      sum = added(sum, { spent, reserved: told.until > now ? reserved : 0 });
    }
    return sum;
  }

  #reserved(caps: readonly Cap[], { client, model, dollars: most }: Wanted): Permit | { refusal: Refusal } {
    this.#isWatched = true;
    let near: Permit['near'];
    const dollars = most();
    if (dollars === undefined) this.#tellUnpriced(model);
    const reserved = this.#options.ledger.reserve(
      { client: client?.name ?? '', dollars: dollars ?? 0 },
      (here) => {
        for (const cap of caps) {
          const spending = cap.client === undefined ? this.#all(here) : this.#of(cap.client, here);
          const refusal = this.#overCap(cap, spending);
          if (refusal) return refusal;
          const share = spending.spent / cap.limit;
          if (share >= NEAR) near ??= { ...cap, share };
        }
        return undefined;
      },
    );
    this.#publish();
    if (near) this.#tellNear(near);
    if ('refusal' in reserved) return reserved;
    const release = () => {
      reserved.release();
      this.#publish();
    };
    return { release, near };
  }

  #tellNear({ client, limit, share }: NonNullable<Permit['near']>): void {
    const name = `${dayOf(this.#now())} ${client ?? ''}`;
    if (this.#toldNear.has(name)) return;
    this.#toldNear.add(name);
    const whose = client === undefined ? 'DAILY_BUDGET_USD' : `CLIENT_KEYS: dollarsPerDay of ${client}`;
    this.#options.onNews(
      `${whose}: ${Math.round(share * 100)} % of $${limit} is spent; there is more at 00:00 UTC`,
    );
  }

  /** Whoever has set a limit relies on it. */
  #tellUnpriced(model: string): void {
    if (this.#toldUnpriced.has(model) || this.#toldUnpriced.size >= MOST_UNPRICED) return;
    this.#toldUnpriced.add(model);
    this.#options.onNews(
      `what ${model} costs is not in DAILY_BUDGET_USD and dollarsPerDay, which cannot hold it: nobody knows its price (MODELS_FILE can tell it)`,
    );
  }

  #overCap(cap: Cap, { spent, reserved }: Spending): Refusal | undefined {
    if (spent >= cap.limit) return { kind: 'spent', ...cap, waitMs: this.resetsAt() - this.#now() };
    return spent + reserved >= cap.limit ? { kind: 'reserved', ...cap, waitMs: RESERVED_MS } : undefined;
  }

  #rate(client: string): RateWindow {
    const known = this.#rates.get(client) ?? new RateWindow(NO_LIMITS, this.#options.clock);
    this.#rates.set(client, known);
    return known;
  }

  #overRate({ name, limits }: ClientKey, { tokens }: Wanted): Refusal | undefined {
    const { requests, tokens: most } = limits;
    if (requests === undefined && most === undefined) return undefined;
    const rate = this.#rate(name);
    rate.limit({ requests, tokens: most });
    const { at, limit } = rate.roomFor(most === undefined ? 0 : tokens());
    const waitMs = at - this.#options.clock.monotonic();
    if (limit === undefined || waitMs <= 0) return undefined;
    const isRequests = limit.startsWith('KEY_RPM');
    return {
      kind: 'rate',
      client: name,
      what: isRequests ? 'requests' : 'tokens',
      limit: (isRequests ? requests : most) ?? 0,
      waitMs,
    };
  }

  #noteSent({ name, limits }: ClientKey, { tokens }: Wanted): void {
    if (limits.requests === undefined && limits.tokens === undefined) return;
    const count = limits.tokens === undefined ? 0 : tokens();
    this.#rate(name).note(count);
    this.#options.shared.publish({ kind: 'client-sent', client: name, at: this.#now(), tokens: count });
  }

  /** Processes on one folder read the ledger; only instances with other folders have to be told. */
  #publish(known?: ReadonlyMap<string, Spending>): void {
    const { shared, ledger, isPaid } = this.#options;
    if (shared.status().kind !== 'redis' || !isPaid) return;
    const here = known ?? ledger.today();
    const day = dayOf(this.#now());
    const until = this.#now() + HELD_MS;
    const all = [...here.values()].reduce(added, NOTHING);
    const named = [...here].filter(([client]) => client !== '');
    for (const [client, spending] of [...named, ['', all] as const])
      shared.publish({ kind: 'spending', folder: this.#folder, day, client, until, ...spending });
  }
}

function capsOf({ budget, client }: Wanted): Cap[] {
  const dollars = client?.limits.dollars;
  return [
    ...(budget === undefined ? [] : [{ client: undefined, limit: budget }]),
    ...(client === undefined || dollars === undefined ? [] : [{ client: client.name, limit: dollars }]),
  ];
}
