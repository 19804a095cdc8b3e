/** Files that were uploaded, in requests: what Gemini is sent, and which are refused. */
import { describe, expect, test } from 'bun:test';
import { hello, type TestProxy } from '../../support/proxy.ts';
import { errorOf, fileProxy, PDF, PNG, type Upload, upload } from '../../support/talks/files.ts';

const asks = (proxy: TestProxy, block: object, path = '/v1/messages') =>
  proxy.send(path, {
    ...hello,
    messages: [{ role: 'user', content: [block, { type: 'text', text: 'what is it' }] }],
  });
const source = (file_id: string) => ({ type: 'file', file_id });
const partsSent = ({ sent }: { sent: string[] }) => JSON.parse(sent.at(-1) ?? '{}').contents?.[0]?.parts;

describe('in a request, a file', () => {
  test.each<[string, Upload, (id: string) => object, unknown[]]>([
    [
      'is a picture',
      { bytes: PNG, type: 'image/png' },
      (id) => ({ type: 'image', source: source(id) }),
      [{ inlineData: { mimeType: 'image/png', data: PNG.toString('base64') } }],
    ],
    [
      'is a PDF',
      { bytes: PDF, type: 'application/pdf' },
      (id) => ({ type: 'document', source: source(id), title: 'T' }),
      [
        { text: '<document>\n<title>T</title>\n</document>' },
        { inlineData: { mimeType: 'application/pdf', data: PDF.toString('base64') } },
      ],
    ],
    [
      'is text',
      { bytes: 'zwölf' },
      (id) => ({ type: 'document', source: source(id) }),
      [{ text: '<document>\nzwölf\n</document>' }],
    ],
    [
      'is text, whatever the client declared',
      { bytes: 'x = 1', name: 'a.py', type: 'application/octet-stream' },
      (id) => ({ type: 'document', source: source(id) }),
      [{ text: '<document>\nx = 1\n</document>' }],
    ],
    [
      'is a picture of another type than declared',
      { bytes: PNG, type: 'image/jpeg' },
      (id) => ({ type: 'image', source: source(id) }),
      [{ inlineData: { mimeType: 'image/png', data: PNG.toString('base64') } }],
    ],
    [
      'was put into a container',
      { bytes: 'a,b', name: 't.csv', type: 'text/csv' },
      (id) => ({ type: 'container_upload', file_id: id }),
      [{ text: '<document>\n<title>t.csv</title>\na,b\n</document>' }],
    ],
  ])('%s', async (_, what, block, parts) => {
    await using proxy = await fileProxy();
    const { id } = await upload(proxy, what);
    expect((await asks(proxy, block(id))).status).toBe(200);
    expect(partsSent(proxy)).toEqual([...parts, { text: 'what is it' }]);
    expect(await (await asks(proxy, block(id), '/v1/messages/count_tokens')).json()).toEqual({
      input_tokens: 7,
    });
  });

  test('stands in a result, too', async () => {
    await using proxy = await fileProxy();
    const { id } = await upload(proxy, { bytes: PNG, type: 'image/png' });
    const answer = await proxy.send('/v1/messages', {
      ...hello,
      messages: [
        { role: 'user', content: 'look' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'image', source: source(id) }] },
          ],
        },
      ],
      tools: [{ name: 'look', input_schema: { type: 'object' } }],
    });
    expect(answer.status).toBe(200);
    expect(proxy.sent.at(-1)).toContain(PNG.toString('base64'));
  });

  const HERE = 'messages.0.content.0';
  test.each<[string, Upload | undefined, (id: string) => object, number, (id: string) => string]>([
    [
      'that does not exist, as a picture',
      undefined,
      () => ({ type: 'image', source: source('file_none') }),
      404,
      () => `${HERE}.image.source.file.file_id: File not found: file_none`,
    ],
    [
      'that does not exist, as a document',
      undefined,
      () => ({ type: 'document', source: source('file_none') }),
      404,
      () => `${HERE}.document.source.file.file_id: File not found: file_none`,
    ],
    [
      'that does not exist, in a container',
      undefined,
      () => ({ type: 'container_upload', file_id: 'file_none' }),
      404,
      () => `${HERE}.container_upload.file_id: File not found: file_none`,
    ],
    [
      'that is a PDF, as a picture',
      { bytes: PDF, type: 'application/pdf' },
      (id) => ({ type: 'image', source: source(id) }),
      400,
      () => `${HERE}.image.source.file.file_id: The file is a PDF; this block takes a picture`,
    ],
    [
      'that is a picture, as a document',
      { bytes: PNG, type: 'image/png' },
      (id) => ({ type: 'document', source: source(id) }),
      400,
      () => `${HERE}.document.source.file.file_id: The file is a picture; this block takes a PDF or text`,
    ],
    [
      'that is neither',
      { bytes: new Uint8Array([0x50, 0x4b, 3, 4, 0, 0xff]), type: 'application/zip' },
      (id) => ({ type: 'container_upload', file_id: id }),
      400,
      () =>
        `${HERE}.container_upload.file_id: The file (application/zip) is neither a picture, nor a PDF, nor text in UTF-8; this block takes text or a picture or a PDF`,
    ],
  ])('%s is refused by the name of its block', async (_, what, block, status, message) => {
    await using proxy = await fileProxy();
    const { id } = what ? await upload(proxy, what) : { id: '' };
    const error = await errorOf(await asks(proxy, block(id)));
    expect(error.status).toBe(status);
    expect(error.message).toStartWith(message(id));
    expect(proxy.sent).toEqual([]);
  });
});
