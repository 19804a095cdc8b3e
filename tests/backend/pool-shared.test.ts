/** Pools of several instances: what one learns the others act on, and nobody says anything twice. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { KeyPool } from '../../src/backend/pool.ts';
import type { RateLimits } from '../../src/backend/rate.ts';
import { joinedStates } from '../support/joined-states.ts';
import { badKey, keyNamed, noQuota, perDay, perMinute, refusal } from '../support/keys.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { ERRORS, MODELS, NAMES, type Told } from '../support/pool-model.ts';
import { asked, breakWith, nameOf, openPool, patience, quiet } from '../support/pools.ts';

function joined(count = 2, rates?: RateLimits, names: readonly string[] = NAMES) {
  const clock = new ManualClock();
  const [first = 'a', ...others] = names;
  const all = joinedStates(count, clock).map((shared) => {
    const backends = [keyNamed(first), ...others.map(keyNamed)] as const;
    return { shared, ...openPool({ shared, backends, ...(rates ? { rates } : {}) }, clock) };
  });
  const [a, b] = all;
  if (!a || !b) throw new Error('two at least');
  return { clock, all, a, b };
}

const statesOf = (pool: KeyPool) => pool.states().map(({ state }) => state);

describe('what one instance learns, the other acts on', () => {
  test.each([
    ['a quota of a minute', perMinute(20), 'cooling'],
    ['a quota of the day', perDay(), 'parked'],
    ['a model without access', noQuota(), 'denied'],
  ] as const)('%s', (_name, error, state) => {
    const { a, b } = joined();
    a.pool.note(a.pool.backends[0], 'big', error);
    expect(b.pool.states()).toEqual(a.pool.states());
    expect(b.pool.states()[0]?.models[0]?.state).toBe(state);
    expect([1, 2, 3].map(() => asked(b.pool, 'big'))).not.toContain('a');
  });

  test('a key that is refused, and one that works again', () => {
    const { a, b } = joined();
    const [first, second, third] = a.pool.backends;
    a.pool.note(first, 'big', badKey());
    expect(statesOf(b.pool)).toEqual(['out', 'in use', 'in use']);
    for (const backend of [second, third]) if (backend) a.pool.note(backend, 'big', badKey());
    expect(statesOf(b.pool)).toEqual(['out', 'out', 'refused']);
    a.pool.replace(a.pool.backends);
    expect(statesOf(b.pool)).toEqual(['in use', 'in use', 'in use']);
  });

  test('a breaker that opens, and one that closes', async () => {
    const { a, b, clock } = joined();
    const route = a.pool.route('big', 's1');
    await breakWith(route);
    expect(b.pool.states()).toEqual(a.pool.states());
    await clock.advance(5_000);
    const probe = b.pool.route('big', 's1');
    await probe.ready(patience(), quiet);
    probe.succeeded();
    expect([a.pool.states()[0]?.models, b.pool.states()[0]?.models]).toEqual([[], []]);
  });

  test('the key of a session', () => {
    const { a, b } = joined();
    for (const session of ['s1', 's2', 's3']) asked(a.pool, 'big', session);
    expect(['s3', 's1', 's2'].map((session) => asked(b.pool, 'big', session))).toEqual(['c', 'a', 'b']);
  });

  test('the key that a session has been moved to', () => {
    const { a, b } = joined();
    expect([asked(a.pool, 'big', 's1'), asked(b.pool, 'big', 's1')]).toEqual(['a', 'a']);
    a.pool.note(a.pool.backends[0], 'big', badKey());
    const moved = asked(a.pool, 'big', 's1');
    a.pool.note(a.pool.backends[0], 'big', undefined);
    expect([moved === 'a', asked(b.pool, 'big', 's1')]).toEqual([false, moved]);
  });

  test('what was sent, for KEY_RPM', async () => {
    const { a, b } = joined(2, { requests: 2, tokens: undefined }, ['only']);
    for (const { pool } of [a, b]) await pool.route('big', undefined).ready(patience(), quiet);
    await expect(a.pool.route('big', undefined).ready(patience(), quiet)).rejects.toMatchObject({
      retryAfter: 60,
    });
  });

  test('no earlier end of a quota than what it knows itself', () => {
    const { a, b, clock } = joined();
    b.pool.note(b.pool.backends[0], 'big', perMinute(50));
    const late = { kind: 'quota', key: 'a', model: 'big', state: 'cooling', strikes: 0 } as const;
    a.shared.publish({ ...late, until: clock.now() + 10_000 });
    expect(b.pool.states()[0]?.models[0]?.until).toBe(clock.now() + 50_000);
  });

  test('nothing of keys that it has not', () => {
    const { a, b } = joined();
    a.pool.replace([keyNamed('mine')]);
    a.pool.note(a.pool.backends[0], 'big', badKey());
    expect(statesOf(a.pool)).toEqual(['refused']);
    expect(statesOf(b.pool)).toEqual(['in use', 'in use', 'in use']);
  });
});

describe('one probe of all instances', () => {
  async function failing(count = 2) {
    const opened = joined(count, undefined, ['only']);
    await breakWith(opened.a.pool.route('big', undefined));
    return opened;
  }

  test('the others wait for what it tells', async () => {
    const { a, b, clock } = await failing();
    await clock.advance(5_000);
    const probe = a.pool.route('big', undefined);
    await probe.ready(patience(), quiet);
    const other = b.pool.route('big', undefined).ready(patience(30_000), quiet);
    await clock.advance(10_000);
    expect(clock.sleeping).toBe(1);
    probe.succeeded();
    await other;
  });

  test('of fifty instances at once, one asks', async () => {
    const { all, clock } = await failing(50);
    await clock.advance(5_000);
    const routes = all.map(({ pool }) => pool.route('big', undefined).ready(patience(), quiet));
    const outcomes = await Promise.allSettled(routes);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('one that told nothing is followed by another of the same instance, at once', async () => {
    const { a, clock } = await failing();
    await clock.advance(5_000);
    for (let i = 0; i < 3; i++) {
      const probe = a.pool.route('big', undefined);
      await probe.ready(patience(), quiet);
      probe.released();
    }
  });

  test('one whose instance has died is followed by one of another', async () => {
    const { a, b, clock } = await failing();
    await clock.advance(5_000);
    await a.pool.route('big', undefined).ready(patience(), quiet);
    const other = b.pool.route('big', undefined).ready(patience(60_000), quiet);
    await clock.advance(30_000);
    await other;
  });
});

describe('whatever comes', () => {
  const step = fc.record({
    who: fc.nat(1),
    key: fc.nat(2),
    model: fc.constantFrom(...MODELS),
    what: fc.constantFrom(
      ...(Object.keys(ERRORS) as Told[]),
      ...(['well', 'answered', 'storm', 'reload'] as const),
    ),
    ms: fc.constantFrom(0, 0, 1, 5_000, 20_000, 60_000, 3_600_000),
  });
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  async function act({ pool }: { pool: KeyPool }, { key, model, what }: Step): Promise<void> {
    const backend = pool.backends[key];
    if (!backend) return;
    if (what === 'well') pool.note(backend, model, undefined);
    else if (what === 'reload') pool.replace(pool.backends);
    else if (what === 'answered' || what === 'storm') {
      const route = pool.route(model, undefined);
      for (let i = 0; i < (what === 'storm' ? 5 : 1); i++) {
        const refused = await route.ready(patience(), quiet).then(
          () => false,
          () => true,
        );
        if (refused) return;
        if (what === 'storm') route.failed(refusal(503));
        else route.succeeded();
        route.released();
      }
    } else pool.note(backend, model, ERRORS[what].make());
  }

  /** Of what was just told: what the other pool must hold to be true now. */
  function heeded(pool: KeyPool, told: ReturnType<typeof joined>['a']['shared']['told'], now: number): void {
    for (const fact of told) {
      const state = 'key' in fact && pool.states().find(({ fingerprint }) => fingerprint === fact.key);
      if (!state) continue;
      if (fact.kind === 'key') expect(state.state === 'in use').toBe(fact.state === 'in use');
      if (fact.kind !== 'quota' && fact.kind !== 'breaker') continue;
      const rows = state.models.filter(({ model }) => model === fact.model);
      const held = rows.some(({ until }) => until >= fact.until);
      if (fact.until > now) expect([fact, held]).toEqual([fact, true]);
    }
  }

  test('each step is told by who took it, in a few words, and heeded by the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        const { clock, all } = joined();
        for (const one of steps) {
          await clock.advance(one.ms);
          const [actor, other] = [all[one.who], all[1 - one.who]];
          if (!actor || !other) throw new Error('two');
          const before = [actor.shared.told.length, other.shared.told.length] as const;
          await act(actor, one);
          await settle();
          const told = actor.shared.told.slice(before[0]);
          expect(other.shared.told.length).toBe(before[1]);
          expect(told.length).toBeLessThanOrEqual(NAMES.length);
          heeded(other.pool, told, clock.now());
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("another instance's probe", () => {
  /** Key a fails; the first of `count` instances has begun to probe it. */
  async function probing(names: readonly string[], rates?: RateLimits, count = 2) {
    const { clock, all, a, b } = joined(count, rates, names);
    await breakWith(a.pool.route('big', 's1'));
    await clock.advance(5_000);
    const probe = a.pool.route('big', 's1');
    await probe.ready(patience(), quiet);
    return { clock, all, b, probe };
  }

  test.each([true, false])('holds nobody back from a key that is well (would wait: %p)', async (waits) => {
    const { b } = await probing(['a', 'b']);
    const route = b.pool.route('big', 's1');
    await route.ready(patience(30_000, { forBreaker: () => waits }), quiet);
    expect(nameOf(route.backend)).toBe('b');
  });

  test('costs nothing of KEY_RPM while it is waited for', async () => {
    const { clock, b, probe } = await probing(['only'], { requests: 7, tokens: undefined });
    const route = b.pool.route('big', 's2');
    const ready = route.ready(patience(30_000), quiet);
    await clock.advance(12_000);
    probe.succeeded();
    probe.released();
    await clock.advance(2_000);
    await ready;
    expect(b.shared.told.filter(({ kind }) => kind === 'sent')).toHaveLength(1);
  });

  test('is not given away by one that was slower', async () => {
    const { clock, all, b, probe } = await probing(['only'], undefined, 3);
    await clock.advance(30_000);
    const second = b.pool.route('big', undefined);
    await second.ready(patience(), quiet);
    probe.released();
    const third = all[2]?.pool.route('big', undefined);
    expect(third?.ready(patience(), quiet)).rejects.toThrow('keeps failing');
  });
});
