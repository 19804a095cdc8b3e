/** Clients with names, keys and limits of their own: CLIENT_KEYS. */
import { describe, expect, test } from 'bun:test';
import { FIGURES, playSession, startSession } from '../../support/clients/scripted-session.ts';
import { says, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { hello } from '../../support/proxy.ts';

const ALICE = 'alices-own-key-0123';
const BOB = 'bobs-own-key-4567890';
const digest = (text: string) => new Bun.CryptoHasher('sha256').update(text).digest('hex');
const CLIENTS = JSON.stringify({ alice: ALICE, bob: { key: `sha256:${digest(BOB)}` } });

const started = (env: Record<string, string>, script = says) => {
  const google = scriptedGoogle((asked) => script(asked));
  return google.start(env).then((proxy) => ({
    google,
    proxy,
    async ask(headers: Record<string, string>, path = '/v1/messages') {
      const response = await google.finish(
        proxy.send(path, path === '/v1/messages' ? hello : undefined, headers),
      );
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
  }));
};

describe('the key of a client', () => {
  test.each([
    ['x-api-key', { 'x-api-key': ALICE }, 'alice'],
    ['a bearer', { authorization: `Bearer ${ALICE}` }, 'alice'],
    ['one that is set as a digest', { 'x-api-key': BOB }, 'bob'],
    ['both headers', { 'x-api-key': 'other', authorization: `Bearer ${BOB}` }, 'bob'],
  ])('%s lets in, by name: in the story, the log, and usage', async (_name, headers, name) => {
    const { proxy, ask } = await started({ CLIENT_KEYS: CLIENTS });
    await using _closing = proxy;
    expect((await ask(headers)).status).toBe(200);
    expect(proxy.told('asked')).toMatchObject([{ client: name }]);
    expect(proxy.lines.find(({ path }) => path === '/v1/messages')).toMatchObject({ client: name });
  });

  test.each([
    ['no key', {}],
    ['another key', { 'x-api-key': 'not-a-key-of-anybody' }],
    ['a digest in place of the key', { 'x-api-key': `sha256:${digest(BOB)}` }],
    ['a digest alone', { 'x-api-key': digest(BOB) }],
  ])('is needed, also without PROXY_API_KEY: %s is a 401', async (_name, headers) => {
    const { proxy, ask } = await started({ CLIENT_KEYS: CLIENTS });
    await using _closing = proxy;
    const { status, body, headers: told } = await ask(headers);
    expect([status, body.error.type, told.get('x-should-retry')]).toEqual([
      401,
      'authentication_error',
      'false',
    ]);
  });

  test('is beside PROXY_API_KEY, which opens everything', async () => {
    const { proxy, ask } = await started({ CLIENT_KEYS: CLIENTS, PROXY_API_KEY: 'between-us' });
    await using _closing = proxy;
    expect((await ask({ 'x-api-key': 'between-us' })).status).toBe(200);
    expect((await ask({ 'x-api-key': ALICE })).status).toBe(200);
    expect(proxy.told('asked').map(({ client }) => client)).toEqual([undefined, 'alice']);
    const [owner, client] = [
      await ask({ 'x-api-key': 'between-us' }, '/test-connection'),
      await ask({ 'x-api-key': ALICE }, '/test-connection'),
    ];
    expect([owner.status, client.status, client.body.error.type]).toEqual([200, 403, 'permission_error']);
  });

  test.each([
    '/ui/api/live',
    '/ui/api/keys',
    '/ui/api/charts',
    '/ui/api/search?q=word',
    '/ui/api/requests/req_1',
    '/metrics',
    '/test-connection',
  ])(
    'without PROXY_API_KEY opens nothing of all clients: %s says what it needs, to every key',
    async (path) => {
      const { proxy, ask } = await started({ CLIENT_KEYS: CLIENTS });
      await using _closing = proxy;
      for (const headers of [{}, { 'x-api-key': ALICE }, { 'x-api-key': 'not-a-key-of-anybody' }]) {
        const { status, body } = await ask(headers, path);
        expect([status, body.error.details]).toEqual([403, { error_code: 'operator_key_missing' }]);
        expect(body.error.message).toContain('set one, and restart');
      }
    },
  );

  test('shows the small health of the proxy, and nothing of other clients', async () => {
    const { proxy, ask } = await started({ CLIENT_KEYS: CLIENTS });
    await using _closing = proxy;
    await ask({ 'x-api-key': BOB });
    const { status, body } = await ask({ 'x-api-key': ALICE }, '/health');
    expect([status, body.status, body.usage]).toEqual([200, 'healthy', undefined]);
  });

  test('and the names can change while the proxy serves', async () => {
    const { proxy, ask } = await started({ CLIENT_KEYS: CLIENTS });
    await using _closing = proxy;
    proxy.reload({ CLIENT_KEYS: JSON.stringify({ carol: BOB }) });
    expect((await ask({ 'x-api-key': ALICE })).status).toBe(401);
    expect((await ask({ 'x-api-key': BOB })).status).toBe(200);
    expect(proxy.told('asked')).toMatchObject([{ client: 'carol' }]);
  });

  test('is in no log line', async () => {
    const { proxy, ask } = await started({ CLIENT_KEYS: CLIENTS });
    await using _closing = proxy;
    await ask({ 'x-api-key': ALICE, 'user-agent': `tool ${ALICE}` });
    expect(JSON.stringify(proxy.lines)).not.toContain(ALICE);
  });
});

test('two clients of a session: each has its own figures, to the token and the cent', async () => {
  const running = await startSession({ CLIENT_KEYS: CLIENTS, PROXY_API_KEY: 'between-us' });
  await using proxy = running.proxy;
  const keys = { alice: ALICE, bob: BOB };
  await playSession(running, (client) => ({ 'x-api-key': keys[client] }));
  const response = await running.google.finish(
    proxy.send('/health', undefined, { 'x-api-key': 'between-us' }),
  );
  const { usage } = (await response.json()) as { usage: { today: object; clients: Record<string, object> } };
  const { requests, dollars, listDollars, cached, out } = FIGURES.all;
  expect(usage.today).toMatchObject({
    requests,
    dollars: expect.closeTo(dollars, 9),
    list_dollars: expect.closeTo(listDollars, 9),
    tokens_cached: cached,
    tokens_out: out,
  });
  for (const name of ['alice', 'bob'] as const)
    expect(usage.clients[name]).toMatchObject({
      requests: FIGURES[name].requests,
      dollars: expect.closeTo(FIGURES[name].dollars, 9),
    });
});

test('a client whose requests have no price has cost null, and not 0', async () => {
  const { proxy, google } = await started({ CLIENT_KEYS: CLIENTS, PROXY_API_KEY: 'between-us' });
  await using _closing = proxy;
  const body = { ...hello, model: 'gemini-9-xenon' };
  await google.finish(proxy.send('/v1/messages', body, { 'x-api-key': ALICE }));
  const response = await google.finish(proxy.send('/health', undefined, { 'x-api-key': 'between-us' }));
  const { usage } = (await response.json()) as { usage: { clients: object } };
  expect(usage.clients).toEqual({
    alice: { requests: 1, dollars: null },
    bob: { requests: 0, dollars: 0 },
  });
});

describe('the limits of a client', () => {
  const limited = (limits: object) => JSON.stringify({ alice: { key: ALICE, ...limits }, bob: { key: BOB } });
  const [alice, bob] = [{ 'x-api-key': ALICE }, { 'x-api-key': BOB }];

  test('requests a minute: a 429 that says when to come back, and then comes in', async () => {
    const { proxy, ask, google } = await started({ CLIENT_KEYS: limited({ requestsPerMinute: 2 }) });
    await using _closing = proxy;
    await ask(alice);
    await google.clock.advance(20_000);
    await ask(alice);
    const { status, body, headers } = await ask(alice);
    expect([status, body.error.type, headers.get('retry-after')]).toEqual([429, 'rate_limit_error', '40']);
    expect(body.error.message).toContain('2 requests a minute');
    expect(headers.get('x-should-retry')).toBeNull();
    expect((await ask(bob)).status).toBe(200);
    await google.clock.advance(40_000);
    expect((await ask(alice)).status).toBe(200);
    expect(google.asked).toHaveLength(4);
  });

  test.each([
    ['requests a minute', { requestsPerMinute: 1 }],
    ['dollars a day', { dollarsPerDay: 0.000001 }],
  ])('say nothing of the health of the proxy: %s', async (_what, limits) => {
    const { proxy, ask, google } = await started({ CLIENT_KEYS: limited(limits) });
    await using _closing = proxy;
    await ask(alice);
    await google.clock.advance(59_000);
    const asking = (session: number) => ask({ ...alice, 'x-claude-code-session-id': `session-${session}` });
    for (let session = 0; session < 5; session++) expect((await asking(session)).status).toBe(429);
    // What was answered is too long ago to count.
    await google.clock.advance(1_500);
    const { status, body } = await ask({}, '/health');
    expect([status, body.status]).toEqual([200, 'healthy']);
  });

  test('input tokens a minute', async () => {
    const { proxy, ask } = await started({ CLIENT_KEYS: limited({ tokensPerMinute: 10 }) });
    await using _closing = proxy;
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) statuses.push((await ask(alice)).status);
    expect(statuses[0]).toBe(200);
    expect(statuses.at(-1)).toBe(429);
    expect((await ask(bob)).status).toBe(200);
  });

  test('dollars a day: the turn ends, with the time of the return', async () => {
    // Each answer costs 20 × $2 + 10 × $0.10 + 4 × $10, for a million.
    const { proxy, ask, google } = await started({ CLIENT_KEYS: limited({ dollarsPerDay: 0.0001 }) });
    await using _closing = proxy;
    expect([(await ask(alice)).status, (await ask(alice)).status]).toEqual([200, 200]);
    const { status, body, headers } = await ask(alice);
    expect([status, headers.get('x-should-retry')]).toEqual([429, 'false']);
    expect(body.error.message).toMatch(/daily budget of alice, \$0\.0001 .*2026-12-01 00:00 UTC/);
    expect((await ask(bob)).status).toBe(200);
    google.clock.setWall(86_400_000);
    expect((await ask(alice)).status).toBe(200);
  });
});
