import { describe, expect, test } from 'bun:test';
import { Abortable, followSignal } from '../../src/lib/async.ts';

const reason = new Error('stop');
const outcome = (work: Promise<unknown>) => work.catch((error: unknown) => ({ rejected: error }));

describe('Abortable', () => {
  test('work that ends first is passed on', async () => {
    const abortable = new Abortable(new AbortController().signal);
    expect(await abortable.wait(Promise.resolve(1))).toBe(1);
    expect(await outcome(abortable.wait(Promise.reject(reason)))).toEqual({ rejected: reason });
  });

  test('an abort ends the wait for deaf work, and every later wait', async () => {
    const abort = new AbortController();
    const abortable = new Abortable(abort.signal);
    const pending = outcome(abortable.wait(new Promise(() => {})));
    abort.abort(reason);
    expect(await pending).toEqual({ rejected: reason });
    expect(await outcome(abortable.wait(Promise.resolve(1)))).toEqual({ rejected: reason });
  });

  test('work that fails after the abort is no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const listen = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', listen);
    const abort = new AbortController();
    const work = Promise.withResolvers<never>();
    const pending = outcome(new Abortable(abort.signal).wait(work.promise));
    abort.abort(reason);
    work.reject(new Error('late'));
    await pending;
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });
});

describe('followSignal', () => {
  test('passes the reason on', () => {
    const parent = new AbortController();
    const child = new AbortController();
    followSignal(parent.signal, child);
    parent.abort(reason);
    expect(child.signal.reason).toBe(reason);
  });

  test('a parent that aborted before is followed too', () => {
    const child = new AbortController();
    followSignal(AbortSignal.abort(reason), child);
    expect(child.signal.reason).toBe(reason);
  });

  test('after the bond is ended nothing is passed on', () => {
    const parent = new AbortController();
    const child = new AbortController();
    followSignal(parent.signal, child)();
    parent.abort(reason);
    expect(child.signal.aborted).toBe(false);
  });
});
