/** What `/health` tells of usage: today's figures, the budget, clients, and one session. */
import { NEAR } from '../../limits/spending-limits.ts';
import { type Counts, knownDollars } from '../../usage/counts.ts';
import { spanOfDay } from '../../usage/reader.ts';
import type { BudgetAnswer, SpentAnswer, UsageAnswer } from '../api-description/usage-answers.ts';
import type { ServerDeps } from '../deps.ts';

/** The share of a budget that is spent, in words. */
function budgetState(spent: number, limit: number): BudgetAnswer['state'] {
  if (spent >= limit) return 'spent';
  return spent >= NEAR * limit ? 'near' : 'ok';
}

/** The budget of the day; undefined where none is set. */
export function budgetNow({ settings, limits }: ServerDeps): BudgetAnswer | undefined {
  const limit = settings.dailyBudget;
  if (limit === undefined) return undefined;
  const { spent, reserved } = limits.today().all;
  const resets_at = new Date(limits.resetsAt()).toISOString();
  return { limit, spent, reserved, state: budgetState(spent, limit), resets_at };
}

const told = (counts: Counts): SpentAnswer => ({
  requests: counts.requests,
  errors: counts.errors,
  tokens_in: counts.in,
  tokens_cached: counts.cached,
  tokens_out: counts.out,
  // A price that nobody knows is not 0.
  dollars: knownDollars(counts) ?? null,
  unpriced_calls: counts.unpriced,
  list_dollars: counts.listDollars,
});

/** For those who may see everything. `session`: the label of a session of which the figures are wanted. */
export function usageNow(deps: ServerDeps, session: string | null): UsageAnswer {
  const { usage, settings, limits, clock, keys } = deps;
  // What the mock has answered in the same folder is no part of what Gemini has cost.
  const upstreams = [keys.kind];
  const today = { ...spanOfDay(clock.wall().getTime()), upstreams };
  const budget = budgetNow(deps);
  const counted = new Map(usage.by('client', today).map((row) => [row.name, row]));
  const clients = settings.clients.map(({ name, limits: own }) => {
    const counts = counted.get(name);
    return [
      name,
      {
        requests: counts?.requests ?? 0,
        dollars: counts ? (knownDollars(counts) ?? null) : 0,
        ...(own.dollars === undefined ? {} : { dollars_per_day: own.dollars }),
      },
    ] as const;
  });
  const found = session === null ? undefined : usage.session(session, upstreams);
  return {
    today: told(usage.total(today)),
    ...(budget ? { budget } : {}),
    ...(clients.length > 0 ? { clients: Object.fromEntries(clients) } : {}),
    ...(found ? { session: { ...told(found), model: found.model } } : {}),
    resets_at: new Date(limits.resetsAt()).toISOString(),
  };
}
