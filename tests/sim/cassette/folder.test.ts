import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { listRecording, readRecordedRequest } from '../../../src/sim/cassette/read.ts';
import { readStreamLines, writeStreamLines } from '../../../src/sim/cassette/stream-lines.ts';
import {
  END_KINDS,
  type Read,
  type RecordedRequest,
  SIDES,
  type UpstreamExchange,
} from '../../../src/sim/cassette/types.ts';
import { writeRecordedRequest } from '../../../src/sim/cassette/write.ts';

const folder = mkdtempSync(join(tmpdir(), 'cassette-'));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = (text: string) => new TextEncoder().encode(text);

const exchange: UpstreamExchange = {
  request: {
    method: 'POST',
    path: '/v1beta/models/gemini-4-argon:streamGenerateContent',
    query: 'alt=sse',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ contents: [], system: 'long '.repeat(400) }),
  },
  model: 'gemini-4-argon',
  head: { status: 200, statusText: 'OK', headers: { 'content-type': 'text/event-stream' }, ms: 12 },
  reads: [
    { ms: 3, bytes: bytes('\ufeffdata: {"a":"caf\r\n') },
    { ms: 0, bytes: Uint8Array.of(0xc3) },
  ],
  end: { ms: 7, kind: 'reset', side: 'upstream' },
  error: { message: 'the socket closed', code: 'ECONNRESET' },
  anomalies: ['truncated'],
  redactions: [{ kind: 'email', where: 'response.body', at: 4, length: 9 }],
};

const recorded: RecordedRequest = {
  origin: 'synthetic',
  recordedAt: '2026-01-02T03:04:05.000Z',
  caller: 'main',
  request: { method: 'POST', path: '/v1/messages', query: 'beta=true', headers: {}, body: '{"b":1,"a":[2]}' },
  answer: {
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    bytes: bytes('event: x\ndata: {}\n\n'),
    end: 'whole',
  },
  upstream: [exchange, { ...exchange, head: undefined, reads: [], anomalies: [] }],
  seed: 42,
  clockStart: 1_767_323_045_000,
  keyFingerprint: 'abcdefgh',
  signatures: [['g1:envelope', null], []],
  versions: { proxy: '0.1.0', sdk: '3.1.0', bun: '1.4.5' },
  redactions: [],
};

/** Writes it to a new folder, and reads it again. */
async function roundTrip(name: string, request: RecordedRequest) {
  const path = join(folder, name);
  await writeRecordedRequest(path, request);
  return { path, again: readRecordedRequest(path) };
}

const plain = (read: Read) => ({ ms: read.ms, bytes: [...read.bytes] });

/** Cuts `whole` at `cuts`. */
function split(whole: readonly number[], cuts: readonly number[]): Read[] {
  const edges = [
    0,
    ...[...cuts].map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b),
    whole.length,
  ];
  return edges.slice(1).map((edge, i) => ({ ms: i, bytes: Uint8Array.from(whole.slice(edges[i], edge)) }));
}

describe('a recorded request on disk', () => {
  test('comes back as it was', async () => {
    expect((await roundTrip('whole/001-main', recorded)).again).toEqual(recorded);
  });

  test('has the files of the format', async () => {
    const { path } = await roundTrip('files/001-main', recorded);
    expect(readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()).toEqual([
      'client-request.json',
      'expected.sse',
      'meta.json',
      'upstream',
      'upstream/01',
      'upstream/01/meta.json',
      'upstream/01/request.body',
      'upstream/01/request.json',
      'upstream/01/stream.jsonl',
      'upstream/02',
      'upstream/02/meta.json',
      'upstream/02/request.body',
      'upstream/02/request.json',
      'upstream/02/stream.jsonl',
    ]);
    const lines = readFileSync(join(path, 'upstream/01/stream.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines).toEqual([
      '[3,"r","\ufeffdata: {\\"a\\":\\"caf\\r\\n"]',
      '[0,"r","\\udcc3"]',
      '[7,"reset","upstream"]',
    ]);
  });

  test('is for its owner alone', async () => {
    const { path } = await roundTrip('modes/001-main', recorded);
    expect(statSync(join(path, 'meta.json')).mode & 0o777).toBe(0o600);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test('replaces what was there, and leaves no drafts', async () => {
    await roundTrip('twice/001-main', recorded);
    const { path, again } = await roundTrip('twice/001-main', { ...recorded, upstream: [] });
    expect(again.upstream).toEqual([]);
    expect(readdirSync(path)).not.toContain('upstream');
    expect(readdirSync(join(folder, 'twice')).sort()).toEqual(['001-main', 'blobs']);
  });

  test('random reads, split anywhere, come back byte for byte', async () => {
    const body = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(body, fc.array(fc.nat(60), { maxLength: 5 }), async (whole, cuts) => {
        const reads = split(whole, cuts);
        const { again } = await roundTrip('random/001-x', {
          ...recorded,
          upstream: [{ ...exchange, reads }],
        });
        expect(again.upstream[0]?.reads.map(plain)).toEqual(reads.map(plain));
      }),
      { numRuns: 50 },
    );
  });

  test('any body of a client comes back, JSON or not', async () => {
    const body = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.constantFrom(
        '',
        '{"a":1,"a":2}',
        '{ "a": 1 }',
        '12345678901234567890',
        '\ufeff{}',
        '{"1":0,"b":1,"a":2}',
        '⟦',
      ),
    );
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const request = { ...recorded.request, body: text };
        const upstream = [{ ...exchange, request: { ...exchange.request, body: text } }];
        const { again } = await roundTrip('bodies/001-x', { ...recorded, request, upstream });
        expect(again.request.body).toBe(text);
        expect(again.upstream[0]?.request.body).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  test('a recording lists its requests in order', async () => {
    for (const name of ['010-title', '002-main', '001-main', '1000-main']) {
      await writeRecordedRequest(join(folder, 'list', name), recorded);
    }
    expect(listRecording(join(folder, 'list')).map((path) => path.slice(path.lastIndexOf('/') + 1))).toEqual([
      '001-main',
      '002-main',
      '010-title',
      '1000-main',
    ]);
  });

  test('a folder that has lost its files is listed, so that whoever reads it is told', async () => {
    const { path } = await roundTrip('lost/001-main', recorded);
    rmSync(join(path, 'meta.json'));
    expect(listRecording(join(folder, 'lost'))).toEqual([path]);
    expect(() => readRecordedRequest(path)).toThrow(`${join(path, 'meta.json')}: is missing`);
  });

  test.each([
    ['a changed byte', 'upstream/01/stream.jsonl', (text: string) => text.replace('caf', 'cab'), 'SHA-256'],
    [
      'a missing end',
      'upstream/01/stream.jsonl',
      (text: string) => text.slice(0, text.lastIndexOf('[')),
      'last line',
    ],
    ['a changed answer', 'expected.sse', (text: string) => `${text}\n`, 'bytes, recorded were'],
    ['another format', 'meta.json', (text: string) => text.replace('"format": 1', '"format": 2'), '/format'],
    ['no JSON', 'client-request.json', () => '{', 'not JSON'],
  ])('%s is an error that names the file', async (name, file, change, problem) => {
    const { path } = await roundTrip(`bad-${name.replaceAll(' ', '-')}/001-main`, recorded);
    const target = join(path, file);
    writeFileSync(target, change(readFileSync(target, 'utf8')));
    expect(() => readRecordedRequest(path)).toThrow(problem);
    expect(() => readRecordedRequest(path)).toThrow(file.slice(file.lastIndexOf('/') + 1));
  });
});

describe('stream.jsonl', () => {
  test('every way to end comes back', () => {
    for (const kind of END_KINDS) {
      for (const side of SIDES) {
        const stream = { reads: [], end: { ms: 5, kind, side } };
        expect(readStreamLines(writeStreamLines(stream), 'f')).toEqual(stream);
      }
    }
  });

  test.each([
    ['{}', 'f:1'],
    ['[0,"x","y"]', 'unknown code "x"'],
    ['[0,"eof","nobody"]', 'unknown side "nobody"'],
    ['[0,"eof","upstream"]\n[0,"r","late"]', 'f:2'],
    ['[0,"r","\\ud800"]', 'lone surrogate'],
  ])('%s is refused', (text, problem) => {
    expect(() => readStreamLines(text, 'f')).toThrow(problem);
  });
});
