/** The Files API that the mock plays: by the official SDK, and by its rules. */
import { describe, expect, test } from 'bun:test';
import { GoogleGenAI } from '@google/genai/web';
import { createSeededRandom, type Fetch, systemClock } from '../../../src/lib/ports.ts';
import { createMockFetch } from '../../../src/sim/mock/index.ts';
import { uploadFile } from '../../../src/upstream/file-upload.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const MODEL = 'gemini-3.8-flash';
const exchange = { id: 'x', labels: { caller: 'main' }, note() {} };
const never = new AbortController().signal;
const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(100)]);

const mock = (clock = new ManualClock()) => {
  const fetch = createMockFetch({ scenarios: [], random: createSeededRandom(1), clock });
  const ask = (method: string, path: string, key: string, body?: object) =>
    fetch(
      `https://google.test${path}`,
      { method, headers: { 'x-goog-api-key': key }, ...(body ? { body: JSON.stringify(body) } : {}) },
      exchange,
    );
  const upload = (key = 'one', mimeType = 'image/png', bytes: Buffer = PNG) =>
    uploadFile(
      { apiKey: key, baseUrl: 'https://google.test', fetch, clock },
      { mimeType, size: bytes.length, read: async (from, to) => bytes.subarray(from, to) },
      never,
    );
  const use = async (key: string, fileUri: string, mimeType = 'image/png') => {
    const parts = [{ text: 'hi' }, { fileData: { fileUri, mimeType } }];
    const response = await ask('POST', `/v1beta/models/${MODEL}:generateContent`, key, {
      contents: [{ role: 'user', parts }],
    });
    return [response.status, (await response.json()).error?.message];
  };
  return { clock, fetch, ask, upload, use };
};

test('the official SDK uploads, finds, uses and deletes a file', async () => {
  const fetchOfMock = createMockFetch({ scenarios: [], random: createSeededRandom(1), clock: systemClock });
  using google = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch({ url, method, headers, body }) {
      const init = { method, headers, ...(body ? { body: await new Response(body).bytes() } : {}) };
      return fetchOfMock(url, init, exchange);
    },
  });
  const baseUrl = `http://127.0.0.1:${google.port}`;
  const ai = new GoogleGenAI({ apiKey: 'one', apiVersion: 'v1beta', httpOptions: { baseUrl } });
  const file = await ai.files.upload({ file: new Blob([PNG]), config: { mimeType: 'image/png' } });
  expect(file).toMatchObject({ state: 'ACTIVE', mimeType: 'image/png', sizeBytes: String(PNG.length) });
  expect((await ai.files.get({ name: file.name ?? '' })).uri).toBe(file.uri ?? '');
  expect((await ai.files.list()).page.map(({ name }) => name)).toEqual([file.name]);
  await ai.files.delete({ name: file.name ?? '' });
  expect(ai.files.get({ name: file.name ?? '' })).rejects.toThrow('may not exist');
});

test('an upload begins with what the SDK begins with', async () => {
  const begun: { url: string; headers: Record<string, string> }[] = [];
  const note = (url: string, init: RequestInit = {}) => {
    const headers = Object.fromEntries(
      [...new Headers(init.headers)].filter(([name]) =>
        /^(?:x-goog-(?:api-key|upload)|content-type)/.test(name),
      ),
    );
    begun.push({ url, headers });
  };
  using google = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch({ url, method, headers }) {
      note(url, { method, headers });
      return Response.json(
        { error: { code: 400, message: 'no', status: 'INVALID_ARGUMENT' } },
        { status: 400 },
      );
    },
  });
  const baseUrl = `http://127.0.0.1:${google.port}`;
  const ai = new GoogleGenAI({ apiKey: 'one', apiVersion: 'v1beta', httpOptions: { baseUrl } });
  await ai.files.upload({ file: new Blob([PNG]), config: { mimeType: 'image/png' } }).catch(() => {});
  const fetch: Fetch = (url, init) => globalThis.fetch(url, init);
  const content = { mimeType: 'image/png', size: PNG.length, read: async () => PNG };
  await uploadFile({ apiKey: 'one', baseUrl, fetch, clock: systemClock }, content, never).catch(() => {});
  expect(begun).toHaveLength(2);
  expect(begun[1]).toEqual(begun[0]);
});

describe('a file', () => {
  test('belongs to its key', async () => {
    const { ask, upload, use } = mock();
    const { uri, name } = await upload('one');
    expect(await use('one', uri)).toEqual([200, undefined]);
    expect(await use('two', uri)).toEqual([403, expect.stringContaining('or it may not exist')]);
    expect((await ask('GET', `/v1beta/${name}`, 'two')).status).toBe(403);
    expect((await (await ask('GET', '/v1beta/files', 'two')).json()).files).toEqual([]);
  });

  test('is gone after 48 hours, and once it was deleted', async () => {
    const { ask, clock, upload, use } = mock();
    const [first, second] = [await upload(), await upload()];
    expect((await ask('DELETE', `/v1beta/${second.name}`, 'one')).status).toBe(200);
    expect((await use('one', second.uri))[0]).toBe(403);
    await clock.advance(48 * 3_600_000 - 1);
    expect((await use('one', first.uri))[0]).toBe(200);
    await clock.advance(1);
    expect((await use('one', first.uri))[0]).toBe(403);
  });

  test('that is processed cannot be used yet', async () => {
    const { ask, clock, upload, use } = mock();
    const uploading = upload('one', 'application/pdf', Buffer.from('%PDF-1.7'));
    const list = async () => (await (await ask('GET', '/v1beta/files', 'one')).json()).files;
    while ((await list()).length === 0) await new Promise((resolve) => setImmediate(resolve));
    const [file] = await list();
    expect(file.state).toBe('PROCESSING');
    expect(await use('one', file.uri, 'application/pdf')).toEqual([
      400,
      expect.stringContaining('not in an ACTIVE state'),
    ]);
    await clock.skip();
    expect(await uploading).toMatchObject({ state: 'active', uri: file.uri });
    expect(await use('one', file.uri, 'application/pdf')).toEqual([200, undefined]);
  });
});

describe('an upload', () => {
  const begin = async (size: number) => {
    const { fetch } = mock();
    const send = (url: string, headers: Record<string, string>, body: string | Buffer) =>
      fetch(
        url,
        {
          method: 'POST',
          headers: { 'x-goog-api-key': 'one', ...headers },
          body: typeof body === 'string' ? body : new Uint8Array(body),
        },
        exchange,
      );
    const begun = await send(
      'https://google.test/upload/v1beta/files',
      {
        'x-goog-upload-protocol': 'resumable',
        'x-goog-upload-command': 'start',
        'x-goog-upload-header-content-length': String(size),
        'x-goog-upload-header-content-type': 'image/png',
      },
      '{}',
    );
    const url = begun.headers.get('x-goog-upload-url') ?? '';
    return (command: string, offset: number, bytes = Buffer.alloc(0)) =>
      send(url, { 'x-goog-upload-command': command, 'x-goog-upload-offset': String(offset) }, bytes);
  };
  const PIECE = 256 * 1024;

  test('goes on where it was', async () => {
    const send = await begin(PIECE + 1);
    expect((await send('upload', 0, Buffer.alloc(PIECE))).headers.get('x-goog-upload-status')).toBe('active');
    expect((await send('query', 0)).headers.get('x-goog-upload-size-received')).toBe(String(PIECE));
    const last = await send('upload, finalize', PIECE, Buffer.alloc(1));
    expect([last.status, last.headers.get('x-goog-upload-status')]).toEqual([200, 'final']);
  });

  test.each<[string, [command: string, offset: number, bytes: number]]>([
    ['a piece at another offset', ['upload', 1, PIECE]],
    ['a small piece before the last', ['upload', 0, 1_000]],
    ['another size than was announced', ['upload, finalize', 0, PIECE]],
  ])('is refused with %s', async (_name, [command, offset, bytes]) => {
    const send = await begin(2 * PIECE);
    expect((await send(command, offset, Buffer.alloc(bytes))).status).toBe(400);
  });

  test('is over once it was cancelled', async () => {
    const send = await begin(PIECE);
    expect((await send('cancel', 0)).headers.get('x-goog-upload-status')).toBe('cancelled');
    expect((await send('upload, finalize', 0, Buffer.alloc(PIECE))).status).toBe(400);
  });
});
