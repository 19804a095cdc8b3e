import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import {
  listRecording,
  readAsItLies,
  readEach,
  readRecordedRequest,
} from '../../../src/sim/cassette/read.ts';
import { readStreamLines, writeStreamLines } from '../../../src/sim/cassette/stream-lines.ts';
import {
  END_KINDS,
  type Read,
  type RecordedRequest,
  SIDES,
  type UpstreamExchange,
} from '../../../src/sim/cassette/types.ts';
import { writeRecordedRequest } from '../../../src/sim/cassette/write.ts';
import { DAMAGES, edit, HARMLESS } from '../../support/damages.ts';

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

/** A request with a text that is long enough to be a blob. */
const needing = (letter: string): RecordedRequest => ({
  ...recorded,
  request: { ...recorded.request, body: JSON.stringify({ system: letter.repeat(2_000) }) },
  upstream: [{ ...exchange, reads: [{ ms: 3, bytes: bytes('data: {"finishReason":"STOP"}') }] }],
});

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

  describe.each([...DAMAGES])('$what', ({ damage, told }) => {
    const two = async () => {
      const recording = join(folder, Bun.randomUUIDv7());
      const { path } = await roundTrip(`${basename(recording)}/001-main`, needing('first'));
      await roundTrip(`${basename(recording)}/002-main`, needing('second'));
      damage(path);
      return { recording, path };
    };

    test('is an error that names the file, and what to do', async () => {
      const { path } = await two();
      expect(() => readRecordedRequest(path)).toThrow(told);
    });

    test('costs one of the requests', async () => {
      const { recording } = await two();
      expect(readEach(recording)).toEqual([
        { name: '001-main', folder: join(recording, '001-main'), problem: expect.stringMatching(told) },
        { name: '002-main', folder: join(recording, '002-main'), recorded: needing('second') },
      ]);
    });
  });

  test.each([...HARMLESS])('$what is no edit', async ({ change }) => {
    const recording = join(folder, Bun.randomUUIDv7());
    const { path } = await roundTrip(`${basename(recording)}/001-main`, needing('text'));
    change(path);
    expect(readAsItLies(path)).toEqual({ recorded: needing('text'), edits: [] });
    expect(readEach(recording).map(({ name }) => name)).toEqual(['001-main']);
  });

  test.each([
    ['upstream/01/stream.jsonl', 'said', '{', '{ '],
    ['upstream/01/stream.jsonl', 'said', '[3,', '[900,'],
    ['upstream/01/stream.jsonl', 'said', '[7,"reset","upstream"]', '[7,"eof","upstream"]'],
    ['upstream/01/stream.jsonl', 'said', '[7,"reset"', '[70,"reset"'],
    ['upstream/01/meta.json', 'said', '"status": 200', '"status": 503'],
    ['upstream/01/meta.json', 'said', 'text/event-stream', 'application/json'],
    ['upstream/01/meta.json', 'said', 'the socket closed', 'the line was cut'],
    ['upstream/02/meta.json', 'said', 'ECONNRESET', 'ECONNREFUSED'],
    ['expected.sse', 'expected', '{', '{ '],
  ] as const)(
    'an edited %s can be read for a person to accept (%s: %s → %s)',
    async (file, kind, from, to) => {
      const { path } = await roundTrip(`${Bun.randomUUIDv7()}/001-main`, recorded);
      edit(path, file, (text) => text.replace(from, to));
      expect(readAsItLies(path).edits).toEqual([{ file, kind }]);
    },
  );

  test('an edited long text can be read, too', async () => {
    const { path } = await roundTrip(`${Bun.randomUUIDv7()}/001-main`, needing('a'));
    const blobs = join(path, '../blobs');
    for (const blob of readdirSync(blobs)) edit(blobs, blob, (text) => text.replaceAll('a', 'b'));
    const { recorded: now, edits } = readAsItLies(path);
    expect(now.request).toEqual(needing('b').request);
    expect(new Set(edits.map(({ kind }) => kind))).toEqual(new Set(['asked', 'piece']));
  });

  test('an exchange that is missing before another one is told', async () => {
    const { path } = await roundTrip(`${Bun.randomUUIDv7()}/001-main`, recorded);
    rmSync(join(path, 'upstream/01'), { recursive: true });
    expect(() => readRecordedRequest(path)).toThrow('upstream/01: is missing');
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
