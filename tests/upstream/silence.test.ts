/** How long upstream may be silent: bytes alone are no progress, and a complete answer need not be waited for. */
import { describe, expect, test } from 'bun:test';
import { UpstreamError } from '../../src/gemini/errors.ts';
import type { Fetch } from '../../src/lib/ports.ts';
import { backendAt, exchange } from '../support/google/upstream.ts';
import { ManualClock } from '../support/manual-clock.ts';

const request = { model: 'gemini-4-argon', body: '{"contents":[]}', stream: true };
const never = new AbortController().signal;
const CHUNK = 'data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\r\n\r\n';
const ONE_BATCH = [{ kind: 'content', chunk: { candidates: [{ content: { parts: [{ text: 'a' }] } }] } }];

const caught = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('it did not fail'),
    (error: unknown) => error,
  );

async function drain(frames: AsyncIterator<unknown>): Promise<void> {
  while (!(await frames.next()).done);
}

/** A fetch whose head is always `response`, and that ignores signals. */
const deafFetch =
  (response: Response | Promise<Response>): Fetch =>
  async () =>
    response;

describe('silence', () => {
  const limits = { headTimeoutMs: 120_000, idleTimeoutMs: 90_000 };

  test('no head within its time: a timeout, to the millisecond, and upstream is closed', async () => {
    const clock = new ManualClock();
    let signal: AbortSignal | null | undefined;
    const fetch: Fetch = (_url, init) => {
      signal = init.signal;
      return new Promise(() => {});
    };
    const pending = caught(
      backendAt('http://127.0.0.1:1', { clock, fetch, ...limits }).generate(request, exchange, never),
    );
    await clock.advance(119_999);
    expect(signal?.aborted).toBe(false);
    await clock.advance(1);
    const error = await pending;
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject({ kind: 'timeout', message: 'no response head for 120000 ms' });
    expect(signal?.aborted).toBe(true);
    expect(clock.sleeping).toBe(0);
  });

  async function started(clock: ManualClock, signal = never) {
    let send: (text: string) => void = () => {};
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        send = (text) => controller.enqueue(new TextEncoder().encode(text));
      },
    });
    const backend = backendAt('http://127.0.0.1:1', {
      clock,
      fetch: deafFetch(new Response(body)),
      ...limits,
    });
    const { frames } = await backend.generate(request, exchange, signal);
    return { iterator: frames[Symbol.asyncIterator](), send };
  }

  test('no bytes within their time: a timeout, after the frames that came', async () => {
    const clock = new ManualClock();
    const { iterator, send } = await started(clock);
    send(CHUNK);
    expect((await iterator.next()).value).toEqual(ONE_BATCH as never);
    await clock.advance(50_000);
    const pending = caught(iterator.next());
    await clock.advance(89_999);
    expect(await Promise.race([pending, Promise.resolve('waiting')])).toBe('waiting');
    await clock.advance(1);
    expect(await pending).toMatchObject({ kind: 'timeout', message: 'nothing was said for 90000 ms' });
    expect(clock.sleeping).toBe(0);
  });

  const NOTHING: [name: string, bytes: string][] = [
    ['pieces of an event', CHUNK.slice(0, 9)],
    ['comments', ': still here\n\n'],
    ['counts', 'data: {"usageMetadata":{"promptTokenCount":3}}\r\n\r\n'],
    ['events without content', 'data: {"candidates":[{"content":{"role":"model"}}]}\r\n\r\n'],
  ];
  test.each(NOTHING)('%s for ever are silence', async (_name, bytes) => {
    const clock = new ManualClock();
    const { iterator, send } = await started(clock);
    const ended = caught(drain(iterator));
    for (let waited = 0; waited < 90_000; waited += 9_000) {
      send(bytes);
      await clock.advance(9_000);
    }
    expect(await ended).toMatchObject({ kind: 'timeout' });
    expect(clock.sleeping).toBe(0);
  });

  test('what comes in pieces within the time has been said', async () => {
    const clock = new ManualClock();
    const { iterator, send } = await started(clock);
    for (let events = 0; events < 3; events++) {
      const pending = iterator.next();
      for (const piece of [CHUNK.slice(0, 9), CHUNK.slice(9)]) {
        await clock.advance(44_000);
        send(piece);
      }
      expect((await pending).value).toEqual(ONE_BATCH as never);
    }
    await iterator.return?.();
  });

  const WHOLE =
    'data: {"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}],"usageMetadata":{"candidatesTokenCount":1}}\r\n\r\n';

  test.each(['', ': still here\n\n', 'data: {"usageMetadata":{"candidatesTokenCount":1}}\r\n\r\n'])(
    'an answer that is whole, and then %j: its end is not waited for',
    async (more) => {
      const clock = new ManualClock();
      const { iterator, send } = await started(clock);
      send(WHOLE);
      await iterator.next();
      const end = drain(iterator).then(() => 'ended');
      await clock.advance(1_000);
      send(more);
      await clock.advance(999);
      expect(await Promise.race([end, Promise.resolve('waiting')])).toBe('waiting');
      await clock.advance(1);
      expect(await end).toBe('ended');
      expect(clock.sleeping).toBe(0);
    },
  );

  test('whose signal aborts between two reads is not watched any more, and the next read has the reason', async () => {
    const clock = new ManualClock();
    const leaving = new AbortController();
    const { iterator, send } = await started(clock, leaving.signal);
    send(CHUNK);
    await iterator.next();
    leaving.abort(new Error('left'));
    expect(clock.sleeping).toBe(0);
    expect(await caught(iterator.next())).toMatchObject({ message: 'left' });
  });

  test('an answer that went on behind its end is waited for', async () => {
    const clock = new ManualClock();
    const { iterator, send } = await started(clock);
    for (let events = 0; events < 2; events++) {
      send(WHOLE);
      await iterator.next();
    }
    const end = iterator.next();
    await clock.advance(89_999);
    expect(await Promise.race([end, Promise.resolve('waiting')])).toBe('waiting');
    await clock.advance(1);
    expect((await end).done).toBe(true);
  });

  test('an error body that trickles is left, with what its head said', async () => {
    const clock = new ManualClock();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await clock.sleep(1_000);
        controller.enqueue(new TextEncoder().encode(' '));
      },
    });
    const fetch = deafFetch(new Response(body, { status: 503 }));
    const backend = backendAt('http://127.0.0.1:1', { clock, fetch, ...limits });
    const pending = caught(backend.generate(request, exchange, never));
    await clock.advance(90_000);
    expect(await pending).toMatchObject({ kind: 'status', status: 503 });
  });

  test('a slow reader of ours is not the silence of upstream', async () => {
    const clock = new ManualClock();
    const { iterator, send } = await started(clock);
    send(CHUNK);
    await iterator.next();
    await clock.advance(1_000_000);
    send(CHUNK);
    expect((await iterator.next()).value).toEqual(ONE_BATCH as never);
    await iterator.return?.();
    expect(clock.sleeping).toBe(0);
  });
});
