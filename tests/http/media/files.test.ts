/** `/v1/files`: what clients upload, list, read of, and delete. */
import { describe, expect, test } from 'bun:test';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileStore } from '../../../src/files/store.ts';
import { createIds, createSeededRandom, systemClock } from '../../../src/lib/ports.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { hello, type TestProxy } from '../../support/proxy.ts';
import {
  errorOf,
  fileProxy,
  formOf,
  get,
  MB,
  PDF,
  PNG,
  post,
  remove,
  type Upload,
  upload,
} from '../../support/talks/files.ts';

describe('a file', () => {
  test('is uploaded, told, listed and deleted', async () => {
    await using proxy = await fileProxy();
    const file = await upload(proxy, {
      bytes: PDF,
      name: '/home/of/nobody/a b.pdf',
      type: 'application/pdf',
    });
    expect(file).toEqual({
      id: expect.stringMatching(/^file_[A-Za-z0-9]{24}$/),
      type: 'file',
      filename: 'a b.pdf',
      mime_type: 'application/pdf',
      size_bytes: PDF.length,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      downloadable: false,
      expires_at: null,
    });
    expect(await get(proxy, `/v1/files/${file.id}`)).toEqual({ status: 200, body: file });
    expect(await get(proxy, '/v1/files')).toEqual({ status: 200, body: { data: [file], next_page: null } });
    expect(await remove(proxy, file.id)).toEqual({
      status: 200,
      body: { id: file.id, type: 'file_deleted' },
    });
    const gone = {
      status: 404,
      body: { error: { type: 'not_found_error', message: `File not found: ${file.id}` } },
    };
    expect(await get(proxy, `/v1/files/${file.id}`)).toMatchObject(gone);
    expect(await remove(proxy, file.id)).toMatchObject(gone);
    expect(await get(proxy, `/v1/files/${file.id}/content`)).toMatchObject(gone);
    expect(await get(proxy, '/v1/files')).toEqual({ status: 200, body: { data: [], next_page: null } });
  });

  test('that a client has uploaded cannot be downloaded', async () => {
    await using proxy = await fileProxy();
    const { id } = await upload(proxy);
    expect(await errorOf(await fetch(`${proxy.url}/v1/files/${id}/content`))).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      error_code: 'file_not_downloadable',
    });
  });

  test.each<[string, Upload, string, string]>([
    ['declared', { type: 'text/csv; charset=utf-8' }, 'a.txt', 'text/csv'],
    ['by its bytes', { bytes: PNG, name: 'a', type: '' }, 'a', 'image/png'],
    ['by its ending', { name: 'a.md', type: 'application/octet-stream' }, 'a.md', 'text/markdown'],
    ['unknown', { name: 'a.zzz', type: '' }, 'a.zzz', 'application/octet-stream'],
    ['of a file without a name', { bytes: PNG, name: 'x/', type: '' }, 'unnamed.png', 'image/png'],
    ['of a name with quotes and other letters', { name: 'Grüße (1).txt' }, 'Grüße (1).txt', 'text/plain'],
  ])('has a type: %s', async (_, what, filename, mime_type) => {
    await using proxy = await fileProxy();
    expect(await upload(proxy, what)).toMatchObject({ filename, mime_type });
  });

  test('is kept as long as the client asks, within what the operator allows', async () => {
    const lasts = async (env: Record<string, string>, fields: Record<string, string>) => {
      await using proxy = await fileProxy(env);
      const { created_at, expires_at } = await upload(proxy, { fields });
      return expires_at === null ? null : Date.parse(String(expires_at)) - Date.parse(String(created_at));
    };
    expect(await lasts({}, { expires_in_seconds: '3600' })).toBe(3_600_000);
    expect(await lasts({ FILES_MAX_DAYS: '1' }, {})).toBe(86_400_000);
    expect(await lasts({ FILES_MAX_DAYS: '1' }, { expires_in_seconds: '7776000' })).toBe(86_400_000);
    expect(await lasts({ FILES_MAX_DAYS: '1' }, { expires_in_seconds: '3600' })).toBe(3_600_000);
  });

  test('needs the key of the proxy', async () => {
    await using proxy = await fileProxy({ PROXY_API_KEY: 'between-us' });
    expect(await errorOf(await post(proxy, formOf({})))).toMatchObject({
      status: 401,
      type: 'authentication_error',
    });
    expect((await post(proxy, formOf({}), { 'x-api-key': 'between-us' })).status).toBe(200);
    for (const path of ['/v1/files', '/v1/files/file_x', '/v1/files/file_x/content'])
      expect((await get(proxy, path)).status).toBe(401);
    expect((await remove(proxy, 'file_x')).status).toBe(401);
  });
});

describe('the list', () => {
  test('has pages, newest first', async () => {
    await using proxy = await fileProxy();
    const ids: string[] = [];
    for (let number = 0; number < 5; number++) ids.unshift((await upload(proxy)).id);
    const pages: string[][] = [];
    let page: string | null = '';
    while (page !== null) {
      const { body } = await get(proxy, `/v1/files?limit=2${page === '' ? '' : `&page=${page}`}`);
      pages.push(body.data.map(({ id }: { id: string }) => id));
      page = body.next_page;
    }
    expect(pages).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
  });

  test('goes on behind a file that was deleted meanwhile', async () => {
    await using proxy = await fileProxy();
    const [third, second, first] = [await upload(proxy), await upload(proxy), await upload(proxy)];
    const { body } = await get(proxy, '/v1/files?limit=2');
    await remove(proxy, second.id);
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual([first.id, second.id]);
    expect((await get(proxy, `/v1/files?page=${body.next_page}`)).body.data).toEqual([third]);
  });

  test('has the older form for clients that know no other', async () => {
    await using proxy = await fileProxy();
    const [second, first] = [await upload(proxy), await upload(proxy)];
    const headers = { 'anthropic-beta': 'files-api-2025-04-14' };
    const { body } = await get(proxy, '/v1/files?limit=1', { headers });
    expect(body).toMatchObject({ data: [first], has_more: true, first_id: first.id, last_id: first.id });
    expect((await get(proxy, `/v1/files?after_id=${first.id}`, { headers })).body).toMatchObject({
      data: [second],
      has_more: false,
      next_page: null,
    });
    expect((await get(proxy, `/v1/files?before_id=${second.id}`, { headers })).body.data).toEqual([first]);
  });

  test('of some ids leaves out what does not exist', async () => {
    await using proxy = await fileProxy();
    const file = await upload(proxy);
    const { body } = await get(proxy, `/v1/files?ids[]=${file.id}&ids[]=file_none`);
    expect(body).toEqual({ data: [file], next_page: null });
  });

  test.each([
    ['limit=0', 'limit: Input should be an integer from 1 to 1000'],
    ['limit=x', 'limit: Input should be an integer from 1 to 1000'],
    ['page=x', 'page: "x" is not the next_page of a list'],
    ['after_id=file_none', 'after_id: no file "file_none"'],
    ['ids[]=a&limit=2', 'ids: cannot be used together with page or limit'],
  ])('refuses %s', async (query, message) => {
    await using proxy = await fileProxy();
    expect(await get(proxy, `/v1/files?${query}`)).toMatchObject({
      status: 400,
      body: { error: { type: 'invalid_request_error', message } },
    });
  });
});

describe('an upload is refused', () => {
  const form = (...lines: string[]) => ({
    body: lines.join('\r\n'),
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
  });
  const FILE = 'content-disposition: form-data; name="file"; filename="a"';

  test.each<[string, { body: BodyInit; headers?: Record<string, string> }, string]>([
    [
      'without a form',
      { body: '{}', headers: { 'content-type': 'application/json' } },
      'The request body must be multipart/form-data',
    ],
    [
      'without a file',
      form('--b', 'content-disposition: form-data; name="x"', '', 'y', '--b--', ''),
      'file: Field required',
    ],
    [
      'with two files',
      form('--b', FILE, '', 'y', '--b', FILE, '', 'y', '--b--', ''),
      'file: only one file can be uploaded at once',
    ],
    [
      'that breaks off',
      form('--b', FILE, '', 'y'),
      'The request body is not valid multipart/form-data: it ends before its last boundary',
    ],
    ['with another kind of form', form('hello'), 'The request body is not valid multipart/form-data'],
    [
      'with a wrong expiry',
      { body: formOf({ fields: { expires_in_seconds: '60' } }) },
      'expires_in_seconds: Input should be an integer from 3600 to 7776000',
    ],
    [
      'with a name of control characters',
      form('--b', `${FILE.slice(0, -1)}%0Ab"`, '', 'y', '--b--', ''),
      'file: Invalid filename',
    ],
    [
      'packed',
      {
        body: 'x',
        headers: { 'content-type': 'multipart/form-data; boundary=b', 'content-encoding': 'gzip' },
      },
      'request_body_encoding_unsupported',
    ],
  ])('%s', async (_, { body, headers }, message) => {
    await using proxy = await fileProxy();
    const error = await errorOf(await post(proxy, body, headers));
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(error.message).toStartWith(message);
    expect((await get(proxy, '/v1/files')).body.data).toEqual([]);
    expect(filesIn(proxy)).toEqual([]);
  });

  test.each<[string, Record<string, string>, number, string, Record<string, unknown>]>([
    [
      'too large a file',
      { FILE_MAX_MB: '1' },
      413,
      'The file exceeds the maximum size of 1 MB (FILE_MAX_MB)',
      { type: 'request_too_large' },
    ],
    [
      'too much in all',
      { FILES_TOTAL_MB: '1' },
      400,
      'The files that the proxy keeps would exceed 1 MB (FILES_TOTAL_MB)',
      { error_code: 'storage_quota_exceeded' },
    ],
  ])('%s, told by its length or found while it comes', async (_, env, status, message, more) => {
    await using proxy = await fileProxy(env);
    const bytes = new Uint8Array(MB + 1);
    const streamed = new Response(formOf({ bytes }));
    const type = streamed.headers.get('content-type') ?? '';
    const chunked = new ReadableStream({
      async start(controller) {
        controller.enqueue(new Uint8Array(await streamed.arrayBuffer()));
        controller.close();
      },
    });
    for (const answer of [post(proxy, formOf({ bytes })), post(proxy, chunked, { 'content-type': type })]) {
      const error = await errorOf(await answer);
      expect(error).toMatchObject({ status, ...more });
      expect(error.message).toStartWith(message);
    }
    expect(filesIn(proxy)).toEqual([]);
    expect((await upload(proxy, { bytes: 'small' }))['size_bytes']).toBe(5);
  });

  test('where there are too many, until one is deleted', async () => {
    await using proxy = await fileProxy({ FILES_MAX: '1' });
    const { id } = await upload(proxy);
    expect(await errorOf(await post(proxy, formOf({})))).toMatchObject({
      status: 400,
      message: 'The proxy keeps 1 files already (FILES_MAX). Delete files to free up space, then try again',
      error_code: 'storage_quota_exceeded',
    });
    await remove(proxy, id);
    await upload(proxy);
  });
});

const filesIn = ({ folder }: TestProxy) => {
  try {
    return readdirSync(join(folder, 'files'));
  } catch {
    return [];
  }
};

describe('the folder', () => {
  const storeIn = ({ folder }: TestProxy) =>
    new FileStore({
      folder,
      limits: { fileBytes: MB, totalBytes: MB, count: 10, keepMs: undefined },
      clock: systemClock,
      ids: createIds(createSeededRandom(2)),
      onWarning() {},
    });

  test('is shared by instances: what one has stored, another serves', async () => {
    await using proxy = await fileProxy();
    const store = storeIn(proxy);
    const upload = await store.receive();
    await upload.write(Buffer.from('made by a tool'));
    const facts = { filename: 'made.txt', mimeType: 'text/plain', downloadable: true, keepMs: undefined };
    const { id } = await store.keep(upload, facts);
    const answer = await fetch(`${proxy.url}/v1/files/${id}/content`);
    expect(answer.headers.get('content-type')).toBe('text/plain');
    expect(await answer.text()).toBe('made by a tool');
    await remove(proxy, id);
    expect(store.find(id)).toBeUndefined();
    store.close();
  });

  test('is kept over a restart', async () => {
    await using first = await fileProxy();
    const file = await upload(first);
    await using second = await fileProxy({ DATA_DIR: first.folder });
    expect((await get(second, '/v1/files')).body.data).toEqual([file]);
  });
});

describe('a file that has expired', () => {
  const DAY_MS = 86_400_000;

  test('cannot be used, its bytes are gone, and its room is free', async () => {
    const clock = new ManualClock();
    await using proxy = await fileProxy({ FILES_MAX: '1' }, clock);
    const file = await upload(proxy, { fields: { expires_in_seconds: '3600' } });
    clock.setWall(3_599_999);
    expect(await errorOf(await post(proxy, formOf({})))).toMatchObject({
      error_code: 'storage_quota_exceeded',
    });
    clock.setWall(1);
    expect((await get(proxy, '/v1/files')).body.data).toEqual([]);
    expect((await get(proxy, `/v1/files?ids[]=${file.id}`)).body.data).toEqual([]);
    expect((await get(proxy, `/v1/files/${file.id}`)).body).toEqual(file);
    const expired = { status: 404, message: `File has expired: ${file.id}`, error_code: 'file_expired' };
    expect(await errorOf(await fetch(`${proxy.url}/v1/files/${file.id}/content`))).toMatchObject(expired);
    const asked = await proxy.send('/v1/messages', {
      ...hello,
      messages: [
        { role: 'user', content: [{ type: 'document', source: { type: 'file', file_id: file.id } }] },
      ],
    });
    expect(await errorOf(asked)).toMatchObject({
      status: 404,
      message: `messages.0.content.0.document.source.file.file_id: File has expired: ${file.id}`,
    });
    const { id } = await upload(proxy);
    expect(filesIn(proxy)).toEqual([id]);
    // Some time later nothing is known of it any more.
    clock.setWall(31 * DAY_MS);
    await remove(proxy, id);
    await upload(proxy);
    expect((await get(proxy, `/v1/files/${file.id}`)).status).toBe(404);
  });
});

test('what an upload left behind whose process died is removed after a day', async () => {
  await using first = await fileProxy();
  const { id } = await upload(first);
  const left = join(first.folder, 'files', 'upload-of-the-dead');
  writeFileSync(left, 'half');
  const bytesAfter = async (ms: number) => {
    const clock = new ManualClock(Date.now() + ms);
    await using again = await fileProxy({ DATA_DIR: first.folder }, clock);
    await get(again, '/v1/files');
    return filesIn(first).sort();
  };
  expect(await bytesAfter(0)).toEqual([id, 'upload-of-the-dead'].sort());
  expect(await bytesAfter(90_000_000)).toEqual([id]);
});
