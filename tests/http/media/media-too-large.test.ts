/** Media that make a request too large: they are uploaded to Google, with the key that answers. */
import { describe, expect, test } from 'bun:test';
import {
  asking,
  bytesLike,
  type Instead,
  image,
  LARGE,
  ofFile,
  pdf,
  proxyWith,
  type SentBody,
  UNIT,
} from '../../support/google/files-google.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { GEMINI_KEY, googleError, hello } from '../../support/proxy.ts';
import { errorOf, MB, upload } from '../../support/talks/files.ts';

/** What each part is, in short: the URI of a file is `file`, and bytes are their length. */
const shape = ({ contents }: SentBody) =>
  contents.flatMap(({ parts }) =>
    parts.map(({ text, inlineData, fileData, ...other }) => {
      if (inlineData) return `${inlineData.mimeType} ${Buffer.from(inlineData.data, 'base64').length}`;
      if (fileData) return `${fileData.mimeType} file`;
      return text ?? Object.keys(other)[0];
    }),
  );
const uriIn = (body: SentBody | undefined) =>
  body?.contents.flatMap(({ parts }) => parts.flatMap(({ fileData }) => fileData?.fileUri ?? []))[0];

describe('a request of more than 20 MB', () => {
  test('has its largest medium uploaded, and no more than that', async () => {
    const { proxy, google } = await proxyWith();
    await using _ = proxy;
    const [small, large, middle] = [4 * UNIT, 7 * UNIT, 5 * UNIT].map((size) =>
      bytesLike('png', size, size / UNIT),
    );
    const response = await proxy.send(
      '/v1/messages',
      asking(...[small, large, middle].map((bytes) => image(bytes ?? Buffer.alloc(0)))),
    );
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('Seen.');
    expect(google.kinds()).toEqual(['start', 'piece', 'generate']);
    expect(google.bodies.map(shape)).toEqual([
      [`image/png ${4 * UNIT}`, 'image/png file', `image/png ${5 * UNIT}`, 'what is it'],
    ]);
    expect(google.calls.every(({ key }) => key === GEMINI_KEY)).toBe(true);
  });

  test('waits until Google has processed what was uploaded', async () => {
    const { proxy, google } = await proxyWith();
    await using _ = proxy;
    const response = await proxy.send('/v1/messages', asking(pdf(bytesLike('pdf', 17 * UNIT))));
    expect(response.status).toBe(200);
    expect(google.kinds()).toEqual(['start', 'piece', 'look', 'generate']);
    expect(google.bodies.map(shape)).toEqual([['application/pdf file', 'what is it']]);
  });

  test('uploads what stands at several places once', async () => {
    const { proxy, google } = await proxyWith();
    await using _ = proxy;
    const same = image(bytesLike('png', 8 * UNIT));
    expect((await proxy.send('/v1/messages', asking(same, same))).status).toBe(200);
    expect(google.kinds()).toEqual(['start', 'piece', 'generate']);
    expect(google.bodies.map(shape)).toEqual([['image/png file', 'image/png file', 'what is it']]);
  });

  test('has a picture in a result beside that result, where the model is told of it', async () => {
    const { proxy, google } = await proxyWith();
    await using _ = proxy;
    const response = await proxy.send('/v1/messages', {
      ...hello,
      tools: [{ name: 'look', input_schema: { type: 'object' } }],
      messages: [
        { role: 'user', content: 'look' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'toolu_1', content: [image(bytesLike('png', 16 * UNIT))] },
          ],
        },
      ],
    });
    expect(response.status).toBe(200);
    expect(shape(google.bodies[0] ?? { contents: [] }).slice(-3)).toEqual([
      'functionResponse',
      'Attachment 1 of the result of look:',
      'image/png file',
    ]);
    expect(JSON.stringify(google.bodies[0])).toContain('[attachment 1: image/png]');
  });

  test('uploads what this process has read by URL', async () => {
    const png = bytesLike('png', 17 * UNIT);
    const { proxy, google } = await proxyWith(undefined, {
      env: { URL_FETCH: 'proxy' },
      urlFetch: {
        resolve: async () => ['1.1.1.1'],
        isPublic: () => true,
        fetch: async () => new Response(png as Uint8Array<ArrayBuffer>),
      },
    });
    await using _ = proxy;
    const source = { type: 'url', url: 'https://pics.example.test/cat.png' };
    expect((await proxy.send('/v1/messages', asking({ type: 'image', source }))).status).toBe(200);
    expect(google.bodies.map(shape)).toEqual([['image/png file', 'what is it']]);
  });

  test('of text alone is a 413, and nothing is uploaded', async () => {
    const { proxy, google } = await proxyWith(undefined, { requestBytes: 20 * MB });
    await using _ = proxy;
    const text = { type: 'text', text: 'x'.repeat(21 * MB) };
    const response = await proxy.send('/v1/messages', asking(text, image(bytesLike('png', 3 * MB))));
    expect(await errorOf(response)).toMatchObject({ status: 413, type: 'request_too_large' });
    expect(google.kinds()).toEqual([]);
  });

  test('has its tokens estimated for a count, until Google has the media', async () => {
    const { proxy, google } = await proxyWith();
    await using _ = proxy;
    const request = asking(image(bytesLike('png', 16 * UNIT)));
    const count = async () => (await proxy.send('/v1/messages/count_tokens', request)).json();
    expect((await count()).input_tokens).toBeGreaterThan(7);
    expect(google.kinds()).toEqual([]);
    await (await proxy.send('/v1/messages', request)).text();
    expect(await count()).toEqual({ input_tokens: 7 });
    expect(google.count('start')).toBe(1);
  });
});

describe('an uploaded file that is too large for a request', () => {
  test.each([
    ['picture', 'image', bytesLike('png', 16 * UNIT), 'image/png', 'image/png file'],
    ['PDF', 'document', bytesLike('pdf', 16 * UNIT), 'application/pdf', 'application/pdf file'],
    ['text', 'document', bytesLike('text', 21 * UNIT), 'application/octet-stream', 'text/plain file'],
  ])('is uploaded from the disk, where it is a %s', async (_name, block, bytes, type, part) => {
    const { proxy, google } = await proxyWith();
    await using _ = proxy;
    const { id } = await upload(proxy, { bytes, type });
    const response = await proxy.send('/v1/messages', asking(ofFile(block, id)));
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('Seen.')]);
    expect(google.bodies.map(shape)).toEqual([[part, 'what is it']]);
    const sent = google.calls.filter(({ what }) => what === 'piece').map(({ bytes: size }) => size);
    expect(sent.reduce((sum, size) => sum + size, 0)).toBe(bytes.length);
  });

  test('is uploaded in pieces', async () => {
    const { proxy, google } = await proxyWith();
    await using _ = proxy;
    const { id } = await upload(proxy, { bytes: bytesLike('png', 17 * MB), type: 'image/png' });
    expect((await proxy.send('/v1/messages', asking(ofFile('image', id)))).status).toBe(200);
    const pieces = google.calls.filter(({ what }) => what === 'piece');
    expect(pieces.map(({ bytes }) => bytes)).toEqual([8 * MB, 8 * MB, MB]);
    expect(pieces.map(({ headers }) => headers.get('x-goog-upload-command'))).toEqual([
      'upload',
      'upload',
      'upload, finalize',
    ]);
    expect(google.bodies.map(shape)).toEqual([['image/png file', 'what is it']]);
  });

  test('lets the smaller ones stand in the request', async () => {
    const { proxy, google } = await proxyWith();
    await using _ = proxy;
    const large = await upload(proxy, { bytes: bytesLike('png', 10 * UNIT, 1), type: 'image/png' });
    const small = await upload(proxy, { bytes: bytesLike('png', 9 * UNIT, 2), type: 'image/png' });
    const content = [ofFile('image', large.id), ofFile('image', small.id)];
    expect((await proxy.send('/v1/messages', asking(...content))).status).toBe(200);
    expect(google.bodies.map(shape)).toEqual([['image/png file', `image/png ${9 * UNIT}`, 'what is it']]);
  });

  test('is one file at Google, under whatever id and in whatever form', async () => {
    const { proxy, google } = await proxyWith();
    await using _ = proxy;
    const bytes = bytesLike('png', 16 * UNIT);
    for (const content of [
      ofFile('image', (await upload(proxy, { bytes, type: 'image/png' })).id),
      ofFile('image', (await upload(proxy, { bytes, type: 'image/png' })).id),
      image(bytes),
    ])
      await (await proxy.send('/v1/messages', asking(content))).text();
    expect([google.count('start'), google.count('generate')]).toEqual([1, 3]);
    expect(new Set(google.bodies.map(uriIn)).size).toBe(1);
  });

  test.each([
    ['a GIF', bytesLike('gif', 16 * UNIT), 'image/gif', 'must be converted'],
    ['no picture and no text', Buffer.alloc(21 * UNIT, 0), 'application/zip', 'is neither a picture'],
  ])('is refused where it is %s', async (_name, bytes, type, why) => {
    const { proxy, google } = await proxyWith();
    await using _ = proxy;
    const { id } = await upload(proxy, { bytes, type });
    const error = await errorOf(await proxy.send('/v1/messages', asking(ofFile('image', id))));
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(error.message).toStartWith('messages.0.content.0.image.source.file.file_id: The file');
    expect(error.message).toContain(why);
    expect(google.kinds()).toEqual([]);
  });
});

describe('what Google has', () => {
  test('is used again, until shortly before Google removes it', async () => {
    const clock = new ManualClock();
    const { proxy, google } = await proxyWith(undefined, { clock });
    await using _ = proxy;
    const ask = async () => (await proxy.send('/v1/messages', LARGE)).text();
    await ask();
    await clock.advance(46 * 3_600_000);
    await ask();
    expect(google.count('start')).toBe(1);
    await clock.advance(1.5 * 3_600_000);
    await ask();
    expect([google.count('start'), google.count('generate')]).toEqual([2, 3]);
  });

  test('is uploaded by another key anew', async () => {
    const { proxy, google } = await proxyWith(
      ({ what, key }, nth) =>
        what === 'generate' && nth === 0 && key === 'key-one'
          ? googleError(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded for metric: x per day')
          : undefined,
      { env: { API_KEYS: 'key-one,key-two', GEMINI_API_KEY: '' } },
    );
    await using _ = proxy;
    expect((await proxy.send('/v1/messages', LARGE)).status).toBe(200);
    expect(google.calls.map(({ what, key }) => `${what} ${key}`)).toEqual([
      'start key-one',
      'piece key-one',
      'generate key-one',
      'start key-two',
      'piece key-two',
      'generate key-two',
    ]);
    const [one, two] = google.bodies.map(uriIn);
    expect(one).not.toBe(two);
  });

  const gone =
    (code: number, message: string): Instead =>
    ({ what }, nth) =>
      what === 'generate' && nth === 1 ? googleError(code, 'PERMISSION_DENIED', message) : undefined;
  test.each([
    [403, 'You do not have permission to access the File abc or it may not exist.'],
    [404, 'File files/abc not found.'],
    [400, 'The File abc is not in an ACTIVE state and usage is not allowed.'],
  ])('is uploaded once more where Google does not have it any more (%d)', async (code, message) => {
    const { proxy, google } = await proxyWith(gone(code, message));
    await using _ = proxy;
    const ask = async () => (await proxy.send('/v1/messages', LARGE)).text();
    await ask();
    expect(await ask()).toContain('Seen.');
    expect([google.count('start'), google.count('generate')]).toEqual([2, 3]);
    const [first, again, anew] = google.bodies.map(uriIn);
    expect([first === again, again === anew]).toEqual([true, false]);
  });

  test('is not uploaded a third time', async () => {
    const { proxy, google } = await proxyWith(({ what }) =>
      what === 'generate'
        ? googleError(
            403,
            'PERMISSION_DENIED',
            'You do not have permission to access the File abc or it may not exist.',
          )
        : undefined,
    );
    await using _ = proxy;
    const response = await proxy.send('/v1/messages', LARGE);
    expect(await errorOf(response)).toMatchObject({ status: 403, type: 'permission_error' });
    expect([google.count('start'), google.count('generate')]).toEqual([2, 2]);
  });
});

describe('where there is no Files API', () => {
  test('at a gateway, the request goes out whole', async () => {
    const { proxy, google } = await proxyWith(
      ({ what }) => (what === 'start' ? new Response('no such page', { status: 404 }) : undefined),
      { env: { GOOGLE_GEMINI_BASE_URL: 'https://gateway.example' } },
    );
    await using _ = proxy;
    expect((await proxy.send('/v1/messages', LARGE)).status).toBe(200);
    expect(google.bodies.map(shape)).toEqual([[`image/png ${16 * UNIT}`, 'what is it']]);
  });

  test('at a gateway, a file that is only on the disk is a 413', async () => {
    const { proxy } = await proxyWith(
      ({ what }) => (what === 'start' ? new Response('no such page', { status: 404 }) : undefined),
      { env: { GOOGLE_GEMINI_BASE_URL: 'https://gateway.example' } },
    );
    await using _ = proxy;
    const { id } = await upload(proxy, { bytes: bytesLike('png', 16 * UNIT), type: 'image/png' });
    const error = await errorOf(await proxy.send('/v1/messages', asking(ofFile('image', id))));
    expect(error).toMatchObject({ status: 413, type: 'request_too_large' });
  });
});
