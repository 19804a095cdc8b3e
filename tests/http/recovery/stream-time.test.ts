/** When a stream makes progress, and how it ends early. */
import { describe, expect, test } from 'bun:test';
import type { Fetch } from '../../../src/lib/ports.ts';
import { type HeldUpstream, heldUpstream, reader, turns, until } from '../../support/google/held-upstream.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { eventNames, googleError, hello, startProxy, textChunk } from '../../support/proxy.ts';

const streamed = { ...hello, stream: true };

describe('time', () => {
  test('the status line waits 8 s for upstream, then the stream begins without it', async () => {
    const clock = new ManualClock();
    const upstream = heldUpstream();
    await using proxy = await startProxy({ fetch: upstream.fetch, clock });
    let headed = false;
    const pending = proxy.send('/v1/messages', streamed).then((response) => {
      headed = true;
      return response;
    });
    await upstream.asked;
    await clock.advance(7_999);
    await turns();
    expect(headed).toBe(false);
    await clock.advance(1);
    const events = reader(await pending);
    expect(eventNames(await events.until('message_start'))).toEqual(['message_start']);
    upstream.openHead();
    await turns();
    upstream.push(textChunk('late', 'STOP'));
    upstream.close();
    expect(eventNames(await events.rest()).at(-1)).toBe('message_stop');
  });

  test('a failure after the early 200 is told in the stream', async () => {
    const clock = new ManualClock();
    const head = Promise.withResolvers<Response>();
    const asked = Promise.withResolvers<void>();
    const fetch: Fetch = () => {
      asked.resolve();
      return head.promise;
    };
    await using proxy = await startProxy({ fetch, clock });
    const pending = proxy.send('/v1/messages', streamed);
    await asked.promise;
    await clock.advance(8_000);
    const response = await pending;
    head.resolve(googleError(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.'));
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(eventNames(text)).toEqual(['message_start', 'error']);
    expect(text).toContain('"type":"invalid_request_error"');
  });

  test('a ping after every 10 s of silence, and none while something is said', async () => {
    const clock = new ManualClock();
    const upstream = heldUpstream();
    upstream.openHead();
    await using proxy = await startProxy({ fetch: upstream.fetch, clock });
    const pending = proxy.send('/v1/messages', streamed);
    await upstream.asked;
    await turns();
    upstream.push({ usageMetadata: { promptTokenCount: 3 } });
    const events = reader(await pending);
    await events.until('message_start');
    await clock.advance(9_999);
    await clock.advance(1);
    expect(eventNames(await events.until('ping'))).toEqual(['message_start', 'ping']);
    await clock.advance(9_000);
    upstream.push(textChunk('hello'));
    await events.until('hello');
    await clock.advance(9_999);
    await turns();
    upstream.push(textChunk('world', 'STOP'));
    upstream.close();
    const names = eventNames(await events.rest());
    expect(names.filter((name) => name === 'ping')).toHaveLength(1);
    expect(names.at(-1)).toBe('message_stop');
  });

  test('REQUEST_TIMEOUT bounds the wait for content, all attempts together', async () => {
    const clock = new ManualClock();
    const upstream = heldUpstream();
    await using proxy = await startProxy({ fetch: upstream.fetch, clock, env: { REQUEST_TIMEOUT: '5' } });
    const pending = proxy.send('/v1/messages', streamed);
    await upstream.asked;
    await clock.advance(5_000);
    expect((await pending).status).toBe(504);
    await upstream.left;
  });

  test.each([
    ['a stream', true],
    ['a whole answer', false],
  ])('REQUEST_TIMEOUT bounds %s whose upstream says nothing in many events', async (_name, stream) => {
    const clock = new ManualClock();
    const upstream = heldUpstream();
    upstream.openHead();
    await using proxy = await startProxy({ fetch: upstream.fetch, clock, env: { REQUEST_TIMEOUT: '60' } });
    const pending = proxy.send('/v1/messages', { ...hello, stream }).then((response) => response.text());
    await upstream.asked;
    await turns();
    for (let second = 0; second < 60; second++) {
      upstream.push({ usageMetadata: { promptTokenCount: 3, thoughtsTokenCount: second } });
      await clock.advance(1_000);
    }
    expect(await pending).toContain('nothing usable within 60 s (REQUEST_TIMEOUT)');
    await upstream.left;
  });

  test('HEAD_TIMEOUT bounds a head that trickles', async () => {
    const clock = new ManualClock();
    const asked = Promise.withResolvers<() => void>();
    using google = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        open(socket) {
          socket.write('HTTP/1.1 200 OK\r\n');
        },
        data(socket) {
          asked.resolve(() => void socket.write('x-still: here\r\n'));
        },
      },
    });
    const env = {
      GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:${google.port}`,
      HEAD_TIMEOUT: '20',
      MAX_STREAMING_RETRIES: '0',
    };
    await using proxy = await startProxy({ fetch: (url, init) => fetch(url, init), clock, env });
    const pending = proxy.send('/v1/messages', streamed).then((response) => response.text());
    const trickle = await asked.promise;
    for (let second = 0; second < 20; second++) {
      trickle();
      await clock.advance(1_000);
      await turns(2);
    }
    expect(await pending).toContain('no response head for 20000 ms');
  });

  test('an answer that is whole is told so, although upstream goes on without a word', async () => {
    const clock = new ManualClock();
    const upstream = heldUpstream();
    upstream.openHead();
    await using proxy = await startProxy({ fetch: upstream.fetch, clock });
    const pending = proxy.send('/v1/messages', streamed);
    await upstream.asked;
    await turns();
    upstream.push(textChunk('hello', 'STOP'));
    const events = reader(await pending);
    await events.until('hello');
    await clock.advance(2_000);
    expect(eventNames(await events.rest()).at(-1)).toBe('message_stop');
    await upstream.left;
  });

  test('REQUEST_TIMEOUT does not bound an answer that flows', async () => {
    const clock = new ManualClock();
    const upstream = heldUpstream();
    upstream.openHead();
    await using proxy = await startProxy({ fetch: upstream.fetch, clock, env: { REQUEST_TIMEOUT: '5' } });
    const pending = proxy.send('/v1/messages', streamed);
    await upstream.asked;
    await turns();
    upstream.push(textChunk('hello'));
    const events = reader(await pending);
    await events.until('hello');
    await clock.advance(60_000);
    upstream.push(textChunk('world', 'STOP'));
    upstream.close();
    expect(eventNames(await events.rest()).at(-1)).toBe('message_stop');
  });
});

describe('a client that leaves', () => {
  const cases: [string, boolean, (upstream: HeldUpstream) => Promise<void>][] = [
    ['before the head', true, async () => {}],
    [
      'in the middle of a stream',
      true,
      async (upstream) => {
        upstream.openHead();
        await turns();
        upstream.push(textChunk('hello'));
        await turns();
      },
    ],
    ['waiting for a whole answer', false, async (upstream) => upstream.openHead()],
  ];
  test.each(cases)('%s: upstream is closed, and no error is logged', async (_name, stream, play) => {
    const upstream = heldUpstream();
    await using proxy = await startProxy({ fetch: upstream.fetch, clock: new ManualClock() });
    const client = new AbortController();
    const request = fetch(`${proxy.url}/v1/messages`, {
      method: 'POST',
      body: JSON.stringify({ ...hello, stream }),
      headers: { 'anthropic-version': '2023-06-01' },
      signal: client.signal,
    });
    request.catch(() => {});
    await upstream.asked;
    await play(upstream);
    client.abort();
    await upstream.left;
    await until(() => proxy.lines.some((line) => line['status'] === 499));
    expect(proxy.lines.filter((line) => line['level'] === 'error')).toEqual([]);
    expect(await (await proxy.send('/health')).json()).toMatchObject({
      status: 'healthy',
      streams_in_flight: 0,
    });
  });
});

describe('closing', () => {
  test('an open stream is told to come back', async () => {
    const upstream = heldUpstream();
    upstream.openHead();
    const proxy = await startProxy({ fetch: upstream.fetch });
    const pending = proxy.send('/v1/messages', streamed);
    await upstream.asked;
    await turns();
    upstream.push(textChunk('hello'));
    const events = reader(await pending);
    await events.until('hello');
    const closed = proxy[Symbol.asyncDispose]();
    const text = await events.rest();
    expect(eventNames(text).at(-1)).toBe('error');
    expect(text).toContain('"type":"overloaded_error"');
    await closed;
    await upstream.left;
  });
});

test.each([true, false])(
  'a mistake of our own before the answer is read leaves no limit behind (stream %p)',
  async (stream) => {
    const clock = new ManualClock();
    const before = clock.sleeping;
    const ids = {
      next(prefix: string) {
        if (prefix === 'msg_') throw new Error('out of ids');
        return `${prefix}1`;
      },
    };
    await using proxy = await startProxy({ fetch: heldUpstream().fetch, clock, ids });
    const response = await proxy.send('/v1/messages', { ...hello, stream });
    expect([response.status, clock.sleeping - before]).toEqual([500, 0]);
  },
);
