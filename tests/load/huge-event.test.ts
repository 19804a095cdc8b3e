/** An upstream that does not stop: an event beyond 16 MB is an error like other broken events, and upstream is left. */
import { describe, expect, test } from 'bun:test';
import { endless, type Measured, measured, sse } from '../support/google/load-upstream.ts';
import { serveUpstream } from '../support/google/upstream.ts';
import { eventNames, hello, startProxy, textChunk } from '../support/proxy.ts';

const MB = 1024 * 1024;
/**
 * Bytes sent besides the event: what sockets buffer, and what a sender in this process sends while the reader has no
 * turn. A proxy that does not leave would take any amount.
 */
const BUFFERS = 64 * MB;
const MODES = [true, false];

const piece = 'x'.repeat(64 * 1024);
const thought = sse({ candidates: [{ content: { parts: [{ text: 'Hm', thought: true }] } }] });
const begun = 'data: {"candidates":[{"content":{"parts":[{"text":"';
const bytes = (text: string) => new TextEncoder().encode(text);

/** Never the end of a line, of an object or of an event. */
const SHAPES: [name: string, body: () => Measured][] = [
  ['one line', () => measured(endless(piece, bytes(begun)))],
  ['a comment', () => measured(endless(piece, bytes(': ')))],
  ['an object of many lines', () => measured(endless(`data: ${piece}\n`, bytes(`${begun}\n`)))],
  ['an object of many events', () => measured(endless(`data: ${piece}\r\n\r\n`, bytes(`${begun}\r\n\r\n`)))],
  ['bare JSON', () => measured(endless(`${piece}\n`, bytes('{"candidates": [\n')))],
  ['thoughts before it', () => measured(endless(piece, thought, bytes(begun)))],
];

/** Sends `body` to the first request, and a good answer to the next one. */
function upstreamOf(body: () => Measured) {
  const sent: Measured[] = [];
  const server = serveUpstream(() => {
    sent.push(body());
    return (sent.length === 1 && sent[0]?.response) || whole();
  });
  return { sent, env: envOf(server.url), [Symbol.dispose]: () => server[Symbol.dispose]() };
}

const envOf = (url: string) => ({
  BACKEND: 'gemini',
  GEMINI_API_KEY: 'key-of-a-test',
  GOOGLE_GEMINI_BASE_URL: url,
});
const whole = () => Response.json(textChunk('All of it', 'STOP'));

async function wasLeft(body: Measured | undefined): Promise<void> {
  expect(await body?.over).toBe('left');
  expect(body?.taken()).toBeLessThan(16 * MB + BUFFERS);
}

describe('before content', () => {
  test.each(SHAPES)('%s without end: upstream is left, and asked once more', async (_name, body) => {
    using upstream = upstreamOf(body);
    await using proxy = await startProxy({ env: upstream.env });
    const response = await proxy.send('/v1/messages', { ...hello, stream: true });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('All of it');
    expect(upstream.sent).toHaveLength(2);
    await wasLeft(upstream.sent[0]);
  });

  test('the same for a whole answer, after content as well', async () => {
    using upstream = upstreamOf(() => measured(endless(piece, sse(textChunk('Half of ')), bytes(begun))));
    await using proxy = await startProxy({ env: upstream.env });
    const response = await proxy.send('/v1/messages', hello);
    expect(await response.json()).toMatchObject({ content: [{ type: 'text', text: 'All of it' }] });
    await wasLeft(upstream.sent[0]);
  });

  test.each(MODES)('every time: overloaded_error, and a status (stream: %p)', async (stream) => {
    using server = serveUpstream(() => measured(endless(piece, bytes(begun))).response);
    const once = { MAX_RETRIES: '0', MAX_STREAMING_RETRIES: '0' };
    await using proxy = await startProxy({ env: { ...envOf(server.url), ...once } });
    const response = await proxy.send('/v1/messages', { ...hello, stream });
    const text = await response.text();
    expect([response.status, JSON.parse(text).error.type]).toEqual([529, 'overloaded_error']);
    expect(text).toContain('16 MB');
  });
});

describe('after content', () => {
  test('an error event ends the stream, and upstream is left', async () => {
    using upstream = upstreamOf(() => measured(endless(piece, sse(textChunk('Half of ')), bytes(begun))));
    await using proxy = await startProxy({ env: upstream.env });
    const text = await (await proxy.send('/v1/messages', { ...hello, stream: true })).text();
    expect(text).toContain('Half of ');
    expect(eventNames(text).at(-1)).toBe('error');
    expect(text).toContain('"type":"overloaded_error"');
    expect(upstream.sent).toHaveLength(1);
    await wasLeft(upstream.sent[0]);
  });
});

describe('bodies that are not streams', () => {
  const refusal = () => measured(endless(piece, bytes('{"error": {"message": "')), 400);

  test('an error object without end: its status is told, and upstream is left', async () => {
    using upstream = upstreamOf(refusal);
    await using proxy = await startProxy({ env: upstream.env });
    const response = await proxy.send('/v1/messages', hello);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { message: string } };
    expect(error.message.length).toBeLessThanOrEqual(2_048);
    await wasLeft(upstream.sent[0]);
  });

  test('a count without end: it is estimated, and upstream is left', async () => {
    using upstream = upstreamOf(() => measured(endless(piece, bytes('{"totalTokens": '))));
    await using proxy = await startProxy({ env: upstream.env });
    const response = await proxy.send('/v1/messages/count_tokens', hello);
    expect(await response.json()).toEqual({ input_tokens: expect.any(Number) });
    await wasLeft(upstream.sent[0]);
  });
});
