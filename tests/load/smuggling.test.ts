/**
 * Requests that two readers of HTTP may read differently, on raw sockets. Whatever is not plain is refused before any
 * handler, and what follows it on the connection is not read as a request. (A gateway that reads in another way could
 * otherwise be made to pass on a request that it has not seen.)
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { openRaw } from '../support/clients/raw-client.ts';
import { hello, startProxy, type TestProxy, textChunk } from '../support/proxy.ts';

let proxy: TestProxy;
let asked = 0;
beforeAll(async () => {
  const fetch = async () => {
    asked++;
    return Response.json(textChunk('Hi', 'STOP'));
  };
  proxy = await startProxy({ fetch, env: { FORCE_DISABLE_STREAMING: 'true' } });
});
afterAll(() => proxy[Symbol.asyncDispose]());

const BODY = JSON.stringify(hello);
const SIZE = BODY.length;
const HOST = 'host: localhost';
const LENGTH = `content-length: ${SIZE}`;
const CHUNKED = 'transfer-encoding: chunked';
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nhost: localhost\r\n\r\n';

/** A request that would be answered if its headers were plain. */
const post = (headers: readonly string[], body: string) =>
  `POST /v1/messages HTTP/1.1\r\nanthropic-version: 2023-06-01\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
const get = (target: string, ...headers: string[]) =>
  `GET ${target} HTTP/1.1\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`;
const chunks = (text: string, size = text.length.toString(16)) => `${size}\r\n${text}\r\n0\r\n\r\n`;
const many = Array.from({ length: 400 }, (_, i) => `x-${i}: a`);

const REFUSED: [name: string, bytes: string, status: number][] = [
  ['CL.TE', post([HOST, 'content-length: 5', CHUNKED], `0\r\n\r\n${SMUGGLED}`), 400],
  ['TE.CL', post([HOST, CHUNKED, 'content-length: 5'], chunks(BODY) + SMUGGLED), 400],
  ['two lengths that differ', post([HOST, LENGTH, 'content-length: 5'], BODY + SMUGGLED), 400],
  ['two lengths in one line', post([HOST, `${LENGTH}, 5`], BODY + SMUGGLED), 400],
  ['a negative length', post([HOST, 'content-length: -1'], BODY + SMUGGLED), 400],
  ['a signed length', post([HOST, `content-length: +${SIZE}`], BODY + SMUGGLED), 400],
  ['a hexadecimal length', post([HOST, `content-length: 0x${SIZE.toString(16)}`], BODY + SMUGGLED), 400],
  ['a length with a space in it', post([HOST, `${LENGTH} 5`], BODY + SMUGGLED), 400],
  ['an empty length', post([HOST, 'content-length:'], BODY + SMUGGLED), 400],
  ['a length beyond 64 bits', post([HOST, 'content-length: 99999999999999999999'], BODY + SMUGGLED), 400],
  ['TE identity', post([HOST, 'transfer-encoding: identity', LENGTH], BODY + SMUGGLED), 400],
  ['TE xchunked', post([HOST, 'transfer-encoding: xchunked'], chunks(BODY) + SMUGGLED), 400],
  ['TE chunked, identity', post([HOST, `${CHUNKED}, identity`], chunks(BODY) + SMUGGLED), 400],
  ['TE gzip, chunked', post([HOST, 'transfer-encoding: gzip, chunked'], chunks(BODY) + SMUGGLED), 400],
  ['TE twice', post([HOST, CHUNKED, 'transfer-encoding: identity'], chunks(BODY) + SMUGGLED), 400],
  ['TE behind a vertical tab', post([HOST, 'transfer-encoding: \x0bchunked'], chunks(BODY) + SMUGGLED), 400],
  ['TE with a space before its colon', post([HOST, 'transfer-encoding : chunked'], chunks(BODY)), 400],
  ['CL with a space before its colon', post([HOST, `content-length : ${SIZE}`], BODY + SMUGGLED), 400],
  ['TE folded', post([HOST, 'transfer-encoding:\r\n chunked'], chunks(BODY) + SMUGGLED), 400],
  ['a folded header', post([HOST, 'x-a: b\r\n c', LENGTH], BODY), 400],
  ['a first header behind a space', `GET /livez HTTP/1.1\r\n x-a: b\r\n${HOST}\r\n\r\n`, 400],
  ['NUL in a value', post([HOST, 'x-a: b\0c', LENGTH], BODY), 400],
  ['NUL in a name', post([HOST, 'x-\0a: b', LENGTH], BODY), 400],
  ['a bare CR in a value', post([HOST, `x-a: b\r${CHUNKED}`, LENGTH], BODY), 400],
  ['bare CRs for line ends', `GET /livez HTTP/1.1\r${HOST}\r\r`, 505],
  ['bare LFs for line ends', post([HOST, LENGTH], BODY).replaceAll('\r\n', '\n'), 505],
  ['a bare LF before a header', post([HOST, `x-a: b\n${CHUNKED}`, LENGTH], BODY), 400],
  ['no Host', post([LENGTH], BODY), 400],
  ['a head of 20 kB', post([HOST, `x-a: ${'a'.repeat(20_000)}`, LENGTH], BODY), 431],
  ['400 headers', post([HOST, ...many, LENGTH], BODY), 431],
  ['a path of 20 kB', get(`/${'a'.repeat(20_000)}`, HOST), 431],
  ['HTTP/0.9', 'GET /smuggled\r\n\r\n', 505],
  ['HTTP/1.2', `GET /smuggled HTTP/1.2\r\n${HOST}\r\n\r\n`, 505],
  ["HTTP/2's preface", 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['chunks in HTTP/1.0', post([HOST, CHUNKED], chunks(BODY)).replace('HTTP/1.1', 'HTTP/1.0'), 400],
  ['a tab for a space', `GET\t/smuggled\tHTTP/1.1\r\n${HOST}\r\n\r\n`, 505],
  ['a space in the path', get('/smuggled twice', HOST), 505],
  ['another scheme', get('ftp://localhost/smuggled', HOST), 400],
  ['a chunk whose size is no number', post([HOST, CHUNKED], chunks(BODY, 'zz') + SMUGGLED), 400],
  ['a chunk of negative size', post([HOST, CHUNKED], chunks(BODY, '-5') + SMUGGLED), 400],
  ['a chunk size with 0x', post([HOST, CHUNKED], chunks(BODY, `0x${SIZE.toString(16)}`) + SMUGGLED), 400],
  ['a chunk size beyond 64 bits', post([HOST, CHUNKED], chunks(BODY, '10000000000000005') + SMUGGLED), 400],
  ['a chunk longer than it says', post([HOST, CHUNKED], `${chunks(`${BODY}XX`, SIZE.toString(16))}`), 400],
  ['chunks with bare LFs', post([HOST, CHUNKED], chunks(BODY).replaceAll('\r\n', '\n') + SMUGGLED), 400],
];

/** What Elysia's router got since `from`. */
const pathsSince = (from: number) =>
  proxy.lines.slice(from).flatMap(({ path, status }) => (path === undefined ? [] : [`${path} ${status}`]));

describe('refused, and the connection with it', () => {
  test.each(REFUSED)('%s', async (_name, bytes, status) => {
    const before = { asked, lines: proxy.lines.length };
    const client = await openRaw(proxy.port);
    client.write(bytes);
    const text = await client.closed;
    expect([...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, code]) => Number(code))).toEqual([status]);
    expect(asked).toBe(before.asked);
    // A handler that was already waiting for the body may answer that nothing came.
    const told = pathsSince(before.lines).filter((line) => line !== '/v1/messages 499');
    expect(told).toEqual([]);
  });

  test('an answer, then trailers: they are no request', async () => {
    const before = proxy.lines.length;
    const client = await openRaw(proxy.port);
    client.write(post([HOST, CHUNKED], chunks(BODY).replace(/\r\n$/, SMUGGLED)));
    const text = await client.closed;
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => code)).toEqual(['200', '400']);
    expect(pathsSince(before)).toEqual(['/v1/messages 200']);
  });
});

/** These bytes are one request; the sentinel behind it must be read as the next. */
const ONE: [name: string, bytes: string, said: string][] = [
  ['a plain request', post([HOST, LENGTH], BODY), '/v1/messages 200'],
  ['two lengths that are equal', post([HOST, LENGTH, LENGTH], BODY), '/v1/messages 200'],
  [
    'a chunk with an extension',
    post([HOST, CHUNKED], chunks(BODY, `${SIZE.toString(16)};a=b`)),
    '/v1/messages 200',
  ],
  ['absolute-form', get('http://localhost/v1/models', HOST), '/v1/models 200'],
  ['a GET with a body', get('/livez', HOST, `content-length: ${SMUGGLED.length}`) + SMUGGLED, '/livez 200'],
  ['a body for no route', post([HOST, LENGTH], BODY).replace('/v1/messages', '/nothing'), '/nothing 404'],
  ['a body for a wrong method', post([HOST, LENGTH], BODY).replace('messages', 'models'), '/v1/models 405'],
  [
    'a body from a foreign Host',
    post(['host: evil.example', `content-length: ${SMUGGLED.length}`], SMUGGLED),
    '/v1/messages 403',
  ],
  [
    'a body that is not read because of its version',
    post([HOST, 'anthropic-version: 1', `content-length: ${SMUGGLED.length}`], SMUGGLED),
    '/v1/messages 400',
  ],
  ['an offer of h2c', get('/livez', HOST, 'connection: upgrade', 'upgrade: h2c'), '/livez 200'],
  ['Expect', post([HOST, 'expect: 100-continue', LENGTH], BODY), '/v1/messages 200'],
];

describe('read as one request, and no more', () => {
  test.each(ONE)('%s', async (_name, bytes, said) => {
    const before = proxy.lines.length;
    const client = await openRaw(proxy.port);
    client.write(bytes);
    await client.answers(1);
    client.write(get('/sentinel', HOST));
    const answers = await client.answers(2);
    client.socket.destroy();
    expect(answers.map(({ status }) => status)).toEqual([Number(said.split(' ')[1]), 404]);
    expect(answers[1]?.body).toContain('/sentinel');
    expect(pathsSince(before)).toEqual([said, '/sentinel 404']);
  });
});

/** Only the Host header counts: Bun makes the URL from it, whatever the request target says. */
const HOSTS: [name: string, bytes: string, status: number, type: string][] = [
  [
    'absolute-form, a foreign Host',
    get('http://localhost/v1/models', 'host: evil.example'),
    403,
    'permission_error',
  ],
  ['two Hosts, the first good', get('/v1/models', HOST, 'host: evil.example'), 403, 'permission_error'],
  ['two Hosts, the second good', get('/v1/models', 'host: evil.example', HOST), 403, 'permission_error'],
  [
    'a good name as the user',
    get('/v1/models', 'host: localhost@evil.example'),
    400,
    'invalid_request_error',
  ],
  ['a good name and a path', get('/v1/models', 'host: localhost/evil'), 400, 'invalid_request_error'],
  ['an empty Host', get('/v1/models', 'host:'), 400, 'invalid_request_error'],
  ['a port that is none', get('/v1/models', 'host: localhost:99999'), 400, 'invalid_request_error'],
  ['an open bracket', get('/v1/models', 'host: ['), 400, 'invalid_request_error'],
  [
    'HTTP/1.0 without a Host',
    get('/v1/models').replace('HTTP/1.1', 'HTTP/1.0'),
    400,
    'invalid_request_error',
  ],
];

describe('a Host that is not ours', () => {
  test.each(HOSTS)('%s: the envelope, and a line in the log', async (_name, bytes, status, type) => {
    const before = proxy.lines.length;
    const client = await openRaw(proxy.port);
    client.write(bytes);
    const [answer] = await client.answers(1);
    client.socket.destroy();
    expect(answer?.status).toBe(status);
    expect(answer?.head).toMatch(/^request-id: req_/im);
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ type: 'error', error: { type } });
    expect(proxy.lines.slice(before)).toMatchObject([{ status, error: type, level: 'warn' }]);
  });

  test('nothing is sent to the host in an absolute target', async () => {
    const reached: string[] = [];
    using canary = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch({ url }) {
        reached.push(url);
        return new Response('reached');
      },
    });
    for (const target of [
      `http://127.0.0.1:${canary.port}/v1/models`,
      `//127.0.0.1:${canary.port}/v1/models`,
    ]) {
      const client = await openRaw(proxy.port);
      client.write(get(target, HOST) + get('/livez', HOST));
      expect((await client.answers(2)).at(-1)?.status).toBe(200);
      client.socket.destroy();
    }
    const client = await openRaw(proxy.port);
    client.write(`CONNECT 127.0.0.1:${canary.port} HTTP/1.1\r\n${HOST}\r\n\r\n`);
    const [answer] = await client.answers(1);
    expect(answer?.status).toBeGreaterThanOrEqual(400);
    client.socket.destroy();
    expect(reached).toEqual([]);
  });
});
