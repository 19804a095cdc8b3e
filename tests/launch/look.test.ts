import { describe, expect, test } from 'bun:test';
import { lookAt, smallestWindow } from '../../src/launch/look.ts';

const EXPECTED = {
  token: 'secret',
  version: '1.0.0',
  backend: 'gemini',
  settings: { HOST: 'a', GOOGLE_GEMINI_BASE_URL: 'b' },
};
const ROOT = { service: 'gemini-claude-proxy', version: '1.0.0', backend: 'gemini' };
const MODELS = {
  data: [
    { id: 'claude-opus-5-5', max_input_tokens: 500_000 },
    { id: 'claude-haiku-4-5', max_input_tokens: 300_000 },
    { id: 'gemini-x', max_input_tokens: 100 },
  ],
};

type Answers = { root?: unknown; ready?: number; models?: [status: number, body: unknown]; health?: object };

const HEALTH = { settings: EXPECTED.settings };

const OURS = { kind: 'ours' as const, inputTokens: 300_000, differing: [], upstreamProblem: undefined };

/** What is said of a server that answers so. */
async function looked({ root = ROOT, ready = 200, models = [200, MODELS], health = HEALTH }: Answers) {
  const fetch = (request: Request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/') return typeof root === 'string' ? new Response(root) : Response.json(root);
    if (pathname === '/readyz') return Response.json({}, { status: ready });
    if (pathname === '/health') return Response.json(health);
    const knows = request.headers.get('authorization') === 'Bearer secret';
    return Response.json(models[1], { status: knows ? models[0] : 401 });
  };
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch });
  try {
    return await lookAt(`http://127.0.0.1:${server.port}`, EXPECTED);
  } finally {
    await server.stop(true);
  }
}

describe('what listens at an address', () => {
  test('one of ours, with the smallest window that a Claude id leads to', async () => {
    expect(await looked({})).toEqual(OURS);
  });

  test('one of ours with other settings', async () => {
    const health = { settings: { HOST: 'a', GOOGLE_GEMINI_BASE_URL: 'c' } };
    expect(await looked({ health })).toEqual({ ...OURS, differing: ['GOOGLE_GEMINI_BASE_URL'] });
  });

  test('one of ours that could not reach Gemini', async () => {
    const health = { ...HEALTH, upstream_problem: 'cannot reach x' };
    expect(await looked({ health })).toEqual({ ...OURS, upstreamProblem: 'cannot reach x' });
  });

  test.each<[name: string, answers: Answers, why: string]>([
    ['a page', { root: '<html>' }, 'another program listens'],
    ['other JSON', { root: { hello: 1 } }, 'another program listens'],
    [
      'another version',
      { root: { ...ROOT, version: '0.9.0' } },
      'a proxy is version 0.9.0, and this is 1.0.0',
    ],
    [
      'another backend',
      { root: { ...ROOT, backend: 'mock' } },
      'a proxy has the backend mock, and these settings mean gemini',
    ],
    ['one that drains', { ready: 503 }, 'a proxy is shutting down'],
    ['another key', { models: [401, {}] }, 'a proxy wants another PROXY_API_KEY'],
    ['no models', { models: [200, { data: [] }] }, 'a proxy lists no models'],
    ['a failure', { models: [500, {}] }, 'a proxy answers 500 for its models'],
  ])('%s', async (_name, answers, why) => {
    expect(await looked(answers)).toEqual({ kind: 'other', why });
  });

  test('nobody', async () => {
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() });
    const { port } = server;
    await server.stop(true);
    expect(await lookAt(`http://127.0.0.1:${port}`, EXPECTED)).toEqual({ kind: 'nothing' });
  });

  test('something that does not speak HTTP', async () => {
    const socket = { open: (peer: { end(text: string): void }) => peer.end('220 mail\r\n'), data() {} };
    const server = Bun.listen({ port: 0, hostname: '127.0.0.1', socket });
    const found = await lookAt(`http://127.0.0.1:${server.port}`, EXPECTED);
    server.stop(true);
    expect(found).toEqual({ kind: 'other', why: 'something listens and does not answer' });
  });
});

test.each([[undefined], [{}], [[null, { id: 'claude-x' }]]])('no window in %j', (models) => {
  expect(smallestWindow(models)).toBeUndefined();
});
