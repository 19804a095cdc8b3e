/** Media that this process read by URL, and uploaded files, play again from the recording, which holds them once. */
import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyRecording } from '../../../src/compose/verify-recording.ts';
import { systemClock } from '../../../src/lib/ports.ts';
import { VirtualClock } from '../../../src/sim/replay/virtual-clock.ts';
import { bytesLike, filesGoogle } from '../../support/google/files-google.ts';
import { googleError, googleStream, startProxy, type TestProxy, textChunk } from '../../support/proxy.ts';
import { ask, good, onlyRequest, recordingProxy, streamed } from '../../support/recording.ts';
import { PNG, upload } from '../../support/talks/files.ts';
import { html, pageServer } from '../../support/talks/pages.ts';

const root = mkdtempSync(join(tmpdir(), 'record-'));
afterAll(() => rmSync(root, { recursive: true }));

test.each([
  ['proxy', []],
  [
    'google,proxy',
    [() => googleError(400, 'INVALID_ARGUMENT', 'Cannot fetch content from the provided URL.')],
  ],
])('media that this process read from their URLs, with URL_FETCH=%s', async (URL_FETCH, refusals) => {
  const folder = join(root, `media-${URL_FETCH}`);
  const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), new Uint8Array(2_000)]);
  const source = { type: 'url', url: 'https://pics.example.test/cat.png?signature=of-nobody' };
  const request = {
    ...streamed,
    messages: [{ role: 'user', content: [{ type: 'image', source }] }],
  };
  const attempts = [...refusals, good];
  let answer = '';
  {
    await using proxy = await startProxy({
      env: { RECORD: folder, URL_FETCH },
      fetch: async (_url, init) =>
        attempts.shift()?.(new VirtualClock(0, () => 0, systemClock), init) ?? Response.error(),
      urlFetch: {
        resolve: async () => ['1.1.1.1'],
        isPublic: () => true,
        fetch: async () => new Response(png),
      },
    });
    answer = await ask(proxy, { request });
  }
  const recorded = onlyRequest(folder);
  expect(recorded.fetched).toEqual([[{ mimeType: 'image/png', data: png.toString('base64') }]]);
  expect(recorded.upstream.at(-1)?.request.body).toContain(png.toString('base64'));
  // The bytes are stored once: as a blob beside the request.
  expect(readFileSync(join(folder, '001-sdk', 'meta.json'), 'utf8').length).toBeLessThan(2_000);
  expect(await verifyRecording(folder, 2)).toEqual({ requests: 1, problems: [] });
  await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
  expect(await ask(replay, { request })).toBe(answer);
});

test('a text and a picture that were uploaded: what is blotted out of the request is blotted out of the text', async () => {
  const folder = join(root, 'files');
  const secret = 'ACME-1234';
  let request: object = {};
  let answer = '';
  {
    await using proxy = await recordingProxy(folder, [good], { REDACT: 'ACME-\\d+' });
    const text = await upload(proxy, { bytes: `The ticket ${secret}.`, name: 'notes.txt' });
    const picture = await upload(proxy, { bytes: PNG, type: 'image/png' });
    const content = [
      { type: 'document', source: { type: 'file', file_id: text.id } },
      { type: 'image', source: { type: 'file', file_id: picture.id } },
    ];
    request = { ...streamed, messages: [{ role: 'user', content }] };
    answer = await ask(proxy, { request });
  }
  const recorded = onlyRequest(folder);
  expect(recorded.fetched).toMatchObject([
    [
      { mimeType: 'text/plain', name: 'notes.txt', text: expect.stringMatching(/^The ticket .{9}\.$/) },
      { mimeType: 'image/png', data: PNG.toString('base64') },
    ],
  ]);
  expect(JSON.stringify(recorded)).not.toContain(secret);
  expect(await verifyRecording(folder, 2)).toEqual({ requests: 1, problems: [] });
  await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
  expect(await ask(replay, { request })).toBe(answer);
});

test('an uploaded file that is missing is missing in the replay, too', async () => {
  const folder = join(root, 'missing');
  const content = [{ type: 'image', source: { type: 'file', file_id: 'file_none' } }];
  const request = { ...streamed, messages: [{ role: 'user', content }] };
  const said = async (proxy: TestProxy) => {
    const response = await proxy.send('/v1/messages', request);
    return [response.status, (await response.json()).error.message];
  };
  await using proxy = await recordingProxy(folder, []);
  const told = await said(proxy);
  expect(told).toEqual([404, 'messages.0.content.0.image.source.file.file_id: File not found: file_none']);
  await proxy[Symbol.asyncDispose]();
  await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
  expect(await said(replay)).toEqual(told);
});

test('media that were uploaded: a replay uploads nothing, and says the same', async () => {
  const folder = join(root, 'uploaded');
  const google = filesGoogle(({ what }, nth) =>
    what === 'start' && nth === 0 ? googleError(503, 'UNAVAILABLE', 'busy') : undefined,
  );
  const options = { requestBytes: 10_000 };
  let request: object = {};
  let answer = '';
  {
    await using proxy = await startProxy({ ...options, env: { RECORD: folder }, fetch: google.fetch });
    const large = await upload(proxy, { bytes: bytesLike('png', 20_000), type: 'image/png' });
    const inside = bytesLike('png', 9_000, 2).toString('base64');
    const content = [
      { type: 'image', source: { type: 'file', file_id: large.id } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: inside } },
    ];
    request = { ...streamed, messages: [{ role: 'user', content }] };
    answer = await ask(proxy, { request });
  }
  expect(google.kinds().slice(-1)).toEqual(['generate']);
  const recorded = onlyRequest(folder);
  expect(recorded.fetched).toEqual([[{ mimeType: 'image/png', size: 20_000, isText: false, name: 'a.txt' }]]);
  const uri = expect.stringMatching(/^https:\/\/generativelanguage\.googleapis\.com\/v1beta\/files\/\w+$/);
  expect(recorded.uploads).toMatchObject([{ failed: { means: 'upload-failed' } }, { uris: [uri, uri] }]);
  // The uploads themselves are no part of the recording.
  expect(recorded.upstream).toHaveLength(1);
  await using replay = await startProxy({ ...options, env: { BACKEND: 'replay', REPLAY: folder } });
  expect(await ask(replay, { request })).toBe(answer);
});

test('pages that this process read for the model', async () => {
  const folder = join(root, 'pages');
  using web = pageServer(() => html('<title>T</title><p>It opens at nine.'));
  const url = 'https://a.example/x';
  const request = {
    ...streamed,
    model: 'gemini-2.5-flash-lite',
    messages: [{ role: 'user', content: `What does ${url} say?` }],
    tools: [
      { type: 'web_fetch_20250910', name: 'web_fetch' },
      { name: 'add', input_schema: { type: 'object' } },
    ],
  };
  const call = { functionCall: { name: 'web_fetch', args: { url } } };
  const answers = [
    googleStream({
      candidates: [{ index: 0, content: { role: 'model', parts: [call] }, finishReason: 'STOP' }],
    }),
    googleStream(textChunk('At nine.', 'STOP')),
  ];
  let answer = '';
  {
    await using proxy = await startProxy({
      env: { RECORD: folder },
      urlFetch: web.urlFetch,
      fetch: async () => answers.shift() ?? Response.error(),
    });
    answer = await ask(proxy, { request });
  }
  expect(answer).toContain('It opens at nine.');
  expect(onlyRequest(folder).fetched).toEqual([
    [{ mimeType: 'text/plain', text: 'It opens at nine.', name: 'T', at: expect.stringContaining('T') }],
  ]);
  expect(await verifyRecording(folder, 2)).toEqual({ requests: 1, problems: [] });
  await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
  expect(await ask(replay, { request })).toBe(answer);
  expect(web.asked).toEqual([url]);
});
