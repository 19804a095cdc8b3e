import { describe, expect, test } from 'bun:test';
import type { ActionAnswer, Charts, KeysPage } from '../../../src/inspector/shapes.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { allEnded, Looker } from '../../support/clients/looker.ts';
import {
  googleError,
  googleStream,
  hello,
  startProxy,
  type TestProxy,
  textChunk,
} from '../../support/proxy.ts';

const KEYS = { API_KEYS: 'AIza-first-0123456789abcdef,AIza-second-0123456789abcde' };
const MARK = { 'x-inspector': '1' };
const google: Fetch = async () => googleStream(textChunk('hi', 'STOP'));
const asks = { ...hello, stream: true };

const keysOf = async (proxy: TestProxy): Promise<KeysPage> => (await proxy.send('/ui/api/keys')).json();
const chartsOf = async (proxy: TestProxy, query = ''): Promise<Charts> =>
  (await proxy.send(`/ui/api/charts${query}`)).json();
const ask = async (proxy: TestProxy, body: object = asks, headers = {}) =>
  (await proxy.send('/v1/messages', body, headers)).text();

/** Fails for the first key that asks, and answers for the others. */
function failingFirst(fail: () => Response): Fetch {
  let first: string | null | undefined;
  return async (_url, init) => {
    const key = new Headers(init.headers).get('x-goog-api-key');
    first ??= key;
    return key === first ? fail() : googleStream(textChunk('hi', 'STOP'));
  };
}

describe('keys', () => {
  test('all answer: each is told by its fingerprint, with what it did', async () => {
    await using proxy = await startProxy({ fetch: google, env: KEYS });
    await ask(proxy, asks, { 'x-claude-code-session-id': 'one' });
    const page = await keysOf(proxy);
    expect(page.headline).toBe('All 2 keys answer.');
    expect(page.keys.map(({ state, sign }) => [state, sign])).toEqual([
      ['in use', 'good'],
      ['in use', 'good'],
    ]);
    const used = page.keys.find(({ today }) => today.requests > 0);
    expect(used).toMatchObject({ lastMinute: { requests: 1 }, today: { requests: 1, in: 30 }, sessions: 1 });
    expect(JSON.stringify(page)).not.toContain('AIza');
    expect(page.models.map(({ model }) => model)).toEqual(['gemini-4-argon', 'gemini-4-hydrogen']);
  });

  test.each<[string, () => Response, RegExp, string]>([
    [
      'a quota of a minute',
      () =>
        googleError(
          429,
          'RESOURCE_EXHAUSTED',
          'Quota exceeded for GenerateRequestsPerMinutePerProjectPerModel',
        ),
      /^resting for gemini-4-argon$/,
      'slow',
    ],
    [
      'a refused key',
      () => googleError(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'),
      /^out$/,
      'failed',
    ],
  ])('%s says so, and until when', async (_what, fail, state, sign) => {
    await using proxy = await startProxy({ fetch: failingFirst(fail), env: KEYS });
    await ask(proxy);
    const page = await keysOf(proxy);
    const troubled = page.keys.find((key) => key.sign !== 'good');
    expect(troubled?.state).toMatch(state);
    expect(page.headline).toContain(`#${troubled?.key}`);
    expect([troubled?.sign, typeof troubled?.until]).toEqual([sign as 'slow', 'number']);
    const looker = await (await Looker.at(proxy)).until(({ messages }) =>
      messages.some(({ type }) => type === 'state'),
    );
    looker.leave();
    expect(looker.last('state')?.keysSign).toBe('slow');
  });

  test('a model that is down with every key is told at once, with what answers instead', async () => {
    const fetch: Fetch = async (url) =>
      url.includes('4-argon')
        ? googleError(404, 'NOT_FOUND', 'models/gemini-4-argon is not found')
        : googleStream(textChunk('hi', 'STOP'));
    await using proxy = await startProxy({ fetch });
    await ask(proxy);
    await ask(proxy, { ...asks, messages: [{ role: 'user', content: 'two' }] });
    const { models, headline } = await keysOf(proxy);
    const argon = models.find(({ model }) => model === 'gemini-4-argon');
    const [{ model, requests } = { model: '', requests: 0 }] = argon?.instead ?? [];
    expect([requests, argon?.isDown]).toEqual([2, true]);
    expect(headline).toContain(`${model} answers instead`);
    const looker = await (await Looker.at(proxy)).until(({ messages }) =>
      messages.some(({ type }) => type === 'state'),
    );
    looker.leave();
    expect(looker.last('state')?.notice?.text).toContain('gemini-4-argon is down with every key');
  });

  test('a model that answers again keeps a trace of what has answered in its place', async () => {
    const busy = () => googleError(503, 'UNAVAILABLE', 'busy');
    const fine = () => googleStream(textChunk('hi', 'STOP'));
    const answers = [busy(), busy(), fine(), fine()];
    await using proxy = await startProxy({
      fetch: async () => answers.shift() ?? googleError(500, 'INTERNAL', 'nothing is left'),
      env: { MODEL_FALLBACKS: 'gemini-4-argon>gemini-4-carbon', MAX_STREAMING_RETRIES: '1' },
    });
    await ask(proxy);
    await ask(proxy, { ...asks, messages: [{ role: 'user', content: 'two' }] });
    const { models, headline } = await keysOf(proxy);
    const argon = models.find(({ model }) => model === 'gemini-4-argon');
    expect(argon?.isDown).toBe(false);
    expect(argon?.instead).toMatchObject([{ model: 'gemini-4-carbon', requests: 1 }]);
    expect(headline).toBe('The key answers.');
  });

  test('the mock is said to be the mock, and a limit that it plays is no answer', async () => {
    await using proxy = await startProxy({
      env: { BACKEND: 'mock', FAULTS: 'minute-quota@2', MAX_STREAMING_RETRIES: '0', MODEL_FALLBACKS: '' },
    });
    await ask(proxy);
    await ask(proxy);
    const { headline, keys } = await keysOf(proxy);
    expect(headline).toStartWith('The mock answers in place of Google.');
    expect(keys.map(({ today, why }) => [today.requests, why])).toEqual([
      [1, 'no key of Google’s: its limits are not kept'],
    ]);
  });

  test('what was sent is counted for the key that it was sent with, failed attempts too', async () => {
    await using proxy = await startProxy({
      fetch: failingFirst(() => googleError(503, 'UNAVAILABLE', 'busy')),
      env: KEYS,
    });
    await ask(proxy);
    const { keys } = await keysOf(proxy);
    const sent = keys.map(({ lastMinute }) => lastMinute?.requests ?? 0);
    expect(sent.reduce((sum, one) => sum + one, 0)).toBe(proxy.told('attempt').length);
    for (const { key, lastMinute } of keys)
      expect(lastMinute?.requests).toBe(proxy.told('attempt').filter((one) => one.key === key).length);
  });

  test('the budget of retries stands beside what was used of it', async () => {
    const answers = [googleError(503, 'UNAVAILABLE', 'busy'), googleStream(textChunk('hi', 'STOP'))];
    await using proxy = await startProxy({
      fetch: async () => answers.shift() ?? googleError(500, 'INTERNAL', 'nothing is left'),
    });
    await ask(proxy);
    expect((await keysOf(proxy)).budgets).toContainEqual(
      expect.objectContaining({ name: 'Retries, last five minutes', now: 1, unit: 'count' }),
    );
  });

  test('budgets and clients stand beside what was used of them', async () => {
    const env = {
      DAILY_BUDGET_USD: '20',
      CLIENT_KEYS: JSON.stringify({
        alice: {
          key: 'alice-key-0123456789',
          requestsPerMinute: 30,
          tokensPerMinute: 9_000,
          dollarsPerDay: 10,
        },
      }),
      PROXY_API_KEY: 'operator-0123456789',
    };
    await using proxy = await startProxy({ fetch: google, env });
    await ask(proxy, asks, { 'x-api-key': 'alice-key-0123456789' });
    const page: KeysPage = await (
      await proxy.send('/ui/api/keys', undefined, { 'x-api-key': env.PROXY_API_KEY })
    ).json();
    expect(page.budgets[0]).toMatchObject({ name: 'Today, all clients', most: 20, unit: 'dollars' });
    expect(page.budgets[0]?.now).toBeGreaterThan(0);
    expect(page.clients).toMatchObject([{ name: 'alice', minute: { now: 1, most: 30 }, day: { most: 10 } }]);
    expect(page.clients[0]?.note).toBe('30 requests a minute, 9000 input tokens a minute, $10 a day');
    const asClient = await proxy.send('/ui/api/keys', undefined, { 'x-api-key': 'alice-key-0123456789' });
    expect(asClient.status).toBe(403);
  });

  test('a key, all keys, a model: each test says what came of it', async () => {
    await using proxy = await startProxy({
      fetch: failingFirst(() => googleError(403, 'PERMISSION_DENIED', 'The key was leaked.')),
      env: KEYS,
    });
    const [first] = (await keysOf(proxy)).keys;
    const post = async (path: string): Promise<ActionAnswer> =>
      (await proxy.send(`/ui/api/${path}`, {}, MARK)).json();
    expect((await post(`keys/${first?.key}/test`)).said).toContain(`#${first?.key}: `);
    expect((await post('keys/test')).said).toMatch(/answers, after \d+ ms/);
    expect((await post('models/gemini-4-carbon/test')).said.split('\n')).toHaveLength(2);
    expect((await proxy.send('/ui/api/keys/nobody/test', {}, MARK)).status).toBe(404);
    expect((await proxy.send('/ui/api/models/nobody-9/test', {}, MARK)).status).toBe(404);
    expect((await proxy.send('/ui/api/keys/test', {})).status).toBe(403);
  });
});

describe('charts', () => {
  test('agree with the requests, to the token and the cent', async () => {
    const fetch: Fetch = async (url) =>
      url.includes('hydrogen')
        ? googleError(400, 'INVALID_ARGUMENT', 'no')
        : googleStream(textChunk('hi', 'STOP'));
    await using proxy = await startProxy({ fetch });
    await ask(proxy);
    await ask(proxy, { ...asks, model: 'claude-haiku-4-5' });
    const looker = await (await Looker.at(proxy)).until(allEnded(2));
    looker.leave();
    const charts = await chartsOf(proxy);
    expect([charts.starts.length, charts.columnMs]).toEqual([24, 3_600_000]);
    expect(charts.tokens.at(-1)).toEqual({ cached: 10, fresh: 20, out: 4 });
    const spent = looker.list.reduce((sum, { dollars = 0 }) => sum + dollars, 0);
    expect(charts.cost.groups.reduce((sum, { dollars }) => sum + dollars, 0)).toBeCloseTo(spent, 10);
    expect(charts.cost.columns.at(-1)?.reduce((sum, one) => sum + one, 0)).toBeCloseTo(spent, 10);
    expect(charts.table.find(({ name }) => name === 'gemini-4-argon')).toMatchObject({
      requests: 1,
      in: 30,
      cached: 10,
      out: 4,
      errors: 0,
    });
    expect(charts.errors.groups).toEqual([
      { name: 'The request is not valid (invalid_request_error)', count: 1 },
    ]);
    expect(charts.headline).toStartWith(
      '2 requests, 1 failed. The request is not valid (invalid_request_error)',
    );
    await looker.until(({ messages }) => messages.some(({ type }) => type === 'state'));
    expect(looker.last('state')?.today?.in).toBe(30);
  });

  test('and all other figures of the page mark what has no price, and call it no 0', async () => {
    const fetch: Fetch = async () => googleStream(textChunk('hi', 'STOP'));
    await using proxy = await startProxy({ fetch });
    await ask(proxy, { ...asks, model: 'gemini-9-xenon' });
    const looker = await (await Looker.at(proxy)).until(allEnded(1));
    looker.leave();
    expect(looker.last('state')?.today).toMatchObject({ in: 30, unpriced: 1 });
    expect(looker.last('state')?.today?.dollars).toBeUndefined();
    const [row] = (await chartsOf(proxy)).table;
    expect([row?.name, row?.dollars, row?.unpriced]).toEqual(['gemini-9-xenon', undefined, 1]);
    const [key] = (await keysOf(proxy)).keys;
    expect([key?.today.in, key?.today.dollars, key?.today.unpriced]).toEqual([30, undefined, 1]);
  });

  test('the headline names the error that came most often, and not the sum of all others', async () => {
    // None of them makes the proxy wait for a model that keeps failing.
    const errors = [
      ...Array(2).fill(googleError(403, 'PERMISSION_DENIED', 'no')),
      ...Array(2).fill(googleError(500, 'INTERNAL', 'no')),
      ...Array(2).fill(googleError(504, 'DEADLINE_EXCEEDED', 'late')),
    ];
    let asked = 0;
    await using proxy = await startProxy({
      fetch: async () => errors[asked++]?.clone() ?? googleError(500, 'INTERNAL', 'nothing is left'),
      env: { MAX_STREAMING_RETRIES: '0', MODEL_FALLBACKS: 'none' },
    });
    for (const [number] of errors.entries())
      await ask(proxy, { ...asks, messages: [{ role: 'user', content: `number ${number}` }] });
    const [nobody, wrong] = [{ model: 'nobody' }, { max_tokens: 'many' }];
    for (const bad of [nobody, nobody, wrong, wrong, wrong]) await ask(proxy, { ...asks, ...bad });
    const charts = await chartsOf(proxy);
    const [most] = charts.errors.groups;
    expect(charts.errors.groups.at(-1)?.count).toBeGreaterThan(most?.count ?? Infinity);
    expect(charts.headline).toEndWith(`Most often: ${most?.name}`);
  });

  test.each([
    ['?range=7d', 28, 6 * 3_600_000],
    ['?range=30d&by=key', 30, 24 * 3_600_000],
    ['?by=client', 24, 3_600_000],
  ])('%s has its columns', async (query, columns, ms) => {
    await using proxy = await startProxy({ fetch: google });
    await ask(proxy);
    const charts = await chartsOf(proxy, query);
    expect([charts.starts.length, charts.columnMs, charts.table.length]).toEqual([columns, ms, 1]);
  });

  test.each(['?range=1y', '?by=nothing'])('%s is refused', async (query) => {
    await using proxy = await startProxy();
    expect((await proxy.send(`/ui/api/charts${query}`)).status).toBe(400);
  });
});
