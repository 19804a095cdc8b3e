import { describe, expect, test } from 'bun:test';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { always, drain, Flaky, scripted } from '../support/scripted-tries.ts';

describe('time', () => {
  test('backoff doubles from half a second to eight, with full jitter', async () => {
    const waits = async (random: number) => {
      const { it, clock, seen } = scripted(
        Array.from({ length: 7 }, () => [new Flaky('x')]),
        {
          maxTries: 7,
          random: always(random),
        },
      );
      const reading = drain(it.items, new ManualClock());
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
    const { it, seen, clock } = scripted([[new Flaky('x')], [new Flaky('x')], ['text']]);
    await settle();
    expect(seen.retries).toEqual([1]);
    await drain(it.items, clock);
    expect(seen.retries).toEqual([1, 2]);
  });

  test('a slow consumer holds upstream back: one item ahead at most', async () => {
    const { it, seen } = scripted([['think', 'text 1', 'text 2', 'text 3']]);
    const items = it.items[Symbol.asyncIterator]();
    await settle();
    expect(seen.pulled).toEqual(['think']);
    await items.next();
    await settle();
    expect(seen.pulled).toEqual(['think']);
    await items.next();
    await settle();
    expect(seen.pulled).toEqual(['think', 'text 1']);
  });
});

describe('leaving', () => {
  const reason = new Error('client left');

  test('the signal during backoff ends it, with its reason', async () => {
    const { it, abort, clock, seen } = scripted([[new Flaky('x')], ['text']]);
    await settle();
    abort.abort(reason);
    expect((await drain(it.items, clock)).error).toBe(reason);
    expect(seen.opened).toEqual([1]);
    expect(clock.sleeping).toBe(0);
  });

  for (const how of ['hang', 'deaf'] as const) {
    test(`the signal while a try is ${how === 'hang' ? 'silent' : 'deaf to its own'} ends it at once`, async () => {
      const { it, abort, seen } = scripted([['think', how]]);
      const items = it.items[Symbol.asyncIterator]();
      await items.next();
      const pending = items.next();
      abort.abort(reason);
      expect(seen.aborted).toEqual([1]);
      expect(await pending.catch((error: unknown) => error)).toBe(reason);
      expect(await items.next()).toEqual({ value: undefined, done: true });
    });
  }

  test('a signal that aborted before the start opens nothing', async () => {
    const { it, seen } = scripted([['text']], { signal: AbortSignal.abort(reason) });
    expect(await it.head.catch((error: unknown) => error)).toBe(reason);
    expect(seen.opened).toEqual([]);
  });

  test('an abort is never retried, whatever it looks like', async () => {
    const { it, abort, clock, seen } = scripted([['hang'], ['text']], { mayRetry: () => true });
    await settle();
    abort.abort(new Flaky('looks flaky'));
    await drain(it.items, clock);
    expect(seen.opened).toEqual([1]);
  });

  test('leaving the loop early aborts the running try', async () => {
    const { it, seen } = scripted([['text 1', 'text 2']]);
    for await (const _ of it.items) break;
    expect(seen.aborted).toEqual([1]);
    expect(seen.pulled).toEqual(['text 1']);
    expect(it.state).toBe('done');
  });

  test('leaving while a deaf try holds a pull waits for nothing', async () => {
    const { it, seen } = scripted([['deaf']]);
    const items = it.items[Symbol.asyncIterator]();
    const pending = items.next();
    await items.return?.();
    expect(seen.aborted).toEqual([1]);
    expect(await pending.catch((error: Error) => error.name)).toBe('AbortError');
  });

  test('a failed try is aborted before the next begins', async () => {
    const { it, clock, seen } = scripted([['think', new Flaky('x')], ['text']]);
    await drain(it.items, clock);
    expect(seen.aborted).toEqual([1]);
  });
});
