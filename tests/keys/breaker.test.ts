/**
 * The breaker in examples, and compared with a known library where both do the same. Its model: breaker-model.test.ts
 */
import { afterAll, describe, expect, setSystemTime, test } from 'bun:test';
import {
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  noJitterGenerator,
} from 'cockatiel';
import fc from 'fast-check';
import { FIGURES, openBreaker, START } from '../support/pools/breaker-model.ts';

describe('the breaker and that of cockatiel', () => {
  afterAll(() => {
    setSystemTime();
  });

  /** Asks one after the other, where cockatiel does the same. */
  test('let the same requests pass', async () => {
    const step = fc.record({ ms: fc.constantFrom(0, 1, 4_999, 5_000, 10_000, 60_000), fails: fc.boolean() });
    // Runs of failures: by chance alone five in a row are rare.
    const steps = fc.array(fc.tuple(step, fc.constantFrom(1, 1, 5, 6)), { maxLength: 30 });
    let opened = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const { breaker, time } = openBreaker({ ...FIGURES, atLeast: Infinity });
        const oracle = circuitBreaker(handleAll, {
          breaker: new ConsecutiveBreaker(FIGURES.consecutive),
          halfOpenAfter: new ExponentialBackoff({
            generator: noJitterGenerator,
            initialDelay: FIGURES.open.first,
            maxDelay: FIGURES.open.most,
          }),
        });
        for (const { ms, fails } of script.flatMap(([one, times]) => Array<typeof one>(times).fill(one))) {
          time.now += ms;
          setSystemTime(time.now);
          let asked = false;
          const ask = async () => {
            asked = true;
            if (fails) throw new Error('failed');
          };
          await oracle.execute(ask).catch(() => {});
          const given = breaker.pass();
          expect(given !== undefined).toBe(asked);
          if (fails) given?.failed();
          else given?.succeeded();
        }
        if (breaker.state !== 'closed') opened++;
      }),
      { numRuns: 300 },
    );
    expect(opened).toBeGreaterThan(20);
  });
});

// ── by example ────────────────────────────────────────────────────────────────────────────────────────────────

describe('a breaker', () => {
  test('opens with the fifth failure in a row, and lets nothing pass', () => {
    const { breaker, time, fail } = openBreaker();
    fail(4);
    expect(breaker.state).toBe('closed');
    fail();
    expect([breaker.state, breaker.until]).toEqual(['open', START + 5_000]);
    time.now += 4_999;
    expect(breaker.pass()).toBeUndefined();
  });

  test('a success starts the row anew', () => {
    const { breaker, fail } = openBreaker();
    fail(4);
    breaker.pass()?.succeeded();
    fail(4);
    expect(breaker.state).toBe('closed');
  });

  test.each([
    ['half of ten', [true, false, true, false, true, false, true, false, false, true], 'open'],
    ['less than half', [true, false, true, false, true, false, true, false, false, false], 'closed'],
    ['nine alone', [true, false, true, false, true, false, true, false, true], 'closed'],
  ] as const)('%s within the window: %p is %s', (_name, script, state) => {
    const { breaker, time } = openBreaker();
    for (const fails of script) {
      const given = breaker.pass();
      if (fails) given?.failed();
      else given?.succeeded();
      time.now += 2_900;
    }
    expect(breaker.state).toBe(state);
  });

  test.each([
    ['half a minute ago do not count', 30_000, 'closed'],
    ['a moment less do', 29_999, 'open'],
  ] as const)('failures of %s', (_name, ms, state) => {
    const { breaker, time, fail } = openBreaker();
    fail(4);
    for (let i = 0; i < 5; i++) breaker.pass()?.succeeded();
    time.now += ms;
    fail();
    expect(breaker.state).toBe(state);
  });

  test('failures that are far apart do not count', () => {
    const { breaker, time } = openBreaker();
    for (let i = 0; i < 30; i++) {
      const given = breaker.pass();
      if (i % 2 === 0) given?.failed();
      else given?.succeeded();
      time.now += 3_001;
    }
    expect(breaker.state).toBe('closed');
  });

  test('half-open: of 100 at once one passes, and its success lets all pass', () => {
    const { breaker, fail, wait } = openBreaker();
    fail(5);
    wait();
    const passes = Array.from({ length: 100 }, () => breaker.pass()).filter((given) => given !== undefined);
    expect(passes).toHaveLength(1);
    passes[0]?.succeeded();
    expect([breaker.state, breaker.opens]).toEqual(['closed', 0]);
    expect(Array.from({ length: 100 }, () => breaker.pass())).not.toContain(undefined);
  });

  test('each failed probe doubles the time, up to a minute; a success begins anew', () => {
    const { breaker, time, fail, wait } = openBreaker();
    fail(5);
    const waited: number[] = [];
    for (let i = 0; i < 6; i++) {
      waited.push(breaker.until - time.now);
      wait();
      fail();
    }
    expect(waited).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
    wait();
    breaker.pass()?.succeeded();
    fail(5);
    expect(breaker.until - time.now).toBe(5_000);
  });

  test('a probe that gets lost makes room for another, and is not heard any more', () => {
    const { breaker, time, fail, wait } = openBreaker();
    fail(5);
    wait();
    const lost = breaker.pass();
    time.now += FIGURES.probeMs - 1;
    expect(breaker.pass()).toBeUndefined();
    time.now += 1;
    const next = breaker.pass();
    lost?.failed();
    expect(breaker.state).toBe('half-open');
    next?.succeeded();
    expect(breaker.state).toBe('closed');
  });

  test('a probe that is called off makes room at once', () => {
    const { breaker, fail, wait } = openBreaker();
    fail(5);
    wait();
    breaker.pass()?.abandoned();
    expect(breaker.pass()).toBeDefined();
    expect(breaker.pass()).toBeUndefined();
  });

  test('what was sent before it opened decides nothing afterwards', () => {
    const { breaker, fail, wait } = openBreaker();
    const early = Array.from({ length: 3 }, () => breaker.pass());
    fail(5);
    early[0]?.succeeded();
    expect(breaker.state).toBe('open');
    wait();
    breaker.pass()?.succeeded();
    fail(4);
    early[1]?.failed();
    early[2]?.failed();
    expect(breaker.state).toBe('closed');
  });

  test('tells each change once, and who saw it', () => {
    const { breaker, time, date, changes, fail, wait } = openBreaker();
    fail(7);
    wait();
    fail();
    breaker.learn(date(time.now + 50_000), 3);
    breaker.learn(date(time.now + 50_000), 3);
    breaker.learn(0, 0);
    breaker.learn(0, 0);
    expect(changes).toEqual(['open seen', 'half-open seen', 'open seen', 'open learned', 'closed learned']);
  });

  test('goes on from what another instance has seen', () => {
    const { breaker, time, date, fail, wait } = openBreaker();
    breaker.learn(date(time.now + 20_000), 3);
    expect([breaker.state, breaker.opens, breaker.until]).toEqual(['open', 3, START + 20_000]);
    wait();
    fail();
    expect(breaker.until - time.now).toBe(40_000);
  });
});

describe('a breaker that one asker fails at again and again', () => {
  const answer = ({ breaker }: ReturnType<typeof openBreaker>, asker: string) =>
    breaker.pass(asker)?.succeeded();

  test('stays closed while another is answered: it weighs as one failure', () => {
    const opened = openBreaker();
    answer(opened, 'well');
    opened.fail(50, 'poison');
    expect(opened.breaker.state).toBe('closed');
    opened.fail(1, 'b');
    opened.fail(1, 'c');
    opened.fail(1, 'd');
    expect(opened.breaker.state).toBe('closed');
    opened.fail(1, 'e');
    expect(opened.breaker.state).toBe('open');
  });

  test.each([
    ['nobody else asks', undefined, 0],
    ['nobody but itself was answered', 'poison', 0],
    ['the other was answered too long ago', 'well', FIGURES.windowMs],
  ] as const)('opens with the fifth where %s', (_name, answered, ago) => {
    const opened = openBreaker();
    if (answered !== undefined) answer(opened, answered);
    opened.time.now += ago;
    opened.fail(4, 'poison');
    expect(opened.breaker.state).toBe('closed');
    opened.fail(1, 'poison');
    expect([opened.breaker.state, opened.breaker.blamed]).toEqual(['open', 'poison']);
  });

  test('is no majority of ten by itself', () => {
    const opened = openBreaker();
    for (let i = 0; i < 10; i++) {
      opened.fail(1, 'poison');
      opened.fail(1, 'poison');
      answer(opened, 'well');
    }
    expect(opened.breaker.state).toBe('closed');
  });

  test('who is answered in the end has met a model in trouble: its failures count each', () => {
    const opened = openBreaker();
    for (const asker of ['a', 'b', 'c', 'd', 'e']) {
      opened.fail(2, asker);
      if (opened.breaker.state === 'closed') answer(opened, asker);
    }
    expect(opened.breaker.state).toBe('open');
  });

  test('opened by it, holds nobody else: the first answer closes it, and it weighs as one from then on', () => {
    const opened = openBreaker();
    opened.fail(5, 'poison');
    expect(opened.breaker.pass('poison')).toBeUndefined();
    const passes = ['a', 'b', 'c'].map((asker) => opened.breaker.pass(asker));
    expect(passes.map((given) => given?.isProbe)).toEqual([false, false, false]);
    passes[1]?.succeeded();
    expect(opened.breaker.state).toBe('closed');
    opened.fail(50, 'poison');
    expect(opened.breaker.state).toBe('closed');
  });

  test('while it probes, holds nobody else', () => {
    const opened = openBreaker();
    opened.fail(5, 'poison');
    opened.time.now = opened.breaker.freeAt('poison');
    const probe = opened.breaker.pass('poison');
    expect([probe?.isProbe, opened.breaker.pass('a')?.isProbe]).toEqual([true, false]);
  });

  test('opened by it, holds all once another fails as well', () => {
    const opened = openBreaker();
    opened.fail(5, 'poison');
    const until = opened.breaker.until;
    opened.fail(1, 'a');
    expect([opened.breaker.pass('b'), opened.breaker.until, opened.breaker.blamed]).toEqual([
      undefined,
      until,
      undefined,
    ]);
  });

  test('in another instance: it is not believed where others were answered here', () => {
    const [here, elsewhere] = [openBreaker(), openBreaker()];
    answer(here, 'well');
    for (const { breaker, time, date } of [here, elsewhere])
      breaker.learn(date(time.now + 20_000), 1, 'poison');
    expect([here.breaker.state, elsewhere.breaker.state]).toEqual(['closed', 'open']);
    expect(elsewhere.breaker.pass('a')).toBeDefined();
    here.breaker.learn(here.date(here.time.now + 20_000), 1);
    expect(here.breaker.state).toBe('open');
  });
});
