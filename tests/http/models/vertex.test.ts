/** `BACKEND=vertex` over HTTP: Vertex AI's addresses, credentials that expire, and what differs in requests and errors. */

import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesLike } from '../../support/google/files-google.ts';
import { openGoogleCloud, PROJECT, type TokenReply, tokenOf } from '../../support/google/google-cloud.ts';
import { httpFetch, type Seen } from '../../support/google/upstream.ts';
import { googleError, googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';
import { errorOf, upload } from '../../support/talks/files.ts';

const MODELS = `/v1beta1/projects/${PROJECT}/locations/us-central1/publishers/google/models`;
const answer = () => googleStream(textChunk('Hi', 'STOP'));
const start = (env: Record<string, string>) => startProxy({ fetch: httpFetch, env });

const last = (requests: readonly Seen[]): Seen => {
  const seen = requests.at(-1);
  if (!seen) throw new Error('nothing was asked');
  return seen;
};
const bodyOf = (requests: readonly Seen[]) => JSON.parse(last(requests).body);
const bearer = ({ headers }: Seen) => headers.get('authorization')?.replace('Bearer ', '');

describe('an answer', () => {
  test('comes as a stream, from the address of the project, with a token of the service account', async () => {
    using cloud = await openGoogleCloud(answer);
    await using proxy = await start(cloud.env());
    const response = await proxy.send('/v1/messages', { ...hello, stream: true });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('"text":"Hi"');
    const { url, headers } = last(cloud.vertex.requests);
    expect(`${url.pathname}${url.search}`).toBe(`${MODELS}/gemini-4-argon:streamGenerateContent?alt=sse`);
    expect(headers.get('authorization')).toBe(`Bearer ${tokenOf(1)}`);
    expect(headers.get('x-goog-api-key')).toBeNull();
  });

  test('comes whole, with the counts that only the last event has', async () => {
    const { usageMetadata, ...first } = textChunk('He');
    const chunks = [
      { ...first, usageMetadata: { trafficType: 'ON_DEMAND' } },
      { ...textChunk('llo', 'STOP'), usageMetadata: { ...usageMetadata, trafficType: 'ON_DEMAND' } },
    ];
    using cloud = await openGoogleCloud(() => googleStream(...chunks));
    await using proxy = await start(cloud.env());
    const message = await (await proxy.send('/v1/messages', hello)).json();
    expect(message).toMatchObject({
      content: [{ type: 'text', text: 'Hello' }],
      usage: { input_tokens: 20, cache_read_input_tokens: 10, output_tokens: 4 },
    });
  });

  test('to results of tools, which are sent without the ids of their calls', async () => {
    using cloud = await openGoogleCloud(answer);
    await using proxy = await start(cloud.env());
    const call = { type: 'tool_use', id: 'toolu_1', name: 'add', input: { a: 1 } };
    const response = await proxy.send('/v1/messages', {
      ...hello,
      tools: [{ name: 'add', input_schema: { type: 'object', properties: { a: { type: 'number' } } } }],
      messages: [
        ...hello.messages,
        { role: 'assistant', content: [call] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '2' }] },
      ],
    });
    expect(response.status).toBe(200);
    const { contents, tools } = bodyOf(cloud.vertex.requests);
    expect(contents[1].parts[0].functionCall).toEqual({ name: 'add', args: { a: 1 } });
    expect(contents[2].parts[0].functionResponse).toEqual({ name: 'add', response: { output: '2' } });
    expect(tools[0].functionDeclarations[0]).toHaveProperty('parametersJsonSchema');
  });

  test('with a call of a tool', async () => {
    const parts = [{ functionCall: { name: 'add', args: { a: 1 } } }];
    const chunk = { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }] };
    using cloud = await openGoogleCloud(() => googleStream(chunk));
    await using proxy = await start(cloud.env());
    const tools = [{ name: 'add', input_schema: { type: 'object', properties: { a: { type: 'number' } } } }];
    const message = await (await proxy.send('/v1/messages', { ...hello, tools })).json();
    expect(message.stop_reason).toBe('tool_use');
    expect(message.content).toMatchObject([
      { type: 'tool_use', id: expect.stringMatching(/^toolu_/), name: 'add', input: { a: 1 } },
    ]);
  });
});

describe('what a request may hold', () => {
  const withImage = (url: string) => ({
    ...hello,
    messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url } }] }],
  });

  test.each([
    ['gs://bucket/a.png', 'image/png'],
    ['https://example.com/picture', 'image/jpeg'],
  ])('media at %s, with a type', async (fileUri, mimeType) => {
    using cloud = await openGoogleCloud(answer);
    await using proxy = await start(cloud.env());
    const response = await proxy.send('/v1/messages', withImage(fileUri));
    expect(await response.json()).toMatchObject({ content: [{ text: 'Hi' }] });
    expect(bodyOf(cloud.vertex.requests).contents[0].parts[0].fileData).toEqual({ mimeType, fileUri });
  });

  test('media of Cloud Storage that Vertex AI cannot read are not looked for by this process', async () => {
    const says = 'Cannot fetch content from the provided URL.';
    using cloud = await openGoogleCloud(() => googleError(400, 'INVALID_ARGUMENT', says));
    const fetched: string[] = [];
    const urlFetch = {
      resolve: async (host: string) => {
        fetched.push(host);
        return ['203.0.113.1'];
      },
      isPublic: () => true,
      fetch: () => Promise.reject(new Error('nothing may be asked')),
    };
    await using proxy = await startProxy({
      fetch: httpFetch,
      env: { ...cloud.env(), URL_FETCH: 'google,proxy' },
      urlFetch,
    });
    const response = await proxy.send('/v1/messages', withImage('gs://bucket/a.png'));
    expect(response.status).toBe(400);
    expect((await response.json()).error.message).toContain(says);
    expect(fetched).toEqual([]);
  });

  test('a file that is too large for a request is refused: there is no Files API', async () => {
    using cloud = await openGoogleCloud(answer);
    await using proxy = await startProxy({ fetch: httpFetch, env: cloud.env(), requestBytes: 1_000 });
    const { id } = await upload(proxy, { bytes: bytesLike('png', 2_000), type: 'image/png' });
    const response = await proxy.send('/v1/messages', {
      ...hello,
      messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: id } }] }],
    });
    expect(response.status).toBe(400);
    expect((await response.json()).error.message).toMatch(
      /^messages\.0\.content\.0\.image\.source\.file\.file_id: .*Vertex AI has no Files API: .*gs:/,
    );
    expect(cloud.vertex.requests).toHaveLength(0);
  });

  test('a request that is too large is told with what to do without a Files API', async () => {
    const says = 'Request payload size exceeds the limit: 20971520 bytes.';
    using cloud = await openGoogleCloud(() => googleError(400, 'INVALID_ARGUMENT', says));
    await using proxy = await start(cloud.env());
    const { status, message } = await errorOf(await proxy.send('/v1/messages', hello));
    expect([status, message]).toEqual([
      413,
      'Gemini: Request payload size exceeds the limit: 20971520 bytes (Vertex AI has no Files API: put large media into Cloud Storage, and name them by their gs:// URLs). Send fewer or smaller pictures and documents.',
    ]);
  });

  test('a search of the web, beside other tools as a function; code alone', async () => {
    using cloud = await openGoogleCloud(answer);
    await using proxy = await start(cloud.env());
    const search = { type: 'web_search_20250305', name: 'web_search' };
    const own = { name: 'add', input_schema: { type: 'object' } };
    expect((await proxy.send('/v1/messages', { ...hello, tools: [search] })).status).toBe(200);
    expect((await proxy.send('/v1/messages', { ...hello, tools: [search, own] })).status).toBe(200);
    const { tools } = bodyOf(cloud.vertex.requests.slice(-1));
    expect(tools).toMatchObject([{ functionDeclarations: [{ name: 'add' }, { name: 'web_search' }] }]);
    const code = { type: 'code_execution_20250825', name: 'code_execution' };
    const beside = await proxy.send('/v1/messages', { ...hello, tools: [code, own] });
    expect(beside.status).toBe(400);
    expect((await beside.json()).error.message).toContain('is not supported by Vertex AI beside other tools');
  });
});

test('tokens are counted with the body that Vertex AI knows', async () => {
  using cloud = await openGoogleCloud(() => Response.json({ totalTokens: 36, totalBillableCharacters: 123 }));
  await using proxy = await start(cloud.env());
  const tools = [{ name: 'add', strict: true, input_schema: { type: 'object' } }];
  const asked = { model: hello.model, system: 'Be brief.', tools, messages: hello.messages };
  const response = await proxy.send('/v1/messages/count_tokens', asked);
  expect(await response.json()).toEqual({ input_tokens: 36 });
  const { url } = last(cloud.vertex.requests);
  expect(url.pathname).toBe(`${MODELS}/gemini-4-argon:countTokens`);
  const body = bodyOf(cloud.vertex.requests);
  expect(body).toMatchObject({ contents: expect.any(Array), systemInstruction: expect.any(Object) });
  expect(Object.keys(body)).not.toContain('toolConfig');
  expect(Object.keys(body)).not.toContain('generateContentRequest');
});

describe('credentials', () => {
  test('of a user are refreshed with their own refresh token', async () => {
    using cloud = await openGoogleCloud(answer);
    await using proxy = await start(cloud.env(cloud.user));
    expect((await proxy.send('/v1/messages', hello)).status).toBe(200);
    const asked = new URLSearchParams(last(cloud.tokens.requests).body);
    expect(asked.get('grant_type')).toBe('refresh_token');
    expect(asked.get('refresh_token')).toBe('1//canary-refresh-token-0123456789');
  });

  test('serve many requests with one token', async () => {
    using cloud = await openGoogleCloud(answer);
    await using proxy = await start(cloud.env());
    const sent = Array.from({ length: 8 }, () => proxy.send('/v1/messages', hello));
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(cloud.tokens.requests).toHaveLength(1);
  });

  test('that have expired are renewed once for all requests, which are sent again', async () => {
    using cloud = await openGoogleCloud(answer);
    await using proxy = await start(cloud.env());
    await proxy.send('/v1/messages', hello);
    cloud.revoke();
    const sent = Array.from({ length: 4 }, () => proxy.send('/v1/messages', hello));
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual(Array(4).fill(200));
    expect(cloud.tokens.requests).toHaveLength(2);
    expect(bearer(last(cloud.vertex.requests))).toBe(tokenOf(2));
  });

  test('that stay refused with a new token end in a 401, and the log says so once', async () => {
    using cloud = await openGoogleCloud(() =>
      googleError(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.'),
    );
    await using proxy = await start(cloud.env());
    for (const _ of [1, 2]) {
      const response = await proxy.send('/v1/messages', hello);
      expect(response.status).toBe(401);
      expect(response.headers.get('x-should-retry')).toBe('false');
      const { error } = await response.json();
      expect(error.type).toBe('authentication_error');
      expect(error.message).toStartWith("The proxy's credentials of Google Cloud do not work: Request had");
      expect(error.message).toContain('gcloud auth application-default login');
    }
    expect(cloud.vertex.requests).toHaveLength(4);
    const told = proxy.lines.filter(({ msg }) => /refused by Google/.test(String(msg)));
    expect(told).toHaveLength(1);
  });

  const REFUSED: TokenReply = () =>
    Response.json(
      { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' },
      { status: 400 },
    );

  test('that cannot be refreshed end in a 401 that says why, and nothing is sent', async () => {
    using cloud = await openGoogleCloud(answer, REFUSED);
    await using proxy = await start(cloud.env(cloud.user));
    const response = await proxy.send('/v1/messages', hello);
    expect(response.status).toBe(401);
    const { error } = await response.json();
    expect(error.message).toContain('invalid_grant: Token has been expired or revoked.');
    expect(cloud.vertex.requests).toEqual([]);
  });

  test('are looked for anew after a failure: mended ones work without a restart', async () => {
    let isMended = false;
    using cloud = await openGoogleCloud(answer, (seen, number) =>
      isMended ? undefined : REFUSED(seen, number),
    );
    await using proxy = await start(cloud.env(cloud.user));
    expect((await proxy.send('/v1/messages', hello)).status).toBe(401);
    isMended = true;
    expect((await proxy.send('/v1/messages', hello)).status).toBe(200);
  });

  test('that do not work are told at start, in one line', async () => {
    using cloud = await openGoogleCloud(answer, REFUSED);
    await using proxy = await start(cloud.env(cloud.user));
    await proxy.warnOfNoUpstream();
    const told = proxy.lines.filter(({ msg }) => /credentials of Google Cloud/.test(String(msg)));
    expect(told).toHaveLength(1);
    expect(told[0]?.['msg']).toContain('invalid_grant');
  });

  test('are in no log line, and in no answer', async () => {
    const echo = (seen: Seen) => googleError(400, 'INVALID_ARGUMENT', `odd: ${bearer(seen)}`);
    using cloud = await openGoogleCloud(echo);
    await using proxy = await start(cloud.env());
    const text = await (await proxy.send('/v1/messages', hello)).text();
    const all = `${text}\n${JSON.stringify(proxy.lines)}`;
    expect(text).toContain('odd: ');
    expect(all).not.toContain(tokenOf(1));
    expect(all).not.toContain(cloud.privateKey.split('\n')[1] ?? '');
  });
});

describe('errors', () => {
  const denied = Response.json(
    {
      error: {
        code: 403,
        message:
          "Permission 'aiplatform.endpoints.predict' denied on resource '//aiplatform.googleapis.com/projects/p/locations/us-central1/publishers/google/models/m' (or it may not exist).",
        status: 'PERMISSION_DENIED',
        details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'IAM_PERMISSION_DENIED' }],
      },
    },
    { status: 403 },
  );
  const NOT_FOUND = `Publisher Model \`projects/${PROJECT}/locations/us-central1/publishers/google/models/m\` not found.`;
  const cases: [name: string, reply: () => Response, status: number, type: string, says: string][] = [
    ['an account without the role', () => denied.clone(), 403, 'permission_error', 'the role Vertex AI User'],
    ['an unknown model', () => googleError(404, 'NOT_FOUND', NOT_FOUND), 404, 'not_found_error', NOT_FOUND],
    [
      'a prompt over the window',
      () =>
        googleError(
          400,
          'INVALID_ARGUMENT',
          'The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).',
        ),
      400,
      'invalid_request_error',
      'prompt is too long: 1250074 tokens > 1048576 maximum',
    ],
  ];
  test.each(cases)('%s', async (_, reply, status, type, says) => {
    using cloud = await openGoogleCloud(reply);
    await using proxy = await start({ ...cloud.env(), MODEL_FALLBACKS: 'none' });
    const response = await proxy.send('/v1/messages', { ...hello, model: 'gemini-4-argon' });
    expect(response.status).toBe(status);
    const { error } = await response.json();
    expect(error.type).toBe(type);
    expect(error.message).toContain(says);
  });
});

test('/health, /test-connection and /v1/models speak of Vertex AI', async () => {
  using cloud = await openGoogleCloud(answer);
  await using proxy = await start(cloud.env());
  expect(await (await proxy.send('/health')).json()).toMatchObject({ backend: 'vertex' });
  expect(await (await proxy.send('/test-connection')).json()).toMatchObject({
    status: 'success',
    backend: 'vertex',
    message: 'Vertex AI answered',
  });
  const models = await (await proxy.send('/v1/models')).json();
  expect(models.data.length).toBeGreaterThan(5);
});

describe('a recording', () => {
  const root = mkdtempSync(join(tmpdir(), 'vertex-'));
  afterAll(() => rmSync(root, { recursive: true }));
  const asked = {
    ...hello,
    stream: true,
    messages: [
      ...hello.messages,
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'add', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '2' }] },
    ],
    tools: [{ name: 'add', input_schema: { type: 'object' } }],
  };
  const counted = { model: hello.model, messages: hello.messages };

  test('plays again without credentials, over a token that had expired, and holds none of them', async () => {
    const folder = join(root, 'one');
    const reply = ({ url }: Seen) =>
      url.pathname.endsWith(':countTokens') ? Response.json({ totalTokens: 36 }) : answer();
    using cloud = await openGoogleCloud(reply);
    const recorded: string[] = [];
    {
      await using proxy = await start({ ...cloud.env(), RECORD: folder });
      recorded.push(await (await proxy.send('/v1/messages/count_tokens', counted)).text());
      cloud.revoke();
      recorded.push(await (await proxy.send('/v1/messages', asked)).text());
    }
    expect(recorded[1]).toContain('"text":"Hi"');
    expect(cloud.vertex.requests).toHaveLength(3);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile());
    const text = files.map((path) => readFileSync(path, 'utf8')).join('\n');
    expect(text).toContain('/v1beta/models/gemini-4-argon:');
    for (const secret of ['canary-access-token', PROJECT, 'PRIVATE KEY', 'canary-key-id'])
      expect(text).not.toContain(secret);

    await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
    const played = [
      await (await replay.send('/v1/messages/count_tokens', counted)).text(),
      await (await replay.send('/v1/messages', asked)).text(),
    ];
    expect(played).toEqual(recorded);
  });
});
