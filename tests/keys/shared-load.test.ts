import { describe, expect, test } from 'bun:test';
import type { Load } from '../../src/keys/retry-budget.ts';
import { SharedLoad } from '../../src/keys/shared-load.ts';
import { joinedStates } from '../support/joined-states.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';

const NOTHING: Load = { inFlight: 0, retries: 0 };

function instances(count: number) {
  const clock = new ManualClock();
  const all = joinedStates(count, clock).map((shared, index) => {
    const own: Load = { ...NOTHING };
    return { own, shared, load: new SharedLoad(shared, `instance-${index}`, clock, () => ({ ...own })) };
  });
  const close = () => {
    for (const { load } of all) load.close();
  };
  return { clock, all, close };
}

describe('what instances have under way', () => {
  test('is known to the others within a quarter of a second', async () => {
    const { clock, all, close } = instances(3);
    const [a, b, c] = all;
    Object.assign(a?.own ?? {}, { inFlight: 5, retries: 1 });
    Object.assign(b?.own ?? {}, { inFlight: 7, retries: 2 });
    await clock.advance(250);
    expect(c?.load.elsewhere()).toEqual({ inFlight: 12, retries: 3 });
    expect(a?.load.elsewhere()).toEqual({ inFlight: 7, retries: 2 });
    close();
  });

  test('is told again only every other second while it stays the same, and not at all when it is nothing', async () => {
    const { clock, all, close } = instances(2);
    const [a, b] = all;
    Object.assign(a?.own ?? {}, { inFlight: 5 });
    await clock.advance(10_000);
    expect(a?.shared.told.length).toBeLessThanOrEqual(6);
    expect(b?.shared.told).toEqual([]);
    const before = a?.shared.told.length ?? 0;
    Object.assign(a?.own ?? {}, NOTHING);
    await clock.advance(60_000);
    expect(a?.shared.told.slice(before)).toEqual([{ kind: 'load', instance: 'instance-0', ...NOTHING }]);
    expect(b?.load.elsewhere()).toEqual(NOTHING);
    close();
  });

  test('is forgotten of one that has not been heard of for ten seconds', async () => {
    const { clock, all, close } = instances(2);
    const [a, b] = all;
    Object.assign(a?.own ?? {}, { inFlight: 5, retries: 1 });
    await clock.advance(250);
    a?.load.close();
    await clock.advance(10_000);
    expect(b?.load.elsewhere()).toEqual({ inFlight: 5, retries: 1 });
    await clock.advance(1);
    expect(b?.load.elsewhere()).toEqual(NOTHING);
    close();
  });

  test("its own word, come back from elsewhere, is not another's", () => {
    const clock = new ManualClock();
    const [one, other] = joinedStates(2, clock);
    if (!one || !other) throw new Error('two');
    const load = new SharedLoad(one, 'me', clock, () => NOTHING);
    other.publish({ kind: 'load', instance: 'me', inFlight: 9, retries: 9 });
    expect(load.elsewhere()).toEqual(NOTHING);
    load.close();
  });

  test('closing leaves no timer', async () => {
    const { clock, close } = instances(2);
    close();
    await settle();
    expect(clock.sleeping).toBe(0);
  });
});
