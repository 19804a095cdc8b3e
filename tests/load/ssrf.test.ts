/**
 * Addresses that a client names must not make this process connect anywhere but to its upstream, or, where it may read
 * media by URL, to public addresses over https. A listener on loopback notices every forbidden connection; the network
 * ports notice every address that was asked.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { systemPorts, type UrlFetchPorts } from '../../src/answer/media/guarded-fetch.ts';
import type { Fetch } from '../../src/lib/ports.ts';
import { serveUpstream } from '../support/google/upstream.ts';
import { hello, startProxy, type TestProxy, textChunk } from '../support/proxy.ts';

const reached: string[] = [];
const hears = (request: Request) => {
  reached.push(`${request.method} ${request.url}`);
  return new Response('reached', { headers: { 'content-type': 'image/png' } });
};
const canary = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: hears });
const GOOGLE = 'https://generativelanguage.googleapis.com/v1beta/models/';

/** What the process itself tried, past the port. */
const fetched: string[] = [];
const realFetch = globalThis.fetch;
let proxy: TestProxy;
let asked: string[] = [];
/** URLs that Google was told to read. */
let told: string[] = [];
/** Names that this process would have looked up. */
let looked: string[] = [];
/** The pages that the model asks for, one after the other. */
let wanted: string[] = [];
let upstream: Fetch;
beforeAll(async () => {
  upstream = async (url: string, init: RequestInit) => {
    asked.push(url);
    for (const [, uri = ''] of String(init.body).matchAll(/"fileUri":"([^"]*)"/g)) told.push(uri);
    if (url.includes(':countTokens')) return Response.json({ totalTokens: 7 });
    const page = wanted.shift();
    if (page === undefined) return Response.json(textChunk('Hi', 'STOP'));
    const parts = [{ functionCall: { name: 'web_fetch', args: { url: page } } }];
    return Response.json({
      candidates: [{ index: 0, content: { role: 'model', parts }, finishReason: 'STOP' }],
    });
  };
  proxy = await startProxy({ fetch: upstream, env: { FORCE_DISABLE_STREAMING: 'true' } });
  const listening = async (input: string | URL | Request, init?: RequestInit) => {
    const url = input instanceof Request ? input.url : String(input);
    if (!url.startsWith(proxy.url)) fetched.push(url);
    return realFetch(input, init);
  };
  globalThis.fetch = Object.assign(listening, { preconnect: realFetch.preconnect });
});
afterAll(async () => {
  globalThis.fetch = realFetch;
  await proxy[Symbol.asyncDispose]();
  await canary.stop(true);
});

const PORT = canary.port;
const ADDRESSES: [name: string, url: string][] = [
  ['http', `http://127.0.0.1:${PORT}/x.png`],
  ['https', `https://127.0.0.1:${PORT}/x.png`],
  ['a name of loopback', `http://localhost:${PORT}/x.png`],
  ['a name below it', `http://x.localhost:${PORT}/x.png`],
  ['a short address', `http://127.1:${PORT}/x.png`],
  ['any address', `http://0.0.0.0:${PORT}/x.png`],
  ['a decimal address', `http://2130706433:${PORT}/x.png`],
  ['a hexadecimal address', `http://0x7f000001:${PORT}/x.png`],
  ['an octal address', `http://0177.0.0.1:${PORT}/x.png`],
  ['IPv6', `http://[::1]:${PORT}/x.png`],
  ['IPv4 in IPv6', `http://[::ffff:127.0.0.1]:${PORT}/x.png`],
  ['full-width digits', `http://１２７.０.０.１:${PORT}/x.png`],
  ['a user before the host', `http://example.com@127.0.0.1:${PORT}/x.png`],
  ['a host before the user', `http://127.0.0.1:${PORT}@example.com/x.png`],
  ['a backslash', `http://example.com\\@127.0.0.1:${PORT}/x.png`],
  ['the metadata service', 'http://169.254.169.254/latest/meta-data/iam/security-credentials/'],
  ["the metadata service's name", 'http://metadata.google.internal/computeMetadata/v1/'],
  ['a private network', 'http://10.0.0.1/x.png'],
  ['a public host', 'https://example.com/x.png'],
  ['a file', 'file:///etc/passwd'],
  ['a file on a host', `file://127.0.0.1:${PORT}/etc/passwd`],
  ['ftp', `ftp://127.0.0.1:${PORT}/x.png`],
  ['gopher', `gopher://127.0.0.1:${PORT}/_GET%20/%20HTTP/1.0`],
  ['data', 'data:image/png;base64,iVBORw0KGgo='],
  ['a blob', `blob:http://127.0.0.1:${PORT}/1`],
  ['javascript', 'javascript:fetch("http://127.0.0.1")'],
  ['a Unix socket', 'unix:/var/run/docker.sock'],
  ["Google's own files", `${GOOGLE.replace('models/', 'files/')}abc`],
  ['no scheme', `//127.0.0.1:${PORT}/x.png`],
  ['a path', '/etc/passwd'],
  ['line breaks', `http://127.0.0.1:${PORT}/ HTTP/1.1\r\nx: y\r\n\r\n`],
  ['a megabyte', `http://127.0.0.1:${PORT}/${'a'.repeat(1_000_000)}`],
];

/** Every place where a URL may stand. */
function placesOf(url: string): object[][] {
  const source = { type: 'url', url };
  const image = { type: 'image', source };
  const document = { type: 'document', source, title: url, context: url };
  const nested = { type: 'document', source: { type: 'content', content: [image] } };
  const found = { type: 'search_result', source: url, title: url, content: [{ type: 'text', text: url }] };
  const text = { type: 'text', text: `fetch ${url}` };
  const everywhere = [image, document, nested, found, text];
  const use = { type: 'tool_use', id: 'toolu_1', name: 'look', input: { url } };
  const result = { type: 'tool_result', tool_use_id: 'toolu_1' };
  return [
    ...everywhere.map((block) => [{ role: 'user', content: [block] }]),
    ...everywhere.map((block) => [
      { role: 'user', content: 'look' },
      { role: 'assistant', content: [use] },
      { role: 'user', content: [{ ...result, content: [block] }] },
    ]),
  ];
}

/** Asks a proxy that reads media itself, with the real fetch behind its ports. */
async function reader(resolve: UrlFetchPorts['resolve'], work: () => Promise<void>): Promise<void> {
  const usual = proxy;
  const looking = (host: string) => {
    looked.push(host);
    return resolve(host);
  };
  proxy = await startProxy({
    fetch: upstream,
    env: { FORCE_DISABLE_STREAMING: 'true', URL_FETCH: 'proxy' },
    urlFetch: { ...systemPorts, resolve: looking },
  });
  try {
    await work();
  } finally {
    await proxy[Symbol.asyncDispose]();
    proxy = usual;
  }
}

const tools = [{ name: 'look', input_schema: { type: 'object' } }];

/** Refused or answered, but by nobody else. */
async function ask(path: string, body: object, headers: Record<string, string> = {}): Promise<void> {
  const response = await proxy.send(path, body, headers);
  await response.text();
  expect([200, 400, 404, 413]).toContain(response.status);
}

const nobodyElseWasAsked = () => {
  expect(reached).toEqual([]);
  expect(fetched).toEqual([]);
  expect(
    asked.filter((url) => !/^[\w.-]+:(generateContent|countTokens)$/.test(url.slice(GOOGLE.length))),
  ).toEqual([]);
  expect(asked.filter((url) => !url.startsWith(GOOGLE))).toEqual([]);
};

/** As far as can be told without asking these are public: Google may be given them, and no others. */
const FOR_GOOGLE = ['https://example.com/x.png', `${GOOGLE.replace('models/', 'files/')}abc`];

async function askEverywhere(url: string): Promise<void> {
  for (const messages of placesOf(url)) {
    await ask('/v1/messages', { ...hello, messages, tools, system: [{ type: 'text', text: url }] });
    await ask('/v1/messages/count_tokens', { model: hello.model, messages, tools });
  }
}

describe('a URL in a request', () => {
  test.each(ADDRESSES)('%s', async (_name, url) => {
    asked = [];
    told = [];
    await askEverywhere(url);
    nobodyElseWasAsked();
    // Other URLs than public https are refused before anything is asked; within a text they are only words.
    expect(asked.length).toBeGreaterThan(0);
    expect(new Set(told)).toEqual(new Set(FOR_GOOGLE.includes(url) ? [url] : []));
  });
});

describe('a URL in a request, where this process may read it', () => {
  const ROWS = ADDRESSES.filter(([, url]) => !FOR_GOOGLE.includes(url));

  test.each(ROWS)('%s is not even looked up', async (_name, url) => {
    looked = [];
    await reader(
      async () => ['127.0.0.1'],
      () => askEverywhere(url),
    );
    expect(looked).toEqual([]);
    nobodyElseWasAsked();
  });

  test.each([
    ['127.0.0.1'],
    ['::1'],
    ['::ffff:127.0.0.1'],
    ['64:ff9b::7f00:1'],
    ['2002:7f00:1::'],
    ['0.0.0.0'],
    ['10.0.0.1'],
    ['100.64.0.1'],
    ['169.254.169.254'],
    ['fd00::1'],
    ['fe80::1'],
    ['224.0.0.1'],
    ['8.8.8.8, 127.0.0.1'],
  ])('a public name that leads to %s is not gone to', async (addresses) => {
    looked = [];
    await reader(
      async () => addresses.split(', '),
      () => askEverywhere(`https://rebound.example.com:${PORT}/x.png`),
    );
    expect(looked.length).toBeGreaterThan(0);
    nobodyElseWasAsked();
  });
});

describe('a page that the model asks for', () => {
  const fetch = { type: 'web_fetch_20250910', name: 'web_fetch' };
  /** The URL stands in the conversation, so that rule does not keep anybody from reading it. */
  const askForPage = async (url: string) => {
    wanted = [url];
    const messages = [{ role: 'user', content: `Read ${url} now` }];
    await ask('/v1/messages', { ...hello, messages, tools: [...tools, fetch] });
    expect(wanted).toEqual([]);
  };

  test.each(ADDRESSES.filter(([, url]) => !FOR_GOOGLE.includes(url)))(
    '%s is not even looked up',
    async (_name, url) => {
      looked = [];
      await reader(
        async () => ['127.0.0.1'],
        () => askForPage(url),
      );
      // As browsers read it, the address with a backslash is one of example.com.
      expect(looked.filter((host) => host !== 'example.com')).toEqual([]);
      nobodyElseWasAsked();
    },
  );

  test.each(['127.0.0.1', '::1', '10.0.0.1', '169.254.169.254', '8.8.8.8, 127.0.0.1'])(
    'a public name that leads to %s is not gone to',
    async (addresses) => {
      looked = [];
      await reader(
        async () => addresses.split(', '),
        () => askForPage(`https://rebound.example.com:${PORT}/`),
      );
      expect(looked).toEqual(['rebound.example.com']);
      nobodyElseWasAsked();
    },
  );
});

describe('the upstream', () => {
  const there = `http://127.0.0.1:${PORT}`;

  test.each([
    ['x-forwarded-host', { 'x-forwarded-host': `127.0.0.1:${PORT}`, 'x-forwarded-proto': 'http' }],
    ['forwarded', { forwarded: `host=127.0.0.1:${PORT};proto=http` }],
    ['a base URL', { 'x-goog-base-url': there, 'anthropic-base-url': there, 'x-base-url': there }],
    ['a proxy', { 'proxy-authorization': 'Basic eDp5', 'x-http-proxy': there, proxy: there }],
    ['a rewritten URL', { 'x-original-url': there, 'x-rewrite-url': there }],
  ])('is not chosen by the header: %s', async (_name, headers: Record<string, string>) => {
    asked = [];
    await ask('/v1/messages', hello, headers);
    expect(asked).toHaveLength(1);
    nobodyElseWasAsked();
  });

  test('is not chosen by the query or the body', async () => {
    asked = [];
    const named = { base_url: there, api_base: there, baseUrl: there, httpOptions: { baseUrl: there } };
    await ask(`/v1/messages?base_url=${encodeURIComponent(there)}&alt=sse`, {
      ...hello,
      ...named,
      metadata: { user_id: there },
      mcp_servers: [{ type: 'url', url: there, name: 'x' }],
    });
    nobodyElseWasAsked();
  });

  test.each([
    'http://127.0.0.1:1/',
    'gemini-4-argon/../../../evil',
    'gemini-4-argon%2f..%2f..%2fevil',
    'gemini-4-argon?key=evil',
    'gemini-4-argon#evil',
    'gemini-4-argon:streamGenerateContent',
    'gemini@127.0.0.1',
    'models/../files/evil',
    '../../upload/v1beta/files',
    'gemini-4-argon\r\nhost: evil',
    'gemini-4-argon\\..\\evil',
  ])('is not reached by another way with the model %j', async (model) => {
    asked = [];
    await ask('/v1/messages', { ...hello, model });
    await ask('/v1/messages/count_tokens', { ...hello, model });
    await ask(`/v1/models/${encodeURIComponent(model)}`, hello).catch(() => {});
    nobodyElseWasAsked();
  });

  test.each([301, 302, 303, 307, 308])('its %d is not followed: the key stays here', async (status) => {
    using upstream = serveUpstream(
      () =>
        new Response(null, { status, headers: { location: `${there}/stolen`, refresh: `0; url=${there}` } }),
    );
    const env = { BACKEND: 'gemini', GEMINI_API_KEY: 'key-of-a-test', GOOGLE_GEMINI_BASE_URL: upstream.url };
    const once = { MAX_RETRIES: '0', MAX_STREAMING_RETRIES: '0' };
    await using redirected = await startProxy({ env: { ...env, ...once } });
    for (const stream of [true, false]) {
      const response = await redirected.send('/v1/messages', { ...hello, stream });
      expect(response.status).toBe(424);
      expect(response.headers.get('location')).toBeNull();
      expect(response.headers.get('refresh')).toBeNull();
      expect(await response.text()).not.toContain('stolen');
    }
    expect(upstream.requests.length).toBeGreaterThan(0);
    expect(reached).toEqual([]);
  });
});

test('the canary does hear', async () => {
  await (await realFetch(`http://localhost:${PORT}/x.png`)).text();
  expect(reached).toEqual([`GET http://localhost:${PORT}/x.png`]);
});
