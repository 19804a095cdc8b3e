/** Tells a connection that is never made from an answer that takes its time. */
import { describe, expect, test } from 'bun:test';
import { type Connect, type Fetch, systemConnect } from '../../src/lib/ports.ts';
import { failingUnreached, Reach } from '../../src/upstream/reach.ts';
import { describeUnreachable } from '../../src/upstream/unreachable.ts';
import { exchange } from '../support/google/upstream.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';

const URL_ASKED = 'https://upstream.example/v1beta/models/x:generateContent';

const refusing =
  (code: string): Connect =>
  () =>
    Promise.reject(Object.assign(new Error(code), { code }));
const hanging: Connect = (_url, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
const reaching: Connect = async () => {};

/** A fetch whose head never comes. */
const headless: Fetch = (_url, init) =>
  new Promise((_resolve, reject) => {
    init.signal?.addEventListener('abort', () => reject(init.signal?.reason), { once: true });
  });

function watched(connect: Connect, fetch: Fetch = headless) {
  const clock = new ManualClock();
  let connections = 0;
  const counting: Connect = (url, signal) => {
    connections++;
    return connect(url, signal);
  };
  const reach = new Reach({ connect: counting, clock });
  const send = failingUnreached(fetch, reach, clock);
  const ask = () =>
    send(URL_ASKED, {}, exchange).then(
      () => 'a head',
      (error: unknown) => describeUnreachable(URL_ASKED, error) ?? String(error),
    );
  return { clock, ask, connections: () => connections, reach };
}

const stillWaits = async (work: Promise<unknown>) =>
  (await Promise.race([work, settle().then(() => 'waiting')])) === 'waiting';

describe('a head that does not come', () => {
  test('where no connection can be made, the request fails and says so', async () => {
    const { clock, ask } = watched(hanging);
    const answer = ask();
    await clock.advance(5_999);
    expect(await stillWaits(answer)).toBe(true);
    await clock.advance(1);
    expect(await answer).toBe('cannot reach upstream.example: ETIMEDOUT (no connection in time)');
    expect(clock.sleeping).toBe(0);
  });

  test('the next one need not be patient', async () => {
    const { clock, ask } = watched(hanging);
    const first = ask();
    await clock.advance(6_000);
    await first;
    const second = ask();
    await clock.advance(4_000);
    expect(await second).toContain('ETIMEDOUT');
  });

  test('where the connection is refused meanwhile, it fails with that', async () => {
    const { clock, ask } = watched(refusing('ECONNREFUSED'));
    const answer = ask();
    await clock.advance(2_000);
    expect(await answer).toBe('cannot reach upstream.example: ECONNREFUSED (nothing listens there)');
  });

  test('where the host is there, the model is waited for, and the host is asked once in a while', async () => {
    const { clock, ask, connections } = watched(reaching);
    const answers = [ask(), ask(), ask()];
    await clock.advance(2_000);
    expect(connections()).toBe(1);
    const later = ask();
    await clock.advance(600_000);
    expect(await stillWaits(Promise.race([...answers, later]))).toBe(true);
    expect(connections()).toBe(1);
  });
});

test('a head that comes in time asks for no connection', async () => {
  const { clock, ask, connections } = watched(refusing('ECONNREFUSED'), async () => new Response());
  expect(await ask()).toBe('a head');
  await clock.advance(10_000);
  expect(connections()).toBe(0);
});

test('whoever leaves gets the reason that was given', async () => {
  const clock = new ManualClock();
  const send = failingUnreached(headless, new Reach({ connect: hanging, clock }), clock);
  const reason = new Error('the client left');
  const leaving = new AbortController();
  const answer = send(URL_ASKED, { signal: leaving.signal }, exchange).catch((error: unknown) => error);
  leaving.abort(reason);
  expect(await answer).toBe(reason);
});

describe('a real connection', () => {
  const never = new AbortController().signal;
  const outcome = (url: string, signal = never) =>
    systemConnect(new URL(url), signal).then(
      () => 'made',
      (error: { code?: string; message: string }) => error.code ?? error.message,
    );

  test('is made where somebody listens, and closed', async () => {
    const closed = Promise.withResolvers<void>();
    using server = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: { data() {}, close: () => closed.resolve() },
    });
    expect(await outcome(`http://127.0.0.1:${server.port}`)).toBe('made');
    await closed.promise;
  });

  test('is refused where nobody does', async () => {
    expect(await outcome('http://127.0.0.1:1')).toBe('ECONNREFUSED');
  });

  test('with TLS is not made before the handshake', async () => {
    const accepted = Promise.withResolvers<void>();
    using server = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: { data: () => accepted.resolve() },
    });
    const abort = new AbortController();
    const made = outcome(`https://127.0.0.1:${server.port}`, abort.signal);
    await accepted.promise;
    expect(await stillWaits(made)).toBe(true);
    abort.abort(new Error('given up'));
    expect(await made).toBe('given up');
  });
});
