/** What is true of keys, models, budgets and clients now. */
import { type KeysFacts, lastingStates } from '../../inspector/figures/keys-page.ts';
import { lately, servedElsewhere, servedHere } from '../../inspector/figures/lately.ts';
import type { Inspector } from '../../inspector/inspector.ts';
import type { KeysPage } from '../../inspector/shapes.ts';
import { dateOf } from '../../lib/ports.ts';
import { costOf } from '../../usage/counts.ts';
import { spanOfDay, type UsageReader } from '../../usage/reader.ts';
import type { ServerDeps } from '../deps.ts';

const todayBy = (usage: UsageReader, by: 'key' | 'model', { keys, clock }: ServerDeps) =>
  usage.by(by, { ...spanOfDay(clock.wall().getTime()), upstreams: [keys.kind] });

function budgetsOf({ limits, settings, admission, colleagues, budget }: ServerDeps): KeysPage['budgets'] {
  const elsewhere = [...colleagues.others().values()].reduce((sum, { open }) => sum + open, 0);
  const { dailyBudget, streamsMax } = settings;
  const retries = budget.lately();
  return [
    ...(dailyBudget === undefined
      ? []
      : [
          {
            name: 'Today, all clients',
            note: 'DAILY_BUDGET_USD, resets 00:00 UTC',
            now: limits.today().all.spent,
            most: dailyBudget,
            unit: 'dollars' as const,
          },
        ]),
    ...(retries === undefined
      ? []
      : [
          {
            name: 'Retries, last five minutes',
            note: 'at most a fifth of the answers, of all clients together; three requests at a time may always retry',
            ...retries,
            unit: 'count' as const,
          },
        ]),
    {
      name: 'Answers under way',
      note: 'STREAMS_MAX',
      now: admission.answersOpen + elsewhere,
      most: streamsMax,
      unit: 'count',
    },
  ];
}

function clientsOf(
  { limits, settings }: ServerDeps,
  minutes: ReadonlyMap<string, number>,
): KeysPage['clients'] {
  const spent = limits.today().clients;
  return settings.clients.map(({ name, limits: { requests, tokens, dollars } }) => ({
    name,
    note: [
      ...(requests === undefined ? [] : [`${requests} requests a minute`]),
      ...(tokens === undefined ? [] : [`${tokens} input tokens a minute`]),
      ...(dollars === undefined ? [] : [`$${dollars} a day`]),
    ].join(', '),
    ...(requests === undefined ? {} : { minute: { now: minutes.get(name) ?? 0, most: requests } }),
    ...(dollars === undefined ? {} : { day: { now: spent.get(name)?.spent ?? 0, most: dollars } }),
  }));
}

/** What is true of keys and models now. */
export function keysFacts(deps: ServerDeps, inspector: Inspector): KeysFacts {
  const { keys, settings, clock } = deps;
  const { big, small, patterns } = settings.modelMap;
  const moment = clock.monotonic();
  const states = keys.states().map((key) => lastingStates(key, moment));
  const now = clock.wall().getTime();
  const served = [...inspector.requests().map(servedHere), ...deps.elsewhere.rows().map(servedElsewhere)];
  const seen = lately(
    served.sort((a, b) => a.at - b.at),
    now,
  );
  const models = new Set(
    [big, small, ...patterns.map(([, target]) => target)].map((id) => settings.models.row(id).id),
  );
  for (const { models: troubled } of states) for (const { model } of troubled) models.add(model);
  for (const [from, others] of seen.replaced) {
    models.add(from);
    for (const { model } of others) models.add(model);
  }
  return {
    standIn: keys.kind === 'mock' || keys.kind === 'replay' ? keys.kind : undefined,
    states,
    models: [...models],
    usable: (model) => keys.usable(model),
    dateOf: (moment) => dateOf(clock, moment).getTime(),
    now,
    lately: seen,
    today: new Map(
      todayBy(deps.usage, 'key', deps).map((row) => [
        row.name,
        { requests: row.requests - row.errors, in: row.in + row.cached, ...costOf(row) },
      ]),
    ),
    keyRpm: settings.keyRpm,
    budgets: budgetsOf(deps),
    clients: clientsOf(deps, seen.byClient),
  };
}
