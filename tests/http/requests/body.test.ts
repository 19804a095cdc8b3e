/** Request bodies as bytes: what is refused before it is parsed (naming its place), and what is accepted. */
import { describe, expect, test } from 'bun:test';
import { gzipSync } from 'node:zlib';
import { MOST_ELEMENTS } from '../../../src/lib/json-figures.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { startProxy, type TestProxy, textChunk } from '../../support/proxy.ts';

const bytes = (...pieces: (string | number[])[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.concat(pieces.map((piece) => Buffer.from(piece as string))));
const bodyWith = (content: string): string =>
  `{"model":"claude-opus-5-5","max_tokens":16,"messages":[{"role":"user","content":${content}}]}`;
const callWith = (input: string): string =>
  `{"model":"claude-opus-5-5","max_tokens":16,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"n","input":${input}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}]}`;

async function send(proxy: TestProxy, body: BodyInit, headers: Record<string, string> = {}) {
  const response = await fetch(`${proxy.url}/v1/messages`, {
    method: 'POST',
    headers: { 'anthropic-version': '2023-06-01', ...headers },
    body,
  });
  const json = await response.json();
  return { status: response.status, type: json.error?.type, message: json.error?.message };
}

const REFUSED: [string, Uint8Array<ArrayBuffer> | string, string][] = [
  [
    'a byte that is no UTF-8',
    bytes(bodyWith('"a').slice(0, -2), [0xff], '"}]}'),
    'not UTF-8: byte 83 (0xff)',
  ],
  ['a character that is cut off', bytes('{"a":"', [0xc3], '"}'), 'not UTF-8: byte 6 (0xc3)'],
  ['half a surrogate pair in UTF-8', bytes('{"a":"', [0xed, 0xa0, 0x80], '"}'), 'not UTF-8: byte 6 (0xed)'],
  ['UTF-16', new Uint8Array(Buffer.from(`\ufeff${bodyWith('"a"')}`, 'utf16le')), 'not UTF-8: byte 0 (0xff)'],
  ['Latin-1', new Uint8Array(Buffer.from('{"a":"é"}', 'latin1')), 'not UTF-8: byte 6 (0xe9)'],
  [
    'a number beyond a double',
    callWith('{"x":[1,{"y":1e400}]}'),
    'messages.1.content.0.input.x.1.y: Input should be a finite number',
  ],
  ['one below', callWith('{"x":-1e999}'), 'messages.1.content.0.input.x: Input should be a finite number'],
  ['one of many digits', callWith(`{"x":1${'0'.repeat(400)}}`), 'messages.1.content.0.input.x: Input'],
  ['one at the top', '1e400', 'Input should be a finite number'],
  ['nothing', '', 'The request body is empty'],
];

describe('refused by its place', () => {
  test.each(REFUSED)('%s', async (_name, body, message) => {
    await using proxy = await startProxy();
    const told = await send(proxy, body);
    expect(told).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(told.message).toContain(message);
    const packed = await send(proxy, gzipSync(body), { 'content-encoding': 'gzip' });
    expect(packed).toEqual(told);
  });
});

const many = `{"a":[${'[],'.repeat(MOST_ELEMENTS)}[]]}`;

describe('more values than are ever parsed', () => {
  test.each<[string, string, Record<string, string>]>([
    ['plain', many, {}],
    ['packed', many, { 'content-encoding': 'gzip' }],
    ['in what would be taken', callWith(many), { 'content-encoding': 'gzip' }],
  ])('%s', async (_name, body, headers) => {
    await using proxy = await startProxy();
    const sent = headers['content-encoding'] ? gzipSync(body) : body;
    const told = await send(proxy, sent, headers);
    expect(told).toMatchObject({ status: 413, type: 'request_too_large' });
    expect(told.message).toContain(`more than ${MOST_ELEMENTS} values`);
  });
});

describe('taken', () => {
  const asked = async (body: BodyInit, headers?: Record<string, string>) => {
    const bodies: string[] = [];
    const upstream: Fetch = async (_url, init) => {
      bodies.push(String(init.body));
      return Response.json(textChunk('Hi', 'STOP'));
    };
    await using proxy = await startProxy({ fetch: upstream });
    expect(await send(proxy, body, headers)).toMatchObject({ status: 200 });
    return JSON.parse(bodies[0] ?? '{}').contents;
  };

  test('a byte order mark, which is passed over', async () => {
    expect(await asked(bytes([0xef, 0xbb, 0xbf], bodyWith('"é"')))).toEqual([
      { role: 'user', parts: [{ text: 'é' }] },
    ]);
  });

  test('equal keys: the last one counts', async () => {
    const contents = await asked(bodyWith('"first","content":"last"'));
    expect(contents).toEqual([{ role: 'user', parts: [{ text: 'last' }] }]);
  });

  test('the largest double, and numbers that a double rounds to nothing', async () => {
    const contents = await asked(callWith('{"x":1.7976931348623157e308,"y":1e-400}'));
    expect(contents[1].parts[0].functionCall.args).toEqual({ x: Number.MAX_VALUE, y: 0 });
  });

  test('text that looks like a million values', async () => {
    const text = '[],'.repeat(MOST_ELEMENTS);
    expect((await asked(bodyWith(JSON.stringify(text))))[0].parts[0].text).toBe(text);
  });

  test('gzip of several members, whose end tells the length of the last alone', async () => {
    const [one, two] = [bodyWith('"a').slice(0, -3), `${'b'.repeat(100_000)}"}]}`];
    const packed = Buffer.concat([gzipSync(`${one}`), gzipSync(two)]);
    const contents = await asked(packed, { 'content-encoding': 'gzip' });
    expect(contents[0].parts[0].text).toEndWith('b'.repeat(1_000));
  });
});
