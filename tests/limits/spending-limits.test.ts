/** Limits over several instances, each with a folder of its own, and over processes on one. */
import { Database } from 'bun:sqlite';
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SharedState } from '../../src/cluster/shared.ts';
import type { ClientKey } from '../../src/limits/client-key.ts';
import { type Permit, type Refusal, SpendingLimits } from '../../src/limits/spending-limits.ts';
import { dayOf } from '../../src/usage/counts.ts';
import { Ledger } from '../../src/usage/ledger.ts';
import { UsageStore, WRITE_MS } from '../../src/usage/store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { joinedStates } from '../support/pools/joined-states.ts';

const folders: string[] = [];
const newFile = () => {
  const made = mkdtempSync(join(tmpdir(), 'limits-'));
  folders.push(made);
  return join(made, 'usage.sqlite');
};
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

let ids = 0;

function instance(shared: SharedState, clock: ManualClock, file = newFile(), isPaid = true) {
  const after = clock.after.bind(clock);
  const warnings: string[] = [];
  const troubles: string[] = [];
  const onWarning = (text: string) => void troubles.push(text);
  const store = new UsageStore({ file, upstream: 'gemini', clock, after, onWarning });
  const ledger = new Ledger({
    read: () => store.read(),
    isWritable: () => store.isWritable,
    unwritten: (day) => store.unwritten(day),
    onTrouble: (error) => store.trouble(error),
    upstream: 'gemini',
    now: () => clock.wall().getTime(),
    newId: () => `id-${ids++}`,
  });
  const limits = new SpendingLimits({
    ledger,
    clock,
    shared,
    isPaid,
    onNews: (text) => void warnings.push(text),
  });
  const admit = (dollars: number | undefined, client?: ClientKey, model = 'm') =>
    limits.admit({ budget: 1, client, model, dollars: () => dollars, tokens: () => 10 });
  const spend = (dollars: number, client = '') => {
    store.add({ model: 'm', asked: 'a', key: 'k', client, caller: 'main' }, undefined, { calls: 1, dollars });
    limits.spent();
  };
  return { file, store, limits, admit, spend, warnings, troubles, now: () => clock.wall().getTime(), clock };
}

const kindOf = (admitted: Permit | { refusal: Refusal }) =>
  'refusal' in admitted ? admitted.refusal.kind : 'admitted';
const two = (): [SharedState, SharedState] => {
  const [one, other] = joinedStates(2);
  if (!one || !other) throw new Error('two states');
  return [one, other];
};

describe('instances with folders of their own', () => {
  test('know what the others have spent, and what they may spend still', () => {
    const clock = new ManualClock();
    const [a, b] = two();
    const [one, other] = [instance(a, clock), instance(b, clock)];
    const permit = one.admit(0.6);
    expect(kindOf(permit)).toBe('admitted');
    other.admit(0.6);
    expect(kindOf(other.admit(0.1))).toBe('reserved');
    if ('release' in permit) permit.release();
    one.spend(1);
    expect(kindOf(other.admit(0.1))).toBe('spent');
    expect(other.limits.today().all.spent).toBe(1);
  });

  test('hold nothing any more for a request that has ended', () => {
    const clock = new ManualClock();
    const [a, b] = two();
    const [one, other] = [instance(a, clock), instance(b, clock)];
    const permit = one.admit(0.9);
    one.spend(0.1);
    if ('release' in permit) permit.release();
    expect(other.limits.today().all).toEqual({ spent: 0.1, reserved: 0 });
    expect(kindOf(other.admit(0.8))).toBe('admitted');
  });

  test('hold what one that was killed has reserved for a while only', () => {
    const clock = new ManualClock();
    const [a, b] = two();
    const [one, other] = [instance(a, clock), instance(b, clock)];
    one.admit(1);
    expect(kindOf(other.admit(0.1))).toBe('reserved');
    clock.setWall(900_001);
    expect(kindOf(other.admit(0.1))).toBe('admitted');
  });

  test('do not add what a mock has answered, nor does the mock add what they have', () => {
    const clock = new ManualClock();
    const [a, b] = two();
    const [real, mock] = [instance(a, clock), instance(b, clock, newFile(), false)];
    real.admit(0);
    mock.admit(0);
    real.spend(0.25);
    mock.spend(0.5);
    expect([real.limits.today().all.spent, mock.limits.today().all.spent]).toEqual([0.25, 0.5]);
  });

  test('believe the larger of two sums of a day, whichever comes last', () => {
    const clock = new ManualClock();
    const [a, b] = two();
    const other = instance(b, clock);
    const day = dayOf(clock.wall().getTime());
    const spending = { kind: 'spending', folder: 'elsewhere', day, client: '', reserved: 0 } as const;
    a.publish({ ...spending, spent: 0.7 });
    a.publish({ ...spending, spent: 0.4 });
    expect(other.limits.today().all.spent).toBe(0.7);
  });

  test('count nothing twice when one of them starts again on its folder', () => {
    const clock = new ManualClock();
    const [a, b] = two();
    const [one, other] = [instance(a, clock), instance(b, clock)];
    one.admit(0);
    one.spend(0.6);
    one.store.close();
    const again = instance(a, clock, one.file);
    again.admit(0);
    again.spend(0.2);
    expect(other.limits.today().all.spent).toBeCloseTo(0.8, 9);
    expect(again.limits.today().all.spent).toBeCloseTo(0.8, 9);
  });

  test('forget it all at 00:00 UTC', () => {
    const clock = new ManualClock();
    const [a, b] = two();
    const [one, other] = [instance(a, clock), instance(b, clock)];
    one.admit(0);
    one.spend(2);
    expect(kindOf(other.admit(0))).toBe('spent');
    clock.setWall(86_400_000);
    expect([kindOf(one.admit(0)), kindOf(other.admit(0))]).toEqual(['admitted', 'admitted']);
  });

  test('share the requests of a client', async () => {
    const clock = new ManualClock();
    const [a, b] = two();
    const [one, other] = [instance(a, clock), instance(b, clock)];
    const client = {
      name: 'alice',
      digest: '',
      limits: { requests: 2, tokens: undefined, dollars: undefined },
    };
    expect([
      kindOf(one.admit(0, client)),
      kindOf(other.admit(0, client)),
      kindOf(one.admit(0, client)),
    ]).toEqual(['admitted', 'admitted', 'rate']);
    await clock.advance(60_000);
    expect(kindOf(other.admit(0, client))).toBe('admitted');
  });
});

describe('processes on one folder', () => {
  test('reserve one after the other, and what a killed one has reserved is there again after a while', () => {
    const clock = new ManualClock();
    const [a, b] = two();
    const one = instance(a, clock);
    const other = instance(b, clock, one.file);
    // This process is killed: it never gives back what it has reserved.
    one.admit(1);
    expect(kindOf(other.admit(0.1))).toBe('reserved');
    clock.setWall(900_001);
    expect(kindOf(other.admit(0.1))).toBe('admitted');
  });
});

describe('while the file cannot be written', () => {
  const alone = () => {
    const clock = new ManualClock();
    const [a] = two();
    return instance(a, clock);
  };

  test('requests are admitted, and the limit is kept to by what this process knows', () => {
    const one = alone();
    one.spend(0.3);
    one.store.read().run('PRAGMA query_only = 1');
    const permit = one.admit(0.5);
    expect(kindOf(permit)).toBe('admitted');
    one.spend(0.2);
    expect(one.limits.today().all).toEqual({ spent: 0.5, reserved: 0.5 });
    expect(kindOf(one.admit(0.1))).toBe('reserved');
    if ('release' in permit) permit.release();
    one.spend(0.5);
    expect(kindOf(one.admit(0.1))).toBe('spent');
    expect(one.troubles).not.toEqual([]);
  });

  test('nothing of it is lost once the file can be written again', async () => {
    const one = alone();
    const waiting = () => one.store.unwritten(dayOf(one.now())).get('');
    one.store.read().run('PRAGMA query_only = 1');
    one.admit(0.5);
    one.spend(0.4);
    expect(waiting()).toBe(0.4);
    one.store.read().run('PRAGMA query_only = 0');
    await one.clock.advance(WRITE_MS);
    expect(waiting()).toBeUndefined();
    expect(one.limits.today().all.spent).toBe(0.4);
  });

  test('a process that waited in vain for another one waits for it no more until the next write is due', async () => {
    const one = alone();
    const reserved = () => one.store.read().query('SELECT count(*) AS count FROM reserved').get();
    const other = new Database(one.file);
    other.run('BEGIN IMMEDIATE');
    expect(kindOf(one.admit(0.1))).toBe('admitted');
    expect(one.store.isWritable).toBe(false);
    other.run('COMMIT');
    other.close();
    expect(kindOf(one.admit(0.1))).toBe('admitted');
    expect(one.limits.today().all.reserved).toBeCloseTo(0.2, 9);
    expect(reserved()).toEqual({ count: 0 });
    await one.clock.advance(WRITE_MS);
    one.admit(0.1);
    expect(reserved()).toEqual({ count: 1 });
  });

  test('a request that was admitted before can end', () => {
    const one = alone();
    const permit = one.admit(0.5);
    one.store.close();
    if ('release' in permit) permit.release();
    expect(one.troubles).toHaveLength(1);
  });
});

test('what the file cannot tell any more is known from before', () => {
  const clock = new ManualClock();
  const [a] = two();
  const one = instance(a, clock);
  one.admit(0);
  one.spend(0.9);
  one.store.read().run('DROP TABLE reserved');
  expect(one.limits.today().all.spent).toBe(0.9);
  expect([kindOf(one.admit(0.2)), kindOf(one.admit(0.2))]).toEqual(['admitted', 'reserved']);
});

test('who is near the limit is told of once a day', () => {
  const clock = new ManualClock();
  const [a] = two();
  const one = instance(a, clock);
  one.spend(0.85);
  for (let i = 0; i < 3; i++) expect(one.admit(0)).toMatchObject({ near: { limit: 1, share: 0.85 } });
  expect(one.warnings).toEqual(['DAILY_BUDGET_USD: 85 % of $1 is spent; there is more at 00:00 UTC']);
  clock.setWall(86_400_000);
  one.spend(0.9);
  one.admit(0);
  expect(one.warnings).toHaveLength(2);
});

test('a model without a price is told of once, since no limit of dollars holds it', () => {
  const clock = new ManualClock();
  const [a] = two();
  const one = instance(a, clock);
  for (const model of ['gemini-9-xenon', 'gemini-9-xenon', 'gemini-9-krypton'])
    expect(kindOf(one.admit(undefined, undefined, model))).toBe('admitted');
  expect(one.warnings).toEqual([
    expect.stringContaining('what gemini-9-xenon costs is not in DAILY_BUDGET_USD'),
    expect.stringContaining('gemini-9-krypton'),
  ]);
  for (let i = 0; i < 200; i++) one.admit(undefined, undefined, `made-up-${i}`);
  expect(one.warnings).toHaveLength(100);
});
