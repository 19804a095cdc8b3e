/** Pools of several instances: what one learns the others act on, and nobody repeats it. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { KeyPool } from '../../src/keys/pool.ts';
import { type Clock, dateOf } from '../../src/lib/ports.ts';
import { settle } from '../support/manual-clock.ts';
import { joinedPools } from '../support/pools/joined-pools.ts';
import { badKey, keyNamed, noQuota, perDay, perMinute, refusal } from '../support/pools/keys.ts';
import { ERRORS, MODELS, NAMES, type Told } from '../support/pools/pool-model.ts';
import { asked, breakWith, nameOf, patience, quiet } from '../support/pools/pools.ts';

const named = (pool: KeyPool, name: string) =>
  pool.backends.find(({ keyFingerprint }) => keyFingerprint === name) ?? pool.backends[0];
const modelsOf = (pool: KeyPool) => pool.states().map(({ models }) => models);
const statesOf = (pool: KeyPool) => pool.states().map(({ state }) => state);

describe('what one instance learns, the other acts on', () => {
  test.each([
    ['a quota of a minute', perMinute(20), 'cooling'],
    ['a quota of the day', perDay(), 'parked'],
    ['a model without access', noQuota(), 'denied'],
  ] as const)('%s', (_name, error, state) => {
    const { a, b } = joinedPools();
    a.pool.note(a.pool.backends[0], 'big', error);
    expect(b.pool.states()).toEqual(a.pool.states());
    expect(b.pool.states()[0]?.models[0]?.state).toBe(state);
    expect([1, 2, 3].map(() => asked(b.pool, 'big'))).not.toContain('a');
  });

  test('a key that is refused, and one that works again', () => {
    const { a, b } = joinedPools();
    const [first, second, third] = a.pool.backends;
    a.pool.note(first, 'big', badKey());
    expect(statesOf(b.pool)).toEqual(['out', 'in use', 'in use']);
    for (const backend of [second, third]) if (backend) a.pool.note(backend, 'big', badKey());
    expect(statesOf(b.pool)).toEqual(['out', 'out', 'refused']);
    a.pool.replace(a.pool.backends);
    expect(statesOf(b.pool)).toEqual(['in use', 'in use', 'in use']);
  });

  test('a quota of counts, which says nothing of answers', async () => {
    const { a, b, clock } = joinedPools();
    const before = b.pool.states();
    a.pool.countRoute('big', undefined).failed(perMinute(20));
    const counting = () => [1, 2, 3].map(() => nameOf(b.pool.countRoute('big', undefined).backend()));
    expect(counting()).not.toContain('a');
    expect(b.pool.states()).toEqual(before);
    await clock.advance(20_000);
    expect(counting()).toContain('a');
  });

  test('a quota of answers, which says nothing of counts', () => {
    const { a, b } = joinedPools();
    a.pool.note(a.pool.backends[0], 'big', perDay());
    expect([1, 2, 3].map(() => nameOf(b.pool.countRoute('big', undefined).backend()))).toContain('a');
  });

  test('a breaker that opens, and one that closes', async () => {
    const { a, b, clock } = joinedPools();
    const route = a.pool.route('big', 's1');
    await breakWith(route);
    expect(modelsOf(b.pool)).toEqual(modelsOf(a.pool));
    await clock.advance(5_000);
    const probe = b.pool.route('big', 's1');
    await probe.ready(patience(), quiet);
    probe.succeeded();
    expect([a.pool.states()[0]?.models, b.pool.states()[0]?.models]).toEqual([[], []]);
  });

  test('a breaker that one asker alone has opened, which holds nobody else', async () => {
    const { a, b } = joinedPools(2, undefined, ['only']);
    await breakWith(a.pool.route('big', 's1', 'poison'));
    expect([b.pool.usable('big', 'poison'), b.pool.usable('big', 'other')]).toEqual([false, true]);
    const other = b.pool.route('big', 's2', 'other');
    await other.ready(patience(), quiet);
    other.succeeded();
    expect([a, b].map(({ pool }) => pool.usable('big', 'poison'))).toEqual([true, true]);
  });

  test('which session has which key, without a word', async () => {
    const { a, b, clock } = joinedPools();
    const sessions = Array.from({ length: 20 }, (_, i) => `s${i}`);
    const keys = sessions.map((session) => asked(a.pool, 'big', session));
    expect(sessions.toReversed().map((session) => asked(b.pool, 'big', session))).toEqual(keys.toReversed());
    expect(new Set(keys).size).toBe(3);
    expect(a.shared.told).toEqual([]);
    // Where the key cools they agree on the next, and stay there.
    const home = asked(a.pool, 'big', 's1');
    a.pool.note(named(a.pool, home), 'big', perMinute(20));
    const moved = asked(a.pool, 'big', 's1');
    expect([moved === home, asked(b.pool, 'big', 's1')]).toEqual([false, moved]);
    await clock.advance(60_000);
    expect([a, b].map(({ pool }) => asked(pool, 'big', 's1'))).toEqual([moved, moved]);
    // An hour after its last request it is where all instances look for it.
    await clock.advance(3_600_000);
    expect([a, b].map(({ pool }) => asked(pool, 'big', 's1'))).toEqual([home, home]);
  });

  test('what was sent, for KEY_RPM', async () => {
    const { a, b } = joinedPools(2, { requests: 2, tokens: undefined }, ['only']);
    for (const { pool } of [a, b]) await pool.route('big', undefined).ready(patience(), quiet);
    await expect(a.pool.route('big', undefined).ready(patience(), quiet)).rejects.toMatchObject({
      retryAfter: 60,
    });
  });

  test('no earlier end of a quota than what it knows itself', () => {
    const { a, b, clock } = joinedPools();
    b.pool.note(b.pool.backends[0], 'big', perMinute(50));
    const late = { kind: 'quota', key: 'a', model: 'big', state: 'cooling', strikes: 0 } as const;
    a.shared.publish({ ...late, until: clock.wall().getTime() + 10_000 });
    expect(b.pool.states()[0]?.models[0]?.until).toBe(clock.monotonic() + 50_000);
  });

  test('nothing of keys that it has not', () => {
    const { a, b } = joinedPools();
    a.pool.replace([keyNamed('mine')]);
    a.pool.note(a.pool.backends[0], 'big', badKey());
    expect(statesOf(a.pool)).toEqual(['refused']);
    expect(statesOf(b.pool)).toEqual(['in use', 'in use', 'in use']);
  });
});

describe('a breaker that may be probed', () => {
  test('is probed by each instance, which asks nobody; the first answer closes it for all', async () => {
    const { a, b, clock } = joinedPools(2, undefined, ['only']);
    await breakWith(a.pool.route('big', undefined));
    await clock.advance(5_000);
    const [probe, other] = [a, b].map(({ pool }) => pool.route('big', undefined));
    expect([probe, other].map((route) => route?.readyNow(patience()))).toEqual([true, true]);
    expect(b.pool.route('big', undefined).readyNow(patience())).toBe(false);
    probe?.succeeded();
    expect(b.pool.route('big', undefined).readyNow(patience())).toBe(true);
    // What the other finds says nothing any more.
    other?.failed(refusal(503));
    expect(a.pool.states()[0]?.models).toEqual([]);
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

  /** What the other pool must believe after what was just told. */
  function heeded(
    pool: KeyPool,
    told: ReturnType<typeof joinedPools>['a']['shared']['told'],
    clock: Clock,
  ): void {
    for (const fact of told) {
      const state = 'key' in fact && pool.states().find(({ fingerprint }) => fingerprint === fact.key);
      if (!state) continue;
      if (fact.kind === 'key') expect(state.state === 'in use').toBe(fact.state === 'in use');
      if (fact.kind !== 'quota' && fact.kind !== 'breaker') continue;
      const rows = state.models.filter(({ model }) => model === fact.model);
      const held = rows.some(({ until }) => dateOf(clock, until).getTime() >= fact.until);
      if (fact.until > clock.wall().getTime()) expect([fact, held]).toEqual([fact, true]);
    }
  }

  test('each step is told by who took it, in a few words, and heeded by the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        const { clock, all } = joinedPools();
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
          heeded(other.pool, told, clock);
        }
      }),
      { numRuns: 150 },
    );
  });
});
