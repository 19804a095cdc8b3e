import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY_MS, HOUR_MS, type Place, type Upstream } from '../../src/usage/counts.ts';
import { UsageReader } from '../../src/usage/reader.ts';
import { bucketOf, timeBy } from '../../src/usage/spread.ts';
import { KEPT_DAYS, UsageStore, WRITE_MS } from '../../src/usage/store.ts';
import { ManualClock } from '../support/manual-clock.ts';

const folders: string[] = [];
const newFile = () => {
  const made = mkdtempSync(join(tmpdir(), 'usage-'));
  folders.push(made);
  return join(made, 'usage.sqlite');
};
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

const NOON = Date.UTC(2026, 10, 30, 12);
const place = (changes: Partial<Place> = {}): Place => ({
  model: 'model-a',
  asked: 'big-1',
  key: 'abcd',
  client: '',
  caller: 'main',
  ...changes,
});
const ALL = { since: 0, until: NOON + 3_000 * DAY_MS };

function opened(file: string, at = NOON, upstream: Upstream = 'gemini') {
  const clock = new ManualClock(at);
  const warnings: string[] = [];
  const after = clock.after.bind(clock);
  const onWarning = (message: string) => void warnings.push(message);
  const store = new UsageStore({ file, upstream, clock, after, onWarning });
  return { clock, store, warnings, reader: new UsageReader(() => store.read()) };
}

describe('what was counted', () => {
  test('is written two seconds later: a process that is killed loses no more', async () => {
    const file = newFile();
    const { store, clock } = opened(file);
    store.add(place(), 'session', { requests: 1, dollars: 0.25 });
    expect(opened(file).reader.total(ALL).requests).toBe(0);
    await clock.advance(WRITE_MS);
    // The first store is left as a killed process leaves it.
    expect(opened(file).reader.total(ALL)).toMatchObject({ requests: 1, dollars: 0.25 });
  });

  test('of several processes is added up', () => {
    const file = newFile();
    const [one, two] = [opened(file), opened(file)];
    for (const { store } of [one, two, one]) store.add(place(), 'session', { requests: 1, in: 10 });
    one.store.close();
    expect(two.reader.total(ALL)).toMatchObject({ requests: 3, in: 30 });
    expect(two.reader.session('session', ['gemini'])).toMatchObject({
      requests: 3,
      model: 'model-a',
      began: NOON,
    });
  });

  test('of a session is told for each upstream: what the mock has answered costs nothing', () => {
    const file = newFile();
    const [mocked, real] = [opened(file, NOON, 'mock'), opened(file)];
    mocked.store.add(place({ model: 'model-m' }), 'session', { requests: 5, dollars: 9 });
    mocked.store.close();
    real.store.add(place(), 'session', { requests: 1, dollars: 0.5 });
    expect(real.reader.session('session', ['gemini'])).toMatchObject({ dollars: 0.5, model: 'model-a' });
    expect(real.reader.session('session', ['mock'])).toMatchObject({ dollars: 9, model: 'model-m' });
    expect(real.reader.session('session', ['vertex'])).toBeUndefined();
  });

  test('costs one timer, however much it is, and none after the end', () => {
    const { store, clock } = opened(newFile());
    for (let i = 0; i < 100; i++) store.add(place({ key: `key-${i}` }), undefined, { requests: 1 });
    expect(clock.sleeping).toBe(1);
    store.close();
    expect(clock.sleeping).toBe(0);
  });

  test('is kept by upstream, model, key, client, kind and session', () => {
    const { store, reader } = opened(newFile());
    store.add(place({ client: 'alice' }), 'a', { requests: 1, dollars: 1 });
    store.add(place({ client: 'bob', model: 'model-b', caller: 'title' }), 'b', { requests: 2, dollars: 3 });
    expect(reader.by('client', ALL).map(({ name, requests }) => [name, requests])).toEqual([
      ['bob', 2],
      ['alice', 1],
    ]);
    expect(reader.by('caller', ALL).map(({ name }) => name)).toEqual(['title', 'main']);
    expect(reader.by('session', ALL).map(({ name }) => name)).toEqual(['b', 'a']);
    expect(reader.by('hour', ALL).map(({ name }) => name)).toEqual(['2026-11-30T12']);
    expect(reader.total({ ...ALL, upstreams: ['mock'] }).requests).toBe(0);
  });

  test('becomes days after a while, then nothing: the sums stay until then', () => {
    const file = newFile();
    const first = opened(file);
    first.store.add(place(), 'old', { requests: 1, dollars: 0.5 });
    first.store.addError(place(), 'api_error');
    first.store.addFirst(place(), 1_000);
    first.clock.setWall(HOUR_MS);
    first.store.add(place(), 'old', { requests: 1, dollars: 0.5 });
    first.store.close();
    const later = opened(file, NOON + (KEPT_DAYS.hours + 1) * DAY_MS);
    later.store.add(place(), 'new', { requests: 1 });
    expect(later.reader.by('hour', ALL).map(({ name, requests }) => [name, requests])).toEqual([
      ['2026-11-30T00', 2],
      [new Date(NOON + (KEPT_DAYS.hours + 1) * DAY_MS).toISOString().slice(0, 13), 1],
    ]);
    expect(later.reader.total(ALL).dollars).toBe(1);
    expect(later.reader.session('old', ['gemini'])).toBeUndefined();
    later.store.close();
    const last = opened(file, NOON + (KEPT_DAYS.days + 1) * DAY_MS);
    last.store.add(place(), 'new', { requests: 1 });
    expect(last.reader.by('day', ALL).map(({ requests }) => requests)).toEqual([1, 1]);
  });

  test('in a file that is broken begins anew, and says so', () => {
    const file = newFile();
    writeFileSync(file, 'no database at all, but long enough to be taken for one'.repeat(100));
    const { store, reader, warnings } = opened(file);
    store.add(place(), undefined, { requests: 1 });
    expect(reader.total(ALL).requests).toBe(1);
    expect(warnings[0]).toContain('corrupt');
  });
});

describe('how soon answers began', () => {
  test.each([1, 900, 1_000, 31_900, 600_000])('%p ms is told to some percent', (ms) => {
    const told = timeBy(0.5, new Map([[bucketOf(ms), 1]])) ?? 0;
    expect(Math.abs(told - ms) / ms).toBeLessThan(0.05);
  });

  test('half and most of them, of all columns alike', () => {
    const { store, reader } = opened(newFile());
    for (let i = 1; i <= 100; i++) store.addFirst(place(), i * 100);
    const [column] = reader.firsts(DAY_MS, { since: NOON, until: NOON + 1 });
    expect(column?.count).toBe(100);
    expect(Math.abs((column?.half ?? 0) - 5_000)).toBeLessThan(300);
    expect(Math.abs((column?.most ?? 0) - 9_500)).toBeLessThan(500);
    expect(reader.firstsBy('model', ALL).get('model-a')?.count).toBe(100);
  });
});
