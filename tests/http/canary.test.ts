/** A secret anywhere in an exchange is in no file of the recording, and in no line of the log. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { listRecording } from '../../src/sim/cassette/read.ts';
import { GEMINI_KEY, hello, startProxy, textChunk } from '../support/proxy.ts';

const root = mkdtempSync(join(tmpdir(), 'canary-'));
afterAll(() => rmSync(root, { recursive: true }));

/** The client's own credential; the proxy sees it only in this request. */
const CLIENT_KEY = 'client-canary-0a1b2c3d4e';

const WRITINGS: Record<string, (secret: string) => string> = {
  raw: (secret) => secret,
  percent: (secret) => [...secret].map((char) => `%${char.charCodeAt(0).toString(16)}`).join(''),
  base64: (secret) => Buffer.from(secret).toString('base64'),
  'base64, behind something': (secret) => Buffer.from(`k=${secret};`).toString('base64'),
  base64url: (secret) => Buffer.from(`k${secret}`).toString('base64url'),
};

/** The places where a client or upstream may put it. */
const PLACES = [
  'allowed header',
  'other header',
  'query',
  'allowed query',
  'body text',
  'body key',
  'broken body',
  'answer text',
  'answer header',
  'answer status',
  'error body',
  'network error',
] as const;
type Place = (typeof PLACES)[number];

function upstreamResponse(place: Place, written: string, cuts: readonly number[]): Response {
  if (place === 'network error') throw new Error(`cannot reach https://host/?key=${written}`);
  if (place === 'error body')
    return Response.json({ error: { code: 400, message: written } }, { status: 400 });
  const text = `data: ${JSON.stringify(textChunk(place === 'answer text' ? `é ${written}` : 'fine', 'STOP'))}\r\n\r\n`;
  const bytes = new TextEncoder().encode(text);
  const edges = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const [i, edge] of edges.entries()) {
        const piece = bytes.slice(edges[i - 1] ?? 0, edge);
        if (piece.length > 0) controller.enqueue(piece);
      }
      controller.close();
    },
  });
  const odd = (is: Place) => (place === is ? written : 'fine');
  const headers = {
    'content-type': 'text/event-stream',
    server: odd('answer header'),
    'x-odd': odd('answer header'),
  };
  return new Response(body, { statusText: place === 'answer status' ? written : 'OK', headers });
}

function clientBody(place: Place, written: string): string {
  if (place === 'broken body') return `{"messages": "${written}`;
  const text = place === 'body text' ? `say ${written}` : 'hello';
  const extra = place === 'body key' ? { [written]: written } : {};
  return JSON.stringify({ ...hello, ...extra, messages: [{ role: 'user', content: text }] });
}

/** Records one request with the secret in `place`; returns everything that was kept. */
async function record(
  folder: string,
  place: Place,
  written: string,
  stream: boolean,
  cuts: readonly number[],
) {
  await using proxy = await startProxy({
    fetch: async () => upstreamResponse(place, written, cuts),
    env: { RECORD: folder, MAX_RETRIES: '0', MAX_STREAMING_RETRIES: '0' },
  });
  const query = { query: `?key=${written}`, 'allowed query': `?beta=${written}` }[place as string] ?? '';
  const body = clientBody(place, written);
  const response = await fetch(`${proxy.url}/v1/messages${query}`, {
    method: 'POST',
    headers: {
      'anthropic-version': '2023-06-01',
      'x-api-key': CLIENT_KEY,
      ...(place === 'allowed header' ? { 'x-app': written, 'user-agent': `claude-cli/${written}` } : {}),
      ...(place === 'other header' ? { 'x-other': written, cookie: written } : {}),
    },
    body: stream && place !== 'broken body' ? JSON.stringify({ ...JSON.parse(body), stream: true }) : body,
  });
  await response.text();
  return proxy.lines;
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'utf8')]);

describe('a canary', () => {
  let run = 0;
  const secret = fc.constantFrom(GEMINI_KEY, CLIENT_KEY);
  const writing = fc.constantFrom(...Object.keys(WRITINGS));
  const cuts = fc.array(fc.nat(400), { maxLength: 6 });

  test.each(PLACES)('in %s', async (place) => {
    await fc.assert(
      fc.asyncProperty(secret, writing, fc.boolean(), cuts, async (key, way, stream, at) => {
        const written = WRITINGS[way]?.(key) ?? key;
        const folder = join(root, String(run++));
        const lines = await record(folder, place, written, stream, at);
        expect(listRecording(folder)).toHaveLength(1);
        const kept = [...filesIn(folder), ...(key === GEMINI_KEY ? [JSON.stringify(lines)] : [])];
        for (const text of kept) {
          expect(text).not.toContain(written);
          expect(text).not.toContain(key);
        }
      }),
      { numRuns: 12 },
    );
  });
});
