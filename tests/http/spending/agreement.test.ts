/**
 * Whatever counts a session counts the same: the metrics, `/health`, the stored usage, and the inspector's list and charts,
 * to the token and the cent.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { HealthAnswer } from '../../../src/http/api-description/answers.ts';
import type { Charts, Row, Usage } from '../../../src/inspector/shapes.ts';
import { allEnded, Looker } from '../../support/clients/looker.ts';
import {
  ASKINGS,
  FIGURES,
  type Figures,
  LOST,
  playSession,
  type Running,
  startSession,
} from '../../support/clients/scripted-session.ts';

const PROXY_KEY = 'between-us';
const CLIENTS = { alice: 'key-of-alice-000001', bob: 'key-of-bob-00000002' } as const;
type Name = keyof typeof CLIENTS;
const NAMES = Object.keys(CLIENTS) as Name[];

let running: Running;
beforeAll(async () => {
  running = await startSession({
    PROXY_API_KEY: PROXY_KEY,
    CLIENT_KEYS: JSON.stringify(Object.fromEntries(NAMES.map((name) => [name, { key: CLIENTS[name] }]))),
  });
  await playSession(running, (client) => ({ 'x-api-key': CLIENTS[client] }));
});
afterAll(() => running.proxy[Symbol.asyncDispose]());

const ask = (path: string) => fetch(`${running.proxy.url}${path}`, { headers: { 'x-api-key': PROXY_KEY } });
/** Milliseconds between two tellings of the list. */
const PACE_MS = 250;

const cents = (dollars: number) => Number(dollars.toFixed(9));

/** The sum of the series of a metric with these labels. */
const sumOf = (text: string, name: string, labels: Record<string, string>): number =>
  [...text.matchAll(new RegExp(`^gemini_claude_proxy_${name}\\{(.*)\\} (\\S+)$`, 'gm'))]
    .filter(([, given = '']) =>
      Object.entries(labels).every(([label, value]) => given.includes(`${label}="${value}"`)),
    )
    .reduce((sum, [, , value]) => sum + Number(value), 0);

describe.each(NAMES)('%s', (client) => {
  const wanted: Figures = FIGURES[client];

  test('has these tokens and dollars in the metrics', async () => {
    const text = await (await ask('/metrics')).text();
    const tokens = (kind: string) => sumOf(text, 'tokens_total', { client, kind });
    expect({
      in: tokens('input'),
      cached: tokens('cached'),
      out: tokens('output') + tokens('thinking'),
      thinking: tokens('thinking'),
      dollars: cents(sumOf(text, 'cost_dollars_total', { client })),
      listDollars: cents(sumOf(text, 'anthropic_list_dollars_total', { client })),
    }).toEqual({
      in: wanted.in,
      cached: wanted.cached,
      out: wanted.out,
      thinking: wanted.thinking,
      dollars: wanted.dollars,
      listDollars: wanted.listDollars,
    });
  });

  test('has these dollars in the rows of the page', async () => {
    const looker = await Looker.at(running.proxy, { 'x-api-key': PROXY_KEY });
    // The list is told a few times a second, by the clock of the session.
    while (!allEnded(ASKINGS.length)(looker)) {
      await running.google.clock.advance(PACE_MS);
      await new Promise(setImmediate);
    }
    const rows = looker.list.filter((row) => row.client === client);
    looker.leave();
    const sum = (of: (row: Row) => number | undefined) =>
      cents(rows.reduce((all, row) => all + (of(row) ?? 0), 0));
    expect(sum(({ dollars }) => dollars)).toBe(wanted.dollars);
    expect(sum(({ listDollars }) => listDollars)).toBe(wanted.listDollars);
    expect(rows.filter(({ sign }) => sign === 'failed')).toHaveLength(wanted.errors);
  });

  test('has these tokens and dollars in the parts that each request tells, those of failed attempts apart', async () => {
    const looker = await Looker.at(running.proxy, { 'x-api-key': PROXY_KEY });
    while (!allEnded(ASKINGS.length)(looker)) {
      await running.google.clock.advance(PACE_MS);
      await new Promise(setImmediate);
    }
    const rows = looker.list.filter((row) => row.client === client && row.dollars !== undefined);
    looker.leave();
    const usages = await Promise.all(
      rows.map(async ({ id }) => (await (await ask(`/ui/api/requests/${id}/usage`)).json()) as Usage),
    );
    const parts = usages.flatMap((usage) => usage.parts);
    const sum = (are: readonly { dollars: number }[]) =>
      cents(are.reduce((all, { dollars }) => all + dollars, 0));
    expect(sum(parts)).toBe(wanted.dollars);
    const lost = cents(rows.reduce((all, { lostDollars = 0 }) => all + lostDollars, 0));
    expect(lost).toBe(LOST[client]);
    expect(sum(parts.filter(({ group }) => group?.startsWith('failed attempts')))).toBe(LOST[client]);
  });

  test('has these figures in the charts of the page, which come from the stored usage', async () => {
    const charts = (await (await ask('/ui/api/charts?range=24h&by=client')).json()) as Charts;
    const row = charts.table.find(({ name }) => name === client);
    expect(
      row && { ...row, dollars: cents(row.dollars ?? 0), listDollars: cents(row.listDollars ?? 0) },
    ).toMatchObject({
      requests: wanted.requests,
      errors: wanted.errors,
      in: wanted.in + wanted.cached,
      cached: wanted.cached,
      out: wanted.out,
      dollars: wanted.dollars,
      listDollars: wanted.listDollars,
    });
  });
});

test('/health tells the dollars of the day, and no more errors than the metrics', async () => {
  const health = (await (await ask('/health')).json()) as HealthAnswer;
  expect(cents(health.usage?.today.dollars ?? 0)).toBe(FIGURES.all.dollars);
  const text = await (await ask('/metrics')).text();
  expect(sumOf(text, 'errors_total', {})).toBe(
    Object.values(health.errors).reduce((sum, count) => sum + count, 0),
  );
  expect(sumOf(text, 'retries_total', {})).toBe(health.retries);
});

test.each([
  ['a client', CLIENTS.alice, 403],
  ['a stranger', 'nobody', 401],
])('%s sees nothing of it', async (_, key, status) => {
  for (const path of ['/metrics', '/ui/api/charts', '/ui/api/live'])
    expect((await fetch(`${running.proxy.url}${path}`, { headers: { 'x-api-key': key } })).status, path).toBe(
      status,
    );
});
