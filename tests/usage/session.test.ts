/** A scripted session, and what is counted of it: to the token and the cent, before a restart and after it. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HealthAnswer } from '../../src/http/api-description/answers.ts';
import { systemClock } from '../../src/lib/ports.ts';
import type { Counts } from '../../src/usage/counts.ts';
import { UsageReader } from '../../src/usage/reader.ts';
import { UsageStore } from '../../src/usage/store.ts';
import {
  DOLLARS_BY_MODEL,
  FIGURES,
  type Figures,
  playSession,
  startSession,
} from '../support/clients/scripted-session.ts';
import { ManualClock } from '../support/manual-clock.ts';

const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'usage-'));
  folders.push(made);
  return made;
};
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

const DAY = { since: Date.UTC(2026, 10, 30), until: Date.UTC(2026, 11, 1) };

/** What another process reads in the folder. */
function reading<T>(dataDir: string, look: (reader: UsageReader) => T): T {
  const clock = new ManualClock();
  const store = new UsageStore({
    file: join(dataDir, 'usage.sqlite'),
    upstream: 'gemini',
    clock,
    after: clock.after.bind(clock),
    onWarning: (message) => {
      throw new Error(message);
    },
  });
  try {
    return look(new UsageReader(() => store.read()));
  } finally {
    store.close();
  }
}

const told = (counts: Counts): Figures => ({
  requests: counts.requests,
  errors: counts.errors,
  in: counts.in,
  cached: counts.cached,
  out: counts.out,
  thinking: counts.thinking,
  dollars: Number(counts.dollars.toFixed(9)),
  listDollars: Number(counts.listDollars.toFixed(9)),
  unpriced: counts.unpriced,
});

const twice = (figures: Figures): Figures =>
  Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, Number((2 * value).toFixed(9))]),
  ) as Figures;

async function played(dataDir: string): Promise<void> {
  const running = await startSession({ DATA_DIR: dataDir });
  await playSession(running);
  await running.proxy[Symbol.asyncDispose]();
}

describe('the usage of a session', () => {
  test('is right to the token and the cent: in all, by model, by session', async () => {
    const dataDir = folder();
    await played(dataDir);
    reading(dataDir, (usage) => {
      expect(told(usage.total(DAY))).toEqual(FIGURES.all);
      const models = usage.by('model', DAY).map(({ name, dollars }) => [name, Number(dollars.toFixed(9))]);
      expect(Object.fromEntries(models)).toEqual(DOLLARS_BY_MODEL);
      const [first, second] = usage.by('session', DAY).map(told);
      expect([first, second]).toEqual([FIGURES.bob, FIGURES.alice]);
      expect(usage.by('day', DAY).map(({ name }) => name)).toEqual(['2026-11-30']);
    });
  });

  test('is of two keys, and of the models that clients have asked for', async () => {
    const dataDir = folder();
    await played(dataDir);
    reading(dataDir, (usage) => {
      const keys = usage.by('key', DAY);
      expect(keys).toHaveLength(2);
      const sum = keys.reduce((all, { dollars }) => all + dollars, 0);
      expect(sum).toBeCloseTo(FIGURES.all.dollars, 9);
      const asked = usage.by('asked', DAY).map(({ name, requests }) => [name, requests]);
      expect(Object.fromEntries(asked)).toEqual({
        'claude-opus-5-5': 4,
        'claude-haiku-5-5': 1,
        'claude-sonnet-5-5': 3,
        'gemini-9-xenon': 1,
      });
    });
  });

  test('in /health is that of who answers now: the mock may have used the same folder', async () => {
    const dataDir = folder();
    const clock = new ManualClock();
    const onWarning = () => {};
    const file = join(dataDir, 'usage.sqlite');
    const mocked = new UsageStore({ file, upstream: 'mock', clock, after: systemClock.after, onWarning });
    const place = { model: 'gemini-4-argon', asked: 'claude-opus-5-5', key: '', client: '', caller: 'main' };
    mocked.add(place, undefined, { requests: 5, calls: 5, dollars: 9 });
    mocked.close();
    const running = await startSession({ DATA_DIR: dataDir });
    await using proxy = running.proxy;
    await playSession(running);
    const { usage } = (await (await fetch(`${proxy.url}/health`)).json()) as HealthAnswer;
    expect(usage?.today.requests).toBe(FIGURES.all.requests);
    expect(usage?.today.dollars).toBeCloseTo(FIGURES.all.dollars, 9);
  });

  test('goes on after a restart', async () => {
    const dataDir = folder();
    await played(dataDir);
    await played(dataDir);
    expect(reading(dataDir, (usage) => told(usage.total(DAY)))).toEqual(twice(FIGURES.all));
  });

  test('has the errors by their type, and how soon answers began', async () => {
    const dataDir = folder();
    await played(dataDir);
    reading(dataDir, (usage) => {
      const hours = usage.errors(3_600_000, DAY);
      expect(hours).toHaveLength(24);
      expect(Object.fromEntries(hours[0]?.types ?? [])).toEqual({ invalid_request_error: 1 });
      expect(usage.firsts(3_600_000, DAY)[0]).toMatchObject({ count: FIGURES.all.requests - 1 });
      const columns = usage.columns('model', 3_600_000, DAY);
      expect([...(columns[0]?.groups.keys() ?? [])].sort()).toEqual(Object.keys(DOLLARS_BY_MODEL).sort());
      expect(columns[1]?.groups.size).toBe(0);
    });
  });
});
