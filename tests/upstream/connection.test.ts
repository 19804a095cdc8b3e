import { describe, expect, test } from 'bun:test';
import { UpstreamError } from '../../src/gemini/errors.ts';
import type { Fetch } from '../../src/lib/ports.ts';
import { backendAt, exchange, openStream, serveUpstream } from '../support/google/upstream.ts';
import { settle } from '../support/manual-clock.ts';

const request = { model: 'gemini-4-argon', body: '{"contents":[]}', stream: true };
const never = new AbortController().signal;
const CHUNK = 'data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\r\n\r\n';
const ONE_BATCH = [{ kind: 'content', chunk: { candidates: [{ content: { parts: [{ text: 'a' }] } }] } }];

const caught = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('it did not fail'),
    (error: unknown) => error,
  );

/** A fetch whose head is always `response`, and that ignores signals. */
const deafFetch =
  (response: Response | Promise<Response>): Fetch =>
  async () =>
    response;

describe('abort', () => {
  const reason = new Error('the client left');

  test('before the head: upstream is closed, and the reason is what was given', async () => {
    const arrived = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    using upstream = serveUpstream((request) => {
      request.signal.addEventListener('abort', () => closed.resolve());
      arrived.resolve();
      return new Promise(() => {});
    });
    const abort = new AbortController();
    const pending = caught(backendAt(upstream.url).generate(request, exchange, abort.signal));
    await arrived.promise;
    abort.abort(reason);
    expect(await pending).toBe(reason);
    await closed.promise;
  });

  test('during a read: upstream is closed, and the reason is what was given', async () => {
    const stream = openStream([CHUNK]);
    using upstream = serveUpstream(() => stream.response);
    const abort = new AbortController();
    const { frames } = await backendAt(upstream.url).generate(request, exchange, abort.signal);
    const iterator = frames[Symbol.asyncIterator]();
    await iterator.next();
    const pending = caught(iterator.next());
    abort.abort(reason);
    expect(await pending).toBe(reason);
    await stream.closedAt;
    expect((await iterator.next()).done).toBe(true);
  });

  test('between reads: upstream is closed without another pull', async () => {
    const stream = openStream([CHUNK]);
    using upstream = serveUpstream(() => stream.response);
    const abort = new AbortController();
    const { frames } = await backendAt(upstream.url).generate(request, exchange, abort.signal);
    await frames[Symbol.asyncIterator]().next();
    abort.abort(reason);
    await stream.closedAt;
  });

  test('leaving the loop closes upstream', async () => {
    const stream = openStream([CHUNK]);
    using upstream = serveUpstream(() => stream.response);
    const { frames } = await backendAt(upstream.url).generate(request, exchange, never);
    for await (const _ of frames) break;
    await stream.closedAt;
  });

  test('return() during a read does not wait for the read', async () => {
    const stream = openStream([CHUNK]);
    using upstream = serveUpstream(() => stream.response);
    const { frames } = await backendAt(upstream.url).generate(request, exchange, never);
    const iterator = frames[Symbol.asyncIterator]();
    await iterator.next();
    const pending = caught(iterator.next());
    await iterator.return?.();
    expect(await pending).toHaveProperty('name', 'AbortError');
    await stream.closedAt;
  });

  test('a signal that aborted before sends nothing', async () => {
    using upstream = serveUpstream(() => new Response());
    const pending = backendAt(upstream.url).generate(request, exchange, AbortSignal.abort(reason));
    expect(await caught(pending)).toBe(reason);
    expect(upstream.requests).toEqual([]);
  });

  test('a reason that is no Error comes through as it is', async () => {
    const backend = backendAt('http://127.0.0.1:1');
    expect(await caught(backend.generate(request, exchange, AbortSignal.abort('left')))).toBe('left');
  });

  test('a fetch that is deaf to the signal holds nobody, and its late body is cancelled', async () => {
    const head = Promise.withResolvers<Response>();
    const abort = new AbortController();
    const backend = backendAt('http://127.0.0.1:1', { fetch: deafFetch(head.promise) });
    const pending = caught(backend.generate(request, exchange, abort.signal));
    await settle();
    abort.abort(reason);
    expect(await pending).toBe(reason);
    const late = openStream([]);
    head.resolve(late.response);
    expect(await late.closedAt).toBeGreaterThan(0);
  });
});

describe('a broken connection', () => {
  test('refused: nobody was asked', async () => {
    const closed = serveUpstream(() => new Response());
    closed[Symbol.dispose]();
    const error = await caught(backendAt(closed.url).generate(request, exchange, never));
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject({ kind: 'unreachable' });
    expect((error as UpstreamError).cause).toBeInstanceOf(Error);
  });

  test('refused by an HTTP proxy in between: nobody was asked, and the proxy says why', async () => {
    using proxy = serveUpstream(() => new Response('no', { status: 407 }));
    const through: Fetch = (url, init) => fetch(url, { ...init, proxy: proxy.url });
    const error = await caught(
      backendAt('https://localhost:1', { fetch: through }).generate(request, exchange, never),
    );
    expect(error).toMatchObject({
      kind: 'unreachable',
      message:
        'cannot reach localhost:1: ERR_PROXY_TUNNEL (the HTTP proxy refused the way there: 407 Proxy Authentication Required)',
    });
  });

  /** On a real socket: sends `text` as part of a chunked body that never ends, until `reset` is called. */
  function resettable(text: string) {
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
    let reset = () => {};
    const server = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        data(socket) {
          reset = () => socket.terminate();
          socket.write(`${head}${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
        },
      },
    });
    return {
      url: `http://127.0.0.1:${server.port}`,
      reset: () => reset(),
      [Symbol.dispose]: () => void server.stop(true),
    };
  }

  test('reset in the middle of the body: the frames that came, then a network error', async () => {
    using upstream = resettable(CHUNK);
    const { frames } = await backendAt(upstream.url).generate(request, exchange, never);
    const iterator = frames[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual(ONE_BATCH as never);
    const pending = caught(iterator.next());
    upstream.reset();
    const error = await pending;
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject({ kind: 'network' });
    expect((await iterator.next()).done).toBe(true);
  });

  /** A body that breaks after `text` was read. */
  async function brokenAfter(text: string) {
    let sent = false;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (sent) controller.error(new Error('reset'));
          else controller.enqueue(new TextEncoder().encode(text));
          sent = true;
        },
      },
      { highWaterMark: 0 },
    );
    const backend = backendAt('http://127.0.0.1:1', { fetch: deafFetch(new Response(body)) });
    return (await backend.generate(request, exchange, never)).frames[Symbol.asyncIterator]();
  }

  test('an error object without its closing line is told before the break', async () => {
    const iterator = await brokenAfter('{\n "error": {"code": 503, "message": "overloaded"}\n}');
    expect((await iterator.next()).value).toMatchObject([{ kind: 'error', error: { code: 503 } }] as never);
    expect(await caught(iterator.next())).toMatchObject({ kind: 'network' });
  });

  test('a torn event is not passed off as a whole one', async () => {
    const iterator = await brokenAfter(CHUNK.slice(0, 30));
    expect(await caught(iterator.next())).toMatchObject({ kind: 'network' });
  });

  test('a bad head whose body breaks off still is that head', async () => {
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new Error('reset'));
      },
    });
    const fetch = deafFetch(new Response(body, { status: 503, statusText: 'Service Unavailable' }));
    const error = await caught(backendAt('http://127.0.0.1:1', { fetch }).generate(request, exchange, never));
    expect(error).toMatchObject({ kind: 'status', status: 503, message: 'HTTP 503 Service Unavailable' });
  });
});
