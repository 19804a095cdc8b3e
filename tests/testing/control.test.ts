/** What a test says to the proxy that it has started: faults, reset, and which test is meant. */
import { afterEach, describe, expect, test } from 'bun:test';
import type { Running } from '../../src/testing/api.d.cts';
import { connect, startMock, startProxy } from '../../src/testing/in-process.ts';
import { ask, standIn } from '../support/testing.ts';

const running: Running[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
});

/** Ended after the test. */
async function begun(starting: Promise<Running>): Promise<Running> {
  const started = await starting;
  running.push(started);
  return started;
}

describe('faults and reset', () => {
  const statuses = async (url: string, ...ids: string[]) => {
    const answers = ids.map((id) => ask(url, 'hello', id === '' ? {} : { 'x-test-id': id }));
    return (await Promise.all(answers)).map(({ status }) => status);
  };
  const settings = { MAX_RETRIES: 0, MAX_STREAMING_RETRIES: 0 };

  test('are of one test, or of all', async () => {
    const mock = await begun(startMock({ settings }));
    await mock.faults('http-400', { testId: 'a' });
    expect(await statuses(mock.url, 'a', 'b', '')).toEqual([400, 200, 200]);
    await mock.faults('http-403');
    expect(await statuses(mock.url, 'a', 'b', '')).toEqual([400, 200, 403]);
    expect(await mock.requests({ testId: 'a' })).toHaveLength(2);
    await mock.reset({ testId: 'a' });
    expect(await mock.requests({ testId: 'a' })).toEqual([]);
    expect(await statuses(mock.url, 'a', 'b', '')).toEqual([200, 200, 403]);
    await mock.faults('');
    expect(await statuses(mock.url, '')).toEqual([200]);
    await mock.reset();
    expect(await mock.requests()).toEqual([]);
  });

  test('a proxy that a test has started has them, too', async () => {
    const google = standIn('Sunny.');
    const proxy = await begun(startProxy({ key: 'any', upstream: google.url, settings }));
    await proxy.faults('http-400', { testId: 'a' });
    expect(await statuses(proxy.url, 'a', 'b')).toEqual([400, 200]);
    await proxy.reset();
    expect(await statuses(proxy.url, 'a', 'b')).toEqual([200, 200]);
    await google.stop();
  });

  test('that make no sense are refused with the reason', async () => {
    const mock = await begun(startMock());
    expect(mock.faults('nonsense')).rejects.toThrow(/^faults: "nonsense": there is no fault/);
    expect(mock.reset({ testId: '' })).rejects.toThrow(/^reset: test_id: /);
  });

  test('can name the only key of a mock as the first, and as the log names it', async () => {
    const mock = await begun(startMock({ faults: 'http-403:key=1', settings }));
    await mock.faults('http-400:key=1', { testId: 'a' });
    expect(await statuses(mock.url, '', 'a')).toEqual([403, 400]);
    await mock.faults('http-429:key=#mock', { testId: 'a' });
    await mock.faults('http-429:key=other', { testId: 'b' });
    expect(await statuses(mock.url, 'a', 'b')).toEqual([429, 200]);
    expect(mock.faults('http-400:key=2')).rejects.toThrow(
      /^faults: "http-400:key=2": there is no key number 2; API_KEYS has \d$/,
    );
    expect(startMock({ faults: 'http-403:key=2' })).rejects.toThrow(
      /^startMock: faults: .*key=2": there is no key number 2; API_KEYS has 0$/,
    );
  });

  test('where nobody keeps a journal are an error that says so', async () => {
    const other = Bun.serve({ port: 0, fetch: () => new Response('', { status: 404 }) });
    expect(connect(`http://127.0.0.1:${other.port}`).requests()).rejects.toThrow(
      /^requests: http:\/\/127\.0\.0\.1:\d+ has no journal; a mock, a replay and a proxy of startProxy have one$/,
    );
    await other.stop(true);
  });

  test('a slip in what says which test is an error, and not a change for all tests', async () => {
    const mock = await begun(startMock({ settings }));
    await mock.faults('http-400', { testId: 'a' });
    const slips = [{ test_id: 'a' }, { testid: 'a' }, { testId: null }, 'a', null] as unknown as {
      testId: string;
    }[];
    for (const slip of slips) {
      for (const call of [mock.reset, mock.requests, mock.lastRequest]) {
        expect(call(slip)).rejects.toThrow(/: expected \{ testId \} or nothing to say which test, got /);
      }
      expect(mock.faults('http-403', slip)).rejects.toThrow(/^faults: expected \{ testId \}/);
    }
    expect(await statuses(mock.url, 'a', 'b')).toEqual([400, 200]);
  });

  test('can be told where a key is wanted: by what was started, and by others who have the key', async () => {
    const key = 'the-key-of-this-proxy';
    const mock = await begun(startMock({ settings: { PROXY_API_KEY: key } }));
    expect(await statuses(mock.url, '')).toEqual([401]);
    expect(await mock.requests()).toHaveLength(1);
    await mock.faults('http-400');
    expect(await connect(mock.url, { key }).lastRequest()).toMatchObject({ answer: { status: 401 } });
    expect(connect(mock.url).requests()).rejects.toThrow(
      /wants its PROXY_API_KEY; give it: connect\(url, \{ key \}\)$/,
    );
    expect(connect(mock.url, { key: 'wrong' }).requests()).rejects.toThrow(/^requests: /);
  });
});

test.each(['nonsense', '', undefined, 'ftp://127.0.0.1'])('nobody is connected to %p', (url) => {
  expect(() => connect(url as string)).toThrow(/^connect: expected the url of a mock that runs, such as /);
});
