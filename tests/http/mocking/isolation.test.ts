/** A test that names itself sees what it would see alone, whoever else asks the same mock. */
import { describe, expect, test } from 'bun:test';
import type { JournalAnswer } from '../../../src/http/api-description/mock-answers.ts';
import { checkTest } from '../../../src/http/mocking/test-id.ts';
import { until } from '../../support/google/held-upstream.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { passing } from '../../support/passing-time.ts';
import { hello, type ProxyOptions, startProxy, type TestProxy } from '../../support/proxy.ts';

const once: ProxyOptions = { env: { FAULTS: 'http-429@1', MAX_RETRIES: '0', MAX_STREAMING_RETRIES: '0' } };

/** As a client of this test. */
const as = (testId: string | undefined): Record<string, string> =>
  testId === undefined ? {} : { 'x-test-id': testId };

type Said = { status: number; source: string | null; id: string | null; text: string };

async function say(proxy: TestProxy, body: object, testId?: string): Promise<Said> {
  const response = await proxy.send('/v1/messages', body, as(testId));
  return {
    status: response.status,
    source: response.headers.get('x-mock-source'),
    id: response.headers.get('request-id'),
    text: await response.text(),
  };
}

const statuses = async (proxy: TestProxy, testId: string | undefined, count: number): Promise<number[]> => {
  const all: number[] = [];
  for (let nth = 0; nth < count; nth++) all.push((await say(proxy, hello, testId)).status);
  return all;
};

const ask = (proxy: TestProxy, path: string, body: object, testId?: string) =>
  proxy.send(`/__mock/${path}`, body, as(testId));

const requestsOf = async (proxy: TestProxy, testId?: string) => {
  const query = testId === undefined ? '' : `?test_id=${encodeURIComponent(testId)}`;
  const answer: JournalAnswer = await (await proxy.send(`/__mock/requests${query}`)).json();
  return answer.requests;
};

const tools = ['Write', 'Bash', 'Read'].map((name) => ({
  name,
  input_schema: {
    type: 'object',
    properties: { file_path: { type: 'string' }, command: { type: 'string' } },
  },
}));

type Block = { type: string; id: string };

/** A client that does a task with tools, and sends a request again that was refused: so many requests. */
async function work(proxy: TestProxy, testId: string, count: number, stream = false): Promise<Said[]> {
  const prompt = 'Build a small command-line tool that counts lines, on a rate-limited day';
  const messages: object[] = [{ role: 'user', content: prompt }];
  const said: Said[] = [];
  for (let nth = 0; nth < count; nth++) {
    said.push(await say(proxy, { ...hello, max_tokens: 4_000, tools, messages, stream: false }, testId));
    const { status, text } = said.at(-1) as Said;
    if (stream) said.push(await say(proxy, { ...hello, stream }, testId));
    if (status !== 200) continue;
    const { content }: { content: Block[] } = JSON.parse(text);
    const calls = content.filter(({ type }) => type === 'tool_use');
    messages.push({ role: 'assistant', content });
    messages.push({
      role: 'user',
      content: calls.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'done' })),
    });
    if (calls.length === 0) break;
  }
  return said;
}

describe('a fault and a count', () => {
  test('the first request of a second client does not get what the first client was due', async () => {
    await using proxy = await startProxy(once);
    expect(await statuses(proxy, 'one', 2)).toEqual([429, 200]);
    expect(await statuses(proxy, 'two', 2)).toEqual([429, 200]);
    expect(await statuses(proxy, undefined, 2)).toEqual([429, 200]);
    // `default` is the name of those who name none.
    expect(await statuses(proxy, 'default', 1)).toEqual([200]);
  });

  test('ten clients at once see, to the byte, what one alone sees', async () => {
    await using alone = await startProxy(once);
    const expected = await work(alone, 'alone', 5, true);
    expect(new Set(expected.map(({ status }) => status))).toEqual(new Set([200, 429]));
    expect(expected.some(({ source }) => source === 'rate-limited-day/minute-is-over')).toBe(true);
    await using shared = await startProxy(once);
    const names = Array.from({ length: 10 }, (_, nth) => `client ${nth}`);
    const seen = await Promise.all(names.map((name) => work(shared, name, 5, true)));
    for (const one of seen) expect(one).toEqual(expected);
    const journals = await Promise.all(names.map((name) => requestsOf(shared, name)));
    const told = (entries: JournalAnswer['requests']) =>
      entries.map(({ id, body, answer, faults, attempts }) => ({ id, body, answer, faults, attempts }));
    for (const one of journals) expect(told(one)).toEqual(told(await requestsOf(alone, 'alone')));
  });

  test('retries of one client do not use up those of another', async () => {
    const clock = new ManualClock();
    await using proxy = await startProxy({ clock, env: { FAULTS: 'http-503@1-3' } });
    const names = Array.from({ length: 10 }, (_, nth) => `client ${nth}`);
    const all = Promise.all(names.map((name) => say(proxy, hello, name)));
    await passing(all, { clock, proxies: [proxy] });
    expect((await all).map(({ status }) => status)).toEqual(names.map(() => 200));
    for (const name of names) expect((await requestsOf(proxy, name))[0]?.attempts).toHaveLength(4);
  });

  test('a model whose streams break for one client still streams for another', async () => {
    await using proxy = await startProxy({
      env: { MAX_STREAMING_RETRIES: '0', MODEL_FALLBACKS: 'none' },
    });
    await ask(proxy, 'faults', { faults: 'cut@*:frame=1', test_id: 'broken' });
    for (let nth = 0; nth < 4; nth++) await say(proxy, { ...hello, stream: true }, 'broken');
    const methods = async (name: string) =>
      (await requestsOf(proxy, name)).flatMap(({ attempts }) => attempts.map(({ method }) => method));
    expect(await methods('broken')).toContain('generateContent');
    await say(proxy, { ...hello, stream: true }, 'whole');
    expect(await methods('whole')).toEqual(['streamGenerateContent']);
  });
});

describe('faults that are set', () => {
  test('are those of one test, and are counted from then on', async () => {
    await using proxy = await startProxy({ env: { MAX_RETRIES: '0' } });
    await statuses(proxy, 'one', 1);
    const answer = await ask(proxy, 'faults', { faults: 'http-429@1, http-403@2', test_id: 'one' });
    expect(await answer.json()).toEqual({ test_id: 'one', faults: ['http-429@1', 'http-403@2'] });
    expect(await statuses(proxy, 'two', 1)).toEqual([200]);
    expect(await statuses(proxy, 'one', 3)).toEqual([429, 403, 200]);
    await ask(proxy, 'faults', { faults: 'http-429@*', test_id: 'one' });
    expect(await statuses(proxy, 'one', 2)).toEqual([429, 429]);
    await ask(proxy, 'faults', { faults: '', test_id: 'one' });
    expect(await statuses(proxy, 'one', 1)).toEqual([200]);
  });

  test('without a name they are for those who name themselves not; with the header, for who asks', async () => {
    await using proxy = await startProxy({ env: { MAX_RETRIES: '0' } });
    await ask(proxy, 'faults', { faults: 'http-429@*' });
    await ask(proxy, 'faults', { faults: 'http-403@*' }, 'mine');
    expect(await statuses(proxy, undefined, 1)).toEqual([429]);
    expect(await statuses(proxy, 'mine', 1)).toEqual([403]);
    expect(await statuses(proxy, 'other', 1)).toEqual([200]);
  });

  const wrong: [string, object | string, string][] = [
    ['an unknown fault', { faults: 'http-430@1' }, 'did you mean http-4'],
    ['no faults', {}, 'faults: expected the rules'],
    ['a list', { faults: ['http-429'] }, 'faults: expected a text'],
    ['another name for the test', { faults: '', testId: 'one' }, '"testId": no such field'],
    ['a name that is none', { faults: '', test_id: 'ä' }, 'test_id: "ä" is no name for a test'],
    ['no object', '"http-429"', 'the body: expected a JSON object'],
    ['no JSON', '{', 'the body: expected a JSON object'],
  ];
  test.each(wrong)('%s is refused, and changes nothing', async (_name, body, message) => {
    await using proxy = await startProxy(once);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${proxy.url}/__mock/faults`, { method: 'POST', body: text });
    expect(response.status).toBe(400);
    expect((await response.json()).error.message).toContain(message);
    expect(await statuses(proxy, undefined, 2)).toEqual([429, 200]);
  });
});

describe('a reset', () => {
  test('begins one test anew: its counts, its requests, its ids, the faults that were set', async () => {
    await using proxy = await startProxy(once);
    const first = await work(proxy, 'one', 4);
    await statuses(proxy, 'two', 1);
    await ask(proxy, 'faults', { faults: 'http-403@*', test_id: 'one' });
    expect(await (await ask(proxy, 'reset', { test_id: 'one' })).json()).toEqual({ test_id: 'one' });
    expect(await requestsOf(proxy, 'one')).toEqual([]);
    expect(await work(proxy, 'one', 4)).toEqual(first);
    expect(await requestsOf(proxy, 'two')).toHaveLength(1);
    expect(await statuses(proxy, 'two', 1)).toEqual([200]);
  });

  test('without a name begins all anew; with the header, the test that asks', async () => {
    await using proxy = await startProxy(once);
    for (const name of ['one', 'two', undefined]) await statuses(proxy, name, 1);
    await ask(proxy, 'reset', {}, 'one');
    expect(await statuses(proxy, 'one', 1)).toEqual([429]);
    expect(await statuses(proxy, 'two', 1)).toEqual([200]);
    await fetch(`${proxy.url}/__mock/reset`, { method: 'POST' });
    expect(await requestsOf(proxy)).toEqual([]);
    for (const name of ['one', 'two', undefined]) expect(await statuses(proxy, name, 1)).toEqual([429]);
  });

  test('leaves an answer alone that is under way', async () => {
    await using proxy = await startProxy();
    await ask(proxy, 'faults', { faults: 'stall@*:frame=1 for=ever', test_id: 'one' });
    const response = await proxy.send('/v1/messages', { ...hello, stream: true }, as('one'));
    const reader = response.body?.getReader();
    expect((await reader?.read())?.done).toBe(false);
    await ask(proxy, 'reset', {});
    expect(await requestsOf(proxy)).toEqual([]);
    await reader?.cancel();
    expect((await say(proxy, hello, 'one')).status).toBe(200);
  });
});

describe('a name', () => {
  test('is refused where several processes serve, each of which counts only its own requests', () => {
    const named = { headers: new Headers({ 'x-test-id': 'one' }) };
    expect(() => checkTest(named, { isAlone: false })).toThrow('start the mock with WORKERS=1');
    checkTest(named, { isAlone: true });
    checkTest({ headers: new Headers() }, { isAlone: false });
  });

  const names: [string, string, number][] = [
    ['one character', 'a', 200],
    ['128 characters', 'x'.repeat(128), 200],
    ['a path and blanks', 'tests/login.test.ts > signs in', 200],
    ['129 characters', 'x'.repeat(129), 400],
    ['letters beyond ASCII', 'prüfung', 400],
  ];
  test.each(names)('of %s', async (_what, name, status) => {
    await using proxy = await startProxy();
    expect((await say(proxy, hello, name)).status).toBe(status);
    expect(await requestsOf(proxy, status === 200 ? name : undefined)).toHaveLength(1);
  });

  test('means nothing where Google answers', async () => {
    await using proxy = await startProxy({
      fetch: async () => Response.json({}, { status: 503 }),
      ...{ env: { MAX_RETRIES: '0' } },
    });
    expect((await say(proxy, hello, 'x'.repeat(500))).status).not.toBe(400);
  });
});

test('there are 256 worlds at most: the one that was idle for longest goes, and none in which an answer is under way', async () => {
  await using proxy = await startProxy({
    env: { ...once.env, FAULTS: 'stall@1:model=*argon frame=1 for=ever' },
  });
  const first = await proxy.send('/v1/messages', { ...hello, stream: true }, as('under way'));
  const counted = (name: string) => requestsOf(proxy, name).then(({ length }) => length);
  const idle = { ...hello, model: 'gemini-3.5-flash-lite' };
  for (let nth = 0; nth < 300; nth++) await say(proxy, idle, `idle ${nth}`);
  expect(await counted('under way')).toBe(1);
  expect(await counted('idle 0')).toBe(0);
  expect(await counted('idle 299')).toBe(1);
  expect(new Set((await requestsOf(proxy)).map(({ test_id }) => test_id)).size).toBeLessThanOrEqual(256);
  await first.body?.cancel();
});

test('the requests of a batch belong to the test that has created it', async () => {
  await using proxy = await startProxy({ env: { MAX_RETRIES: '0' } });
  await ask(proxy, 'faults', { faults: 'http-400@*', test_id: 'of-batch' });
  const requests = [{ custom_id: 'one', params: hello }];
  await (await proxy.send('/v1/messages/batches', { requests }, as('of-batch'))).text();
  await until(() => proxy.requests.ended === 2 + 1);
  const shown = (await requestsOf(proxy)).map(({ test_id, path, answer }) => [test_id, path, answer.status]);
  expect(shown).toEqual([
    ['of-batch', '/v1/messages/batches', 200],
    ['of-batch', '/v1/messages', 400],
  ]);
});

test('of requests that have one id the inspector shows the latest', async () => {
  await using proxy = await startProxy();
  const { id } = await say(proxy, { ...hello, max_tokens: 100 }, 'one');
  expect((await say(proxy, { ...hello, max_tokens: 200 }, 'two')).id).toBe(id);
  const raw = await (await proxy.send(`/ui/api/requests/${id}/raw`)).text();
  expect(raw).toContain('max_tokens');
  expect(raw.replaceAll('\\"', '"')).toMatch(/"max_tokens":\s*200/);
});

test('an answer names the step that gave it, also one that is an error; RESPONSE_HEADERS=false leaves that out', async () => {
  await using proxy = await startProxy(once);
  expect(await work(proxy, 'one', 3).then((said) => said.map(({ source }) => source))).toEqual([
    null,
    expect.stringMatching(/^build-a-small-cli\//),
    'rate-limited-day/minute-is-over',
  ]);
  await using silent = await startProxy({ env: { RESPONSE_HEADERS: 'false' } });
  expect((await say(silent, hello)).source).toBeNull();
});
