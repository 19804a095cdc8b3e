/** What is blotted out of a recording, and that the writer's thread does the same as the writer. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecordedRequest } from '../../../src/sim/cassette/read.ts';
import type { RawRequest } from '../../../src/sim/record/raw.ts';
import { ThreadedWriter } from '../../../src/sim/record/threaded-writer.ts';
import { createWriter, type WriterOptions } from '../../../src/sim/record/writer.ts';
import { filesIn } from '../../support/files-in.ts';
import { DUMPS } from '../../support/made/dumps.ts';

const root = mkdtempSync(join(tmpdir(), 'writer-'));
afterAll(() => rmSync(root, { recursive: true }));

const KEY = 'AIzaSyD-canary_0123456789abcdefghijklmno';
const OPTIONS: WriterOptions = {
  secrets: [KEY],
  patterns: ['ACME-\\d+'],
  wire: { requestHeaders: ['content-type'], responseHeaders: ['content-type'], query: [] },
};

const bytes = (text: string) => new TextEncoder().encode(text);

const rawWith = (text: string): RawRequest => ({
  facts: {
    origin: 'synthetic',
    recordedAt: '2026-01-01T00:00:00.000Z',
    clockStart: 0,
    seed: 1,
    versions: { proxy: '0', sdk: '0', bun: '0' },
  },
  caller: 'main',
  keyFingerprint: 'k',
  request: {
    method: 'POST',
    url: 'http://localhost/v1/x',
    path: '/v1/x',
    headers: [
      ['content-type', 'application/json'],
      ['x-api-key', 'the-key-of-the-client'],
    ],
    body: bytes(JSON.stringify({ text, carried: 'the-key-of-the-client' })),
  },
  answer: {
    status: 200,
    headers: [['content-type', 'application/json']],
    reads: [{ ms: 0, bytes: bytes(JSON.stringify({ text: 'see ACME-12' })) }],
    isTruncated: false,
    end: 'whole',
  },
  exchanges: [
    {
      request: {
        url: 'https://google.test/v1beta/models/gemini-4-argon:generateContent',
        method: 'POST',
        headers: [['x-goog-api-key', 'another-canary-key-0123']],
        body: JSON.stringify({ text }),
      },
      head: { status: 200, statusText: 'OK', headers: [], ms: 1 },
      reads: [{ ms: 2, bytes: bytes('{"text":"another-canary-key-0123"}') }],
      isTruncated: false,
      end: { ms: 3, kind: 'eof', side: 'upstream' },
      error: undefined,
    },
  ],
  signatures: [],
  fetched: [
    [
      { mimeType: 'text/plain', data: Buffer.from(`see ${KEY}`).toString('base64') },
      { problem: `no ${KEY} there` },
    ],
  ],
  uploads: [
    { uris: [`https://google.test/files/${KEY}`, null] },
    { failed: { kind: 'status', message: `no ${KEY}`, status: 403, google: { message: `no ${KEY}` } } },
  ],
  promptTold: undefined,
});

describe('a writer', () => {
  test('keeps nothing of a key, wherever it stands: what was read from a URL, too', async () => {
    const folder = join(root, 'here');
    await createWriter(OPTIONS).write(join(folder, '001-main'), rawWith(KEY));
    const text = JSON.stringify(filesIn(folder));
    const hidden = [KEY.slice(4, 16), Buffer.from(KEY).toString('base64').slice(4, 16), 'ACME-12'];
    for (const part of [...hidden, 'another-canary', 'the-key-of']) expect(text).not.toContain(part);
    const { fetched } = readRecordedRequest(join(folder, '001-main'));
    expect(
      fetched?.[0]?.map((file) => ('data' in file ? file.data.length : JSON.stringify(file).length)),
    ).toEqual([
      Buffer.from(`see ${KEY}`).toString('base64').length,
      JSON.stringify({ problem: `no ${KEY} there` }).length,
    ]);
  });

  test('in a thread of its own writes the same, and says the same', async () => {
    const writer = new ThreadedWriter(OPTIONS);
    const raw = rawWith(DUMPS['xxd']?.(bytes(`A=${KEY}`)) ?? '');
    const there = await writer.write(join(root, 'there', '001-main'), raw);
    const here = await createWriter(OPTIONS).write(join(root, 'also', '001-main'), raw);
    expect(there).toEqual(here);
    expect(filesIn(join(root, 'there'))).toEqual(filesIn(join(root, 'also')));
    expect(await writer.write(join(root, 'there', '001-main'), raw)).toEqual({ kind: 'taken' });
    writer.close();
  });

  test('lets the event loop go on meanwhile', async () => {
    const writer = new ThreadedWriter(OPTIONS);
    const line = '00000000: 2320 6b65 7973 0a47 454d 494e 495f 4150  # keys.GEMINI_AP\n';
    let turns = 0;
    let isWritten = false;
    const count = () => {
      turns++;
      if (!isWritten) setImmediate(count);
    };
    setImmediate(count);
    await writer.write(join(root, 'large', '001-main'), rawWith(line.repeat(8_000)));
    isWritten = true;
    writer.close();
    // In this thread it would take one turn for each await.
    expect(turns).toBeGreaterThan(1_000);
  });

  test('whose thread has died says so, for each request', async () => {
    const writer = new ThreadedWriter({ ...OPTIONS, patterns: ['('] });
    for (const name of ['001-main', '002-main']) {
      const written = writer.write(join(root, 'dead', name), rawWith('x'));
      expect(await written.catch((error: Error) => error.message)).toContain('"(" without its ")"');
    }
    writer.close();
  });
});
