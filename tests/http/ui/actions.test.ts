import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listing } from '../../../src/commands/recordings/list-recordings.ts';
import { recordingLines } from '../../../src/commands/recordings/tables.ts';
import type {
  ActionAnswer,
  AdoptQuestion,
  AgainQuestion,
  Detail,
  SearchMessage,
} from '../../../src/inspector/shapes.ts';
import { sessionLabel } from '../../../src/lib/hash.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { allEnded, Looker } from '../../support/clients/looker.ts';
import {
  GEMINI_KEY,
  googleError,
  googleStream,
  hello,
  startProxy,
  type TestProxy,
  textChunk,
} from '../../support/proxy.ts';

const google: Fetch = async () => googleStream(textChunk('Good'), textChunk(' day.', 'STOP'));
/** Google, and how often it was asked. */
function counted(): { fetch: Fetch; sent(): number } {
  let sent = 0;
  const fetch: Fetch = (...given) => {
    sent++;
    return google(...given);
  };
  return { fetch, sent: () => sent };
}

const asks = { ...hello, stream: true };
const MARK = { 'x-inspector': '1' };

async function kept(proxy: TestProxy, body: object = asks): Promise<string> {
  await (await proxy.send('/v1/messages', body)).text();
  const looker = await (await Looker.at(proxy)).until(allEnded(1));
  looker.leave();
  return looker.list[0]?.id ?? '';
}

const act = async (proxy: TestProxy, id: string, action: string, body: object = {}): Promise<ActionAnswer> =>
  (await proxy.send(`/ui/api/requests/${id}/${action}`, body, MARK)).json();

describe('save', () => {
  test.each<[string, () => Fetch]>([
    ['an answer', () => google],
    [
      'an answer after a retry',
      () => {
        const left = [
          googleError(503, 'UNAVAILABLE', 'busy'),
          googleStream(textChunk('Good'), textChunk(' day.', 'STOP')),
        ];
        return async () => left.shift() ?? googleError(500, 'INTERNAL', 'nothing is left');
      },
    ],
    [
      'an answer of another model',
      () => async (url) =>
        url.includes('4-argon')
          ? googleError(404, 'NOT_FOUND', 'models/gemini-4-argon is not found')
          : googleStream(textChunk('Good'), textChunk(' day.', 'STOP')),
    ],
  ])('%s becomes a recording that answers the same request again', async (_what, fetch) => {
    await using proxy = await startProxy({ fetch: fetch() });
    const { said, command } = await act(proxy, await kept(proxy), 'save');
    const folder = join(proxy.folder, 'recordings');
    const [name = ''] = readdirSync(folder);
    expect([said.includes(name), command]).toEqual([true, `bun run replay ${name}`]);
    expect(recordingLines(folder, Date.now())).toEqual([
      expect.stringMatching(new RegExp(`^${name}  \\d{4}-.*  gemini  1 request$`)),
    ]);
    await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: join(folder, name) } });
    const answer = await (await replay.send('/v1/messages', asks)).text();
    expect(answer).toContain('Good');
    expect(answer).toContain(' day.');
    expect(answer).toContain('message_stop');
  });

  test.each([
    ['no JSON', 'nonsense'],
    ['no messages', JSON.stringify({ model: 'claude-opus-5-5', max_tokens: 9 })],
  ])(
    'a request that was refused before it was understood says why it cannot be saved: %s',
    async (_what, body) => {
      await using proxy = await startProxy({ fetch: google });
      const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
      const refused = await fetch(`${proxy.url}/v1/messages`, { method: 'POST', headers, body });
      expect(refused.status).toBe(400);
      await refused.text();
      const id = refused.headers.get('request-id');
      for (const [action, asked] of [
        ['save', {}],
        ['adopt', {}],
        ['adopt', undefined],
      ] as const) {
        const answer = await proxy.send(`/ui/api/requests/${id}/${action}`, asked, MARK);
        const { error } = (await answer.json()) as { error: { message: string } };
        expect([answer.status, error.message]).toEqual([
          400,
          expect.stringContaining('before it was understood'),
        ]);
      }
    },
  );

  test('a recording is found by the id that the client and the log had', async () => {
    await using proxy = await startProxy({ fetch: google });
    const id = await kept(proxy);
    await act(proxy, id, 'save');
    const recordings = join(proxy.folder, 'recordings');
    const [name = ''] = readdirSync(recordings);
    const { lines, code } = listing({ words: [id], json: false }, recordings, Date.now());
    expect([code, lines[0]]).toEqual([0, expect.stringContaining(join(recordings, name, '001-'))]);
  });

  test('a recording holds no secret', async () => {
    await using proxy = await startProxy({ fetch: google });
    const body = { ...asks, messages: [{ role: 'user', content: `my key is ${GEMINI_KEY}` }] };
    await act(proxy, await kept(proxy, body), 'save');
    const folder = join(proxy.folder, 'recordings');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter(
      (file) => file.isFile(),
    );
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) {
      expect(readFileSync(join(file.parentPath, file.name)).includes(GEMINI_KEY)).toBe(false);
    }
  });

  test('adopt says first what it would write, and the command that makes a test of it, and writes nothing', async () => {
    await using proxy = await startProxy({ fetch: google });
    const id = await kept(proxy);
    const question: AdoptQuestion = await (await proxy.send(`/ui/api/requests/${id}/adopt`)).json();
    expect(readdirSync(proxy.folder)).not.toContain('recordings');
    const { said, command } = await act(proxy, id, 'adopt');
    const recordings = join(proxy.folder, 'recordings');
    const [name = ''] = readdirSync(recordings);
    expect(question).toEqual({
      name,
      folder: join(recordings, name),
      command: `bun run adopt ${name}/1 ${name}`,
    });
    expect([said.includes(question.folder), command]).toEqual([true, question.command]);
  });
});

describe('curl', () => {
  test('sends the same request with the key of the shell, and holds no key', async () => {
    await using proxy = await startProxy({ fetch: google });
    const { command = '' } = await act(proxy, await kept(proxy), 'curl');
    expect(command).not.toContain(GEMINI_KEY);
    const seen = Promise.withResolvers<{ key: string | null; body: unknown; path: string }>();
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      async fetch(request) {
        const { pathname, search } = new URL(request.url);
        seen.resolve({
          key: request.headers.get('x-goog-api-key'),
          body: await request.json(),
          path: pathname + search,
        });
        return new Response('ok');
      },
    });
    const here = command.replace(/https:\/\/[^/]+/, `http://127.0.0.1:${server.port}`);
    const shell = Bun.spawn(['sh', '-c', here], {
      env: { ...process.env, GEMINI_API_KEY: 'of-the-shell' },
      stdout: 'ignore',
      stderr: 'ignore',
    });
    await shell.exited;
    const { key, body, path } = await seen.promise;
    await server.stop(true);
    expect([key, path]).toEqual([
      'of-the-shell',
      '/v1beta/models/gemini-4-argon:streamGenerateContent?alt=sse',
    ]);
    expect(body).toMatchObject({ contents: [{ role: 'user', parts: [{ text: 'hello' }] }] });
  });
});

describe('send again', () => {
  test('asks first: whom it goes to, how much it is, what it costs', async () => {
    await using proxy = await startProxy({ fetch: google });
    const question: AgainQuestion = await (
      await proxy.send(`/ui/api/requests/${await kept(proxy)}/again`)
    ).json();
    expect(question).toEqual({
      model: 'gemini-4-argon',
      tokens: 30,
      dollars: expect.any(Number),
      toGemini: true,
    });
  });

  test('asks for the price of the model that is asked first, whichever has answered before', async () => {
    let isBusy = true;
    const fetch: Fetch = async (...given) => {
      if (!isBusy || !String(given[0]).includes('argon')) return google(...given);
      isBusy = false;
      return googleError(404, 'NOT_FOUND', 'models/gemini-4-argon is not found');
    };
    const ask = async (upstream: Fetch) => {
      await using proxy = await startProxy({ fetch: upstream });
      const id = await kept(proxy);
      const { row }: Detail = await (await proxy.send(`/ui/api/requests/${id}`)).json();
      const question: AgainQuestion = await (await proxy.send(`/ui/api/requests/${id}/again`)).json();
      return { answered: row.answered, question };
    };
    const [usual, fallback] = [await ask(google), await ask(fetch)];
    expect([usual.question.model, usual.answered]).toEqual(['gemini-4-argon', 'gemini-4-argon']);
    expect(fallback.answered).not.toBe('gemini-4-argon');
    // The model is gone by now, so the one in its place is asked first.
    expect(fallback.question.model).toBe(fallback.answered ?? '');
    expect(fallback.question.dollars).not.toBe(usual.question.dollars ?? 0);
  });

  test('to Gemini: it is a request of its own in the list', async () => {
    const { fetch, sent } = counted();
    await using proxy = await startProxy({ fetch });
    const { id } = await act(proxy, await kept(proxy), 'again', { to: 'gemini' });
    const looker = await (await Looker.at(proxy)).until(allEnded(2));
    looker.leave();
    expect([sent(), looker.list.some((row) => row.id === id)]).toEqual([2, true]);
    expect(new Set(looker.list.map(({ says }) => says))).toEqual(new Set(['hello']));
  });

  test('to the mock: Gemini is not asked, and nothing is counted', async () => {
    const { fetch, sent } = counted();
    await using proxy = await startProxy({ fetch });
    const { id } = await act(proxy, await kept(proxy), 'again', { to: 'mock' });
    const looker = await (await Looker.at(proxy)).until(allEnded(2));
    looker.leave();
    expect([sent(), looker.list.find((row) => row.id === id)]).toMatchObject([
      1,
      { key: 'mock', status: 200 },
    ]);
    expect(looker.list.find((row) => row.id === id)?.dollars).toBeUndefined();
    expect((await (await proxy.send('/health')).json()).streams_in_flight).toBe(0);
  });

  test.each(['mock', 'gemini'])('to %s: it is marked, and no part of the session', async (to) => {
    const { fetch } = counted();
    await using proxy = await startProxy({ fetch });
    const session = { 'x-claude-code-session-id': 'one', 'x-claude-code-agent-id': 'helper' };
    await (await proxy.send('/v1/messages', asks, session)).text();
    const first = await (await Looker.at(proxy)).until(allEnded(1));
    first.leave();
    const [original] = first.list;
    const { id } = await act(proxy, original?.id ?? '', 'again', { to });
    const looker = await (await Looker.at(proxy)).until(allEnded(2));
    looker.leave();
    const again = looker.list.find((row) => row.id === id);
    expect(again).toMatchObject({ thread: id ?? '', resends: { of: original?.id, to } });
    expect([again?.agent, original?.thread === again?.thread]).toEqual([undefined, false]);
    const health = await (await proxy.send(`/health?session=${sessionLabel('one')}`)).json();
    expect(health.usage.session.requests).toBe(1);
    const detail: Detail = await (await proxy.send(`/ui/api/requests/${id}`)).json();
    expect(detail.facts.join()).toContain('sent again');
    const told = proxy.lines.findLast(({ path, resends }) => path === '/v1/messages' && resends);
    // What the mock answers to somebody who looks leaves no line.
    expect(told?.['resends']).toBe(to === 'mock' ? undefined : original?.id);
  });

  test('where the mock answers, it is not sent to Gemini', async () => {
    await using proxy = await startProxy();
    const id = await kept(proxy);
    const refused = await proxy.send(`/ui/api/requests/${id}/again`, { to: 'gemini' }, MARK);
    expect(refused.status).toBe(400);
  });
});

describe('who may act', () => {
  const ACTIONS = ['save', 'adopt', 'curl', 'again'];
  test.each(ACTIONS)('%s needs its header, and is no GET', async (action) => {
    await using proxy = await startProxy({ fetch: google });
    const path = `/ui/api/requests/${await kept(proxy)}/${action}`;
    expect((await proxy.send(path, { to: 'mock' })).status).toBe(403);
    expect((await proxy.send(path, { to: 'mock' }, { 'x-inspector': '0' })).status).toBe(403);
    expect((await proxy.send(path, {}, { ...MARK, origin: 'https://evil.example' })).status).toBe(403);
    expect((await proxy.send(path, {}, { ...MARK, origin: 'http://localhost:1' })).status).toBe(403);
    if (action !== 'again' && action !== 'adopt')
      expect((await proxy.send(path, undefined, MARK)).status).toBe(405);
    expect(readdirSync(proxy.folder)).not.toContain('recordings');
  });

  test.each(ACTIONS)('%s needs the key, also on an address beyond loopback', async (action) => {
    const env = { PROXY_API_KEY: 'between-us-0123456789', HOST: '0.0.0.0' };
    await using proxy = await startProxy({ fetch: google, env });
    expect((await proxy.send(`/ui/api/requests/req_1/${action}`, {}, MARK)).status).toBe(401);
    const key = { 'x-api-key': env.PROXY_API_KEY };
    const foreign = { ...MARK, ...key, origin: 'http://evil.example' };
    expect((await proxy.send(`/ui/api/requests/req_1/${action}`, {}, foreign)).status).toBe(403);
    expect((await proxy.send(`/ui/api/requests/req_1/${action}`, {}, key)).status).toBe(403);
  });
});

describe('search', () => {
  async function found(proxy: TestProxy, words: string): Promise<SearchMessage[]> {
    const text = await (await proxy.send(`/ui/api/search?q=${encodeURIComponent(words)}`)).text();
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  test('finds words of the client, of Gemini and of the row, in any case, also where JSON writes them otherwise', async () => {
    await using proxy = await startProxy({ fetch: google });
    const body = { ...asks, messages: [{ role: 'user', content: 'Say "good day"\nin Lisbon' }] };
    const id = await kept(proxy, body);
    for (const words of ['LISBON', '"good day"', 'Good', 'gemini-4-argon', 'end_turn', 'day"\nin']) {
      expect([words, await found(proxy, words)]).toEqual([
        words,
        [{ searched: 1, total: 1, found: [expect.objectContaining({ id })], done: true }],
      ]);
    }
    expect(await found(proxy, 'Porto')).toEqual([{ searched: 1, total: 1, found: [], done: true }]);
  });

  test('does not find what is hidden, not even by its beginning', async () => {
    await using proxy = await startProxy({ fetch: google });
    await kept(proxy, { ...asks, messages: [{ role: 'user', content: `the key ${GEMINI_KEY} leaked` }] });
    for (const words of [GEMINI_KEY, GEMINI_KEY.slice(0, 9)]) {
      expect((await found(proxy, words)).flatMap((message) => message.found)).toEqual([]);
    }
    expect((await found(proxy, 'leaked')).flatMap((message) => message.found)).toHaveLength(1);
  });

  test.each(['', ' ', 'x'.repeat(501)])('no search for %p', async (words) => {
    await using proxy = await startProxy();
    expect((await proxy.send(`/ui/api/search?q=${words}`)).status).toBe(400);
  });
});
