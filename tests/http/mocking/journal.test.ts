/** What a test can ask of the mock: which requests came, what was made of them, and who may ask. */
import { describe, expect, test } from 'bun:test';
import { checkLocal } from '../../../src/http/access.ts';
import type { JournalAnswer, JournalEntry } from '../../../src/http/api-description/mock-answers.ts';
import { Journal } from '../../../src/http/mocking/journal.ts';
import { turns } from '../../support/google/held-upstream.ts';
import { hello, startProxy, type TestProxy } from '../../support/proxy.ts';

const KEY = 'the-key-of-this-proxy';
const PATH = '/__mock/requests';

async function journalOf(proxy: TestProxy, query = '', headers = {}): Promise<JournalAnswer> {
  return (await proxy.send(`${PATH}${query}`, undefined, headers)).json();
}

async function onlyEntry(proxy: TestProxy, headers = {}): Promise<JournalEntry> {
  const { requests } = await journalOf(proxy, '', headers);
  expect(requests).toHaveLength(1);
  return requests[0] as JournalEntry;
}

const finished = async (answer: Promise<Response>): Promise<Response> => {
  const response = await answer;
  await response.text();
  return response;
};

describe('an entry', () => {
  test.each([true, false])(
    'says what came, what was sent, and what was answered (stream %p)',
    async (stream) => {
      await using proxy = await startProxy();
      const body = { ...hello, stream };
      const response = await finished(proxy.send('/v1/messages?beta=true', body, { 'x-own': 'kept' }));
      const entry = await onlyEntry(proxy);
      expect(entry).toMatchObject({
        id: response.headers.get('request-id') as string,
        test_id: 'default',
        method: 'POST',
        path: '/v1/messages?beta=true',
        body,
        caller: 'sdk',
        answer: { status: 200, stop_reason: 'end_turn', error: null, source: 'default/greeting' },
        faults: [],
      });
      expect(entry.headers['x-own']).toBe('kept');
      expect(entry.attempts).toMatchObject([
        {
          model: 'gemini-4-argon',
          method: 'streamGenerateContent',
          status: 200,
          error: null,
          source: 'default/greeting',
        },
      ]);
      expect(entry.attempts[0]?.body).toMatchObject({ contents: [{ parts: [{ text: 'hello' }] }] });
    },
  );

  test('names the fault that struck, and has every attempt', async () => {
    await using proxy = await startProxy({ env: { FAULTS: 'http-503@1' } });
    await finished(proxy.send('/v1/messages', hello));
    const { attempts, faults, answer } = await onlyEntry(proxy);
    expect(faults).toEqual(['http-503@1']);
    expect(attempts.map(({ status, faults, source }) => [status, faults, source])).toEqual([
      [503, ['http-503@1'], null],
      [200, [], 'default/greeting'],
    ]);
    expect(answer).toMatchObject({ status: 200, error: null });
  });

  test('tells the error that the client got, in a status or in its stream', async () => {
    await using proxy = await startProxy({ env: { FAULTS: 'http-400@1,error-object@2:frame=2' } });
    const refused = await proxy.send('/v1/messages', hello);
    const { error } = await refused.json();
    await finished(proxy.send('/v1/messages', { ...hello, stream: true }));
    const { requests } = await journalOf(proxy);
    expect(requests.map(({ answer }) => [answer.status, answer.error?.type])).toEqual([
      [400, 'invalid_request_error'],
      [200, expect.any(String)],
    ]);
    expect(requests[0]?.answer.error?.message).toBe(error.message);
  });

  test('is there while the answer is on its way, and has its status when the client has it', async () => {
    await using proxy = await startProxy({ env: { FAULTS: 'stall@*:frame=1 for=ever' } });
    const response = await proxy.send('/v1/messages', { ...hello, stream: true });
    expect((await onlyEntry(proxy)).answer).toMatchObject({ status: response.status, stop_reason: null });
    await response.body?.cancel();
  });
});

describe('requests that were refused are in it', () => {
  const refused: [string, string, object | string | undefined, Record<string, string>, number, unknown][] = [
    ['a wrong key', '/v1/messages', hello, { 'x-api-key': 'wrong' }, 401, null],
    [
      'a field that is missing',
      '/v1/messages',
      { model: 'claude-opus-5-5' },
      {},
      400,
      { model: 'claude-opus-5-5' },
    ],
    ['no JSON', '/v1/messages', '{"model":', {}, 400, '{"model":'],
    ['no such path', '/v2/messages', undefined, {}, 404, null],
    ['no such model', '/v1/messages', { ...hello, model: 'gpt-5' }, {}, 404, { ...hello, model: 'gpt-5' }],
    ['a page of another site', '/v1/messages', hello, { origin: 'https://evil.example' }, 403, null],
  ];
  test.each(refused)('%s', async (_name, path, body, headers, status, kept) => {
    await using proxy = await startProxy({ env: { PROXY_API_KEY: KEY } });
    const text = typeof body === 'object' ? JSON.stringify(body) : body;
    const response = await fetch(`${proxy.url}${path}`, {
      ...(text === undefined ? {} : { method: 'POST', body: text }),
      headers: { 'x-api-key': KEY, 'anthropic-version': '2023-06-01', ...headers },
    });
    const { error } = await response.json();
    expect(response.status).toBe(status);
    const entry = await onlyEntry(proxy, { 'x-api-key': KEY });
    expect(entry).toMatchObject({ path, answer: { status, error: { type: error.type } }, attempts: [] });
    expect(entry.body).toEqual(kept as JournalEntry['body']);
  });
});

test('secrets are blotted out: in headers, in the body, and in what was sent', async () => {
  const secret = 'sk-ant-api03-canary-0123456789abcdefghijklmnopqrstuvwxyz';
  await using proxy = await startProxy({ env: { PROXY_API_KEY: KEY } });
  const messages = [{ role: 'user', content: `my keys are ${secret} and ${KEY}` }];
  await finished(
    proxy.send(
      '/v1/messages',
      { ...hello, messages },
      { authorization: `Bearer ${KEY}`, 'x-api-key': 'abc' },
    ),
  );
  const text = await (await proxy.send(PATH, undefined, { 'x-api-key': KEY })).text();
  expect(text).toContain('my keys are xxxx');
  for (const hidden of [secret, secret.slice(10, 40), KEY, '"abc"']) expect(text).not.toContain(hidden);
});

test('all else is told as it was sent: what is about a person, all digits, and words that are also the key of the client', async () => {
  await using proxy = await startProxy();
  const content = 'Write testing to ann@example.com from /home/ann/notes, project_id "x-123456"';
  const sent = `{"model":"claude-sonnet-4-5","max_tokens":99,"metadata":{"user_id":"user-17"},"messages":[
    {"role":"user","content":${JSON.stringify(content)}},
    {"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"t","input":{"id":9007199254740993,"share":1.0}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"done"}]}],
    "tools":[{"name":"t","input_schema":{"type":"object"}}]}`;
  const headers = {
    'content-type': 'application/json',
    'anthropic-version': '2023-06-01',
    'x-api-key': 'testing',
  };
  await finished(fetch(`${proxy.url}/v1/messages`, { method: 'POST', headers, body: sent }));
  const entry = await onlyEntry(proxy);
  expect(entry.headers['x-api-key']).toBe('xxxxxxx');
  expect(entry.body).toEqual(JSON.parse(sent));
  expect(JSON.stringify(entry.attempts[0]?.body)).toContain(JSON.stringify(content).slice(1, -1));
  const text = await (await proxy.send(PATH)).text();
  expect(text.match(/"id":9007199254740993,"share":1\.0/g)).toHaveLength(2);
});

test('a client that leaves before there is an answer has got no status', async () => {
  await using proxy = await startProxy({ env: { FAULTS: 'stall@*:frame=1 for=ever' } });
  const leaving = new AbortController();
  const asked = fetch(`${proxy.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(hello),
    signal: leaving.signal,
  });
  while ((await journalOf(proxy)).requests[0]?.attempts[0]?.status !== 200) await turns();
  leaving.abort();
  await asked.catch(() => {});
  while (proxy.requests.ended < 1) await turns();
  expect((await onlyEntry(proxy)).answer).toMatchObject({ status: null, stop_reason: null, error: null });
});

test('whoever reads a long journal lets others have their answers meanwhile', async () => {
  await using proxy = await startProxy();
  for (let i = 0; i < 200; i++) await finished(proxy.send('/v1/models'));
  const ended: string[] = [];
  const journal = journalOf(proxy).then(() => void ended.push('journal'));
  await Promise.all([journal, finished(proxy.send('/livez')).then(() => void ended.push('livez'))]);
  expect(ended).toEqual(['livez', 'journal']);
});

test('a credential in the address is blotted out, however short it is', async () => {
  await using proxy = await startProxy();
  await finished(proxy.send('/v1/messages?key=abc&beta=true&access_token=a%3Db', hello));
  expect((await onlyEntry(proxy)).path).toBe('/v1/messages?key=xxx&beta=true&access_token=xxxxx');
});

test('what the proxy is asked about itself is not in it, and neither is the journal', async () => {
  await using proxy = await startProxy();
  for (const path of ['/', '/health', '/readyz', '/metrics', '/ui', '/swagger', PATH]) {
    await finished(proxy.send(path));
  }
  expect((await journalOf(proxy)).requests).toEqual([]);
});

test('can be asked for one test, and for the latest requests', async () => {
  await using proxy = await startProxy();
  for (const id of ['a', 'b', 'a']) await finished(proxy.send('/v1/models', undefined, { 'x-test-id': id }));
  const ids = async (query: string, headers = {}) =>
    (await journalOf(proxy, query, headers)).requests.map(({ test_id }) => test_id);
  expect(await ids('')).toEqual(['a', 'b', 'a']);
  expect(await ids('?test_id=a')).toEqual(['a', 'a']);
  expect(await ids('?last=2')).toEqual(['b', 'a']);
  expect(await ids('?last=9')).toEqual(['a', 'b', 'a']);
  expect(await ids('?test_id=a&last=1')).toEqual(['a']);
  expect(await ids('?test_id=nobody')).toEqual([]);
  // Who sends the header with every request is told of its own test.
  expect(await ids('', { 'x-test-id': 'b' })).toEqual(['b']);
  for (const query of [
    '?last=0',
    '?last=all',
    '?test_id=',
    '?testId=a',
    '?test_id=a&first=1',
    `?test_id=${'x'.repeat(129)}`,
  ])
    expect((await proxy.send(`${PATH}${query}`)).status).toBe(400);
});

describe('who may ask', () => {
  test('with a key of Google the path is not there, as any that is unknown', async () => {
    await using proxy = await startProxy({ fetch: async () => Response.json({}) });
    const told = async (path: string) => {
      const response = await proxy.send(path);
      return [response.status, (await response.json()).error.message.replace(path, '')];
    };
    expect(await told(PATH)).toEqual(await told('/__mock/nothing'));
    expect((await proxy.send(PATH)).status).toBe(404);
  });

  test('only who knows the key, where one is set', async () => {
    await using proxy = await startProxy({ env: { PROXY_API_KEY: KEY } });
    expect((await proxy.send(PATH)).status).toBe(401);
    expect((await proxy.send(PATH, undefined, { 'x-api-key': KEY })).status).toBe(200);
  });

  const pages: [string, Record<string, string>][] = [
    ['a page of another site', { origin: 'https://evil.example' }],
    ['a page of another port', { origin: 'http://localhost:1' }],
    ['a link in a page', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
    ['a browser that does not say which page', { 'user-agent': 'Mozilla/5.0' }],
    ['a name of this machine that others know', { host: 'build-server' }],
    ['an address of this machine that others know', { host: '192.168.1.5' }],
  ];
  test.each(pages)('not %s, even where CORS_ORIGINS allows the API to every page', async (_name, headers) => {
    await using proxy = await startProxy({
      env: { CORS_ORIGINS: '*', HOST: '0.0.0.0', PROXY_API_KEY: KEY },
    });
    const response = await proxy.send(PATH, undefined, { 'x-api-key': KEY, ...headers });
    expect(response.status).toBe(403);
    expect(response.headers.has('access-control-allow-origin')).toBe(false);
  });

  const peers: [string | undefined, string, boolean][] = [
    ['127.0.0.1', '127.0.0.1:8082', true],
    ['127.8.0.1', 'localhost:8082', true],
    ['::1', '[::1]:8082', true],
    ['::ffff:127.0.0.1', 'localhost', true],
    [undefined, 'localhost', true],
    ['192.168.1.7', '127.0.0.1:8082', false],
    ['::ffff:192.168.1.7', 'localhost', false],
    ['fe80::1', 'localhost', false],
    ['127.0.0.1', '192.168.1.7:8082', false],
    ['127.0.0.1', '127.0.0.1.evil.example', false],
  ];
  test.each(peers)('a client at %p that asks %s: %p', (peer, host, isWelcome) => {
    const check = () => checkLocal(new Request(`http://${host}${PATH}`), peer);
    if (isWelcome) check();
    else expect(check).toThrow('Only programs of this machine');
  });
});

describe('there is room for so many', () => {
  const request = new Request('http://localhost/v1/messages');
  const kept = (journal: Journal, testId?: string) =>
    journal.read(testId).requests.map(({ testId, number }) => `${testId}${number}`);

  test('of each test the oldest go, and it is said how many', () => {
    const journal = new Journal({ requests: 2, bytes: 1_000_000 });
    for (const id of ['a', 'b', 'a', 'a']) journal.open(id, request);
    expect(kept(journal)).toEqual(['b2', 'a3', 'a4']);
    expect(journal.read('a').dropped).toBe(1);
    expect(journal.read('b').dropped).toBe(0);
  });

  test('where bytes run out, the test with most of them loses its oldest', () => {
    const journal = new Journal({ requests: 100, bytes: 50_000 });
    journal.open('small', request).keepBody(new Uint8Array(100));
    for (let count = 0; count < 5; count++) journal.open('big', request).keepBody(new Uint8Array(15_000));
    expect(kept(journal)).toEqual(['small1', 'big5', 'big6']);
    expect(journal.read().dropped).toBe(3);
  });

  test('a request that has gone takes no room when it goes on', () => {
    const journal = new Journal({ requests: 100, bytes: 50_000 });
    const gone = journal.open('a', request);
    journal.forget('a');
    for (let count = 0; count < 10; count++) gone.keepBody(new Uint8Array(40_000));
    journal.open('b', request).keepBody(new Uint8Array(40_000));
    expect(kept(journal)).toEqual(['b2']);
    expect(journal.read().dropped).toBe(0);
  });
});
