import { describe, expect, test } from 'bun:test';
import { always, drain, Flaky, scripted } from '../support/answers/scripted-attempts.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';

describe('time', () => {
  test('backoff doubles from half a second to eight, with full jitter', async () => {
    const waits = async (random: number) => {
      const { answer, clock, seen } = scripted(
        Array.from({ length: 7 }, () => [new Flaky('x')]),
        {
          maxAttempts: 7,
          random: always(random),
        },
      );
      const reading = drain(answer, new ManualClock());
      const lengths: number[] = [];
      let last = clock.monotonic();
      await settle();
      while (seen.opened.length < 7) {
        const opened = seen.opened.length;
        while (seen.opened.length === opened) await clock.advance(125);
        lengths.push(clock.monotonic() - last);
        last = clock.monotonic();
      }
      await reading;
      return lengths;
    };
    expect(await waits(1)).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
    expect(await waits(0.5)).toEqual([250, 500, 1000, 2000, 4000, 4000]);
  });

  test('each retry is reported before its wait', async () => {
    const { answer, seen, clock } = scripted([[new Flaky('x')], [new Flaky('x')], ['text']]);
    const reading = answer.next();
    await settle();
    expect(seen.retries).toEqual([1]);
    await clock.advance(10_000);
    await clock.advance(10_000);
    await reading;
    await drain(answer, clock);
    expect(seen.retries).toEqual([1, 2]);
  });

  test('a slow consumer holds upstream back: nothing is read that was not asked for', async () => {
    const { answer, seen } = scripted([['think', 'text 1', 'text 2']]);
    await settle();
    expect(seen.pulled).toEqual([]);
    await answer.next();
    await settle();
    expect(seen.pulled).toEqual(['think']);
  });

  test('the deadline holds until content, and no longer', async () => {
    const late = scripted([['think', 'hang']]);
    await late.answer.next();
    const pending = late.answer.next();
    await late.clock.advance(1_000_000);
    expect(String(await pending.catch((error: unknown) => error))).toContain('too late');
    const begun = scripted([['text 1', 'text 2']]);
    await begun.answer.next();
    await begun.clock.advance(1_000_000);
    expect(await begun.answer.next()).toEqual(['text 2']);
  });
});

describe('leaving', () => {
  const reason = new Error('client left');

  test('the signal during backoff ends it, with its reason', async () => {
    const { answer, abort, clock, seen } = scripted([[new Flaky('x')], ['text']]);
    const reading = drain(answer, clock);
    await settle();
    abort.abort(reason);
    expect((await reading).error).toBe(reason);
    expect(seen.opened).toEqual([1]);
    expect(clock.sleeping).toBe(0);
  });

  test('the signal while an attempt is silent ends it at once', async () => {
    const { answer, abort, seen } = scripted([['think', 'hang']]);
    await answer.next();
    const pending = answer.next();
    abort.abort(reason);
    expect(seen.closed).toEqual([1]);
    expect(await pending.catch((error: unknown) => error)).toBe(reason);
  });

  test('a signal that aborts while nobody reads is told to the next who does', async () => {
    const { answer, abort, seen } = scripted([['think', 'text']]);
    await answer.next();
    abort.abort(reason);
    expect(seen.closed).toEqual([1]);
    expect(await answer.next().catch((error: unknown) => error)).toBe(reason);
  });

  test('a signal that aborted before the start opens nothing', async () => {
    const { answer, clock, seen } = scripted([['text']], { signal: AbortSignal.abort(reason) });
    expect(await answer.next().catch((error: unknown) => error)).toBe(reason);
    expect(seen.opened).toEqual([]);
    expect(clock.sleeping).toBe(0);
  });

  test('an abort is never retried, whatever it looks like', async () => {
    const { answer, abort, clock, seen } = scripted([['hang'], ['text']]);
    const reading = drain(answer, clock);
    await settle();
    abort.abort(new Flaky('looks flaky'));
    await reading;
    expect(seen.opened).toEqual([1]);
  });

  test('leaving closes the running attempt', async () => {
    const { answer, seen } = scripted([['text 1', 'text 2']]);
    await answer.next();
    answer.leave();
    expect(seen.closed).toEqual([1]);
    expect(seen.pulled).toEqual(['text 1']);
  });

  test('leaving while an attempt is read waits for nothing', async () => {
    const { answer, seen } = scripted([['hang']]);
    const pending = answer.next();
    await settle();
    answer.leave();
    expect(seen.closed).toEqual([1]);
    expect(await pending.catch((error: Error) => error.name)).toBe('AbortError');
  });

  test('leaving at the very moment when an attempt begins closes that attempt, and it says nothing', async () => {
    const { answer, seen } = scripted([['text']]);
    const pending = answer.next();
    answer.leave();
    expect(await pending.catch((error: Error) => error.name)).toBe('AbortError');
    expect(seen).toMatchObject({ opened: [1], pulled: [], closed: [1] });
  });

  test('each attempt is closed when it has ended', async () => {
    const { answer, clock, seen } = scripted([['think', new Flaky('x')], ['text']]);
    await drain(answer, clock);
    expect(seen.closed).toEqual([1, 2]);
  });
});
