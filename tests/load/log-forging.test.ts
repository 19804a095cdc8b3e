/**
 * What clients and upstream send cannot write a line of its own into the log, control a terminal or fill a disk. The
 * test reads the output of a real process, byte by byte.
 */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRaw } from '../support/clients/raw-client.ts';
import { until } from '../support/google/held-upstream.ts';
import { sse } from '../support/google/load-upstream.ts';
import { serveUpstream } from '../support/google/upstream.ts';
import { type ProxyProcess, startProxy } from '../support/programs/proxy-process.ts';
import { hello, textChunk } from '../support/proxy.ts';

const FORGED = '{"level":"info","msg":"FORGED"}';
const NASTY = `x\r\n${FORGED}\r${FORGED}\u2028${FORGED}\u2029\u0085\u001b[2J\u001b]0;title\u0007\u009b31m\u0000`;
const MEGABYTE = 'm'.repeat(1_000_000);
/** Characters of any line. */
const LONGEST = 10_000;
/** Everything that ends a line somewhere, or that controls a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/;

const folder = mkdtempSync(join(tmpdir(), 'forging-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The ways by which upstream's words get into a log or an error. */
const REPLIES: Record<string, (text: string) => Response> = {
  'an error message': (text) =>
    Response.json({ error: { code: 400, message: text, status: text } }, { status: 400 }),
  'an error page': (text) => new Response(text, { status: 400, headers: { 'content-type': 'text/plain' } }),
  'an error in the stream': (text) => stream({ error: { code: 400, message: text, status: text } }),
  'a finish message': (text) =>
    stream({ candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: text }] }),
  'a finish reason': (text) =>
    stream({ candidates: [{ content: { parts: [{ text: 'a' }] }, finishReason: text }] }),
  'an unknown event': (text) => stream({ [text]: text }, textChunk('a', 'STOP')),
  'a broken event': (text) => new Response(`data: {${text.replace(/[\r\n]/g, '')}\r\n\r\n`, EVENTS),
};
const EVENTS = { headers: { 'content-type': 'text/event-stream' } };
const stream = (...chunks: object[]) => new Response(Buffer.concat(chunks.map(sse)), EVENTS);

type Ask = (proxy: ProxyProcess, text: string) => Promise<unknown>;

const post = (proxy: ProxyProcess, path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${proxy.url}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'anthropic-version': '2023-06-01', ...headers },
  }).then((response) => response.text());

/** Raw bytes, as far as Bun lets them pass; it refuses others by itself. */
async function raw(proxy: ProxyProcess, text: string): Promise<void> {
  const client = await openRaw(Number(new URL(proxy.url).port));
  client.write(text);
  await client.answers(1);
  client.socket.destroy();
}

const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
/** Without characters that end a head at once; those are also tried one by one. */
const inHeader = (text: string) => bytes(text.replace(/[\r\n\0]/g, '')).slice(0, 10_000);
const HEADERS = [
  'user-agent',
  'anthropic-beta',
  'x-claude-code-session-id',
  'x-claude-code-agent-id',
  'x-api-key',
];

/** A client's ways. */
const ASKS: Record<string, Ask> = {
  model: (proxy, text) => post(proxy, '/v1/messages', { ...hello, model: text }),
  'a model of ours': (proxy, text) => post(proxy, '/v1/messages', { ...hello, model: `claude-${text}` }),
  'the name of a tool': (proxy, text) =>
    post(proxy, '/v1/messages', { ...hello, tools: [{ name: text, input_schema: { type: text } }] }),
  'a field': (proxy, text) => post(proxy, '/v1/messages', { ...hello, [text]: { [text]: text } }),
  'a type': (proxy, text) =>
    post(proxy, '/v1/messages', {
      ...hello,
      messages: [{ role: 'user', content: [{ type: text, [text]: 1 }] }],
    }),
  metadata: (proxy, text) => post(proxy, '/v1/messages', { ...hello, metadata: { user_id: text } }),
  'broken JSON': (proxy, text) =>
    fetch(`${proxy.url}/v1/messages`, {
      method: 'POST',
      body: `{${text}`,
      headers: { 'anthropic-version': '2023-06-01' },
    }).then((response) => response.text()),
  path: (proxy, text) => fetch(`${proxy.url}/${encodeURIComponent(text).slice(0, 12_000)}`),
  'raw path': (proxy, text) =>
    raw(
      proxy,
      `GET /${bytes(text)
        .replace(/[\r\n\0 ]/g, '')
        .slice(0, 10_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
    ),
  query: (proxy, text) => fetch(`${proxy.url}/livez?${encodeURIComponent(text).slice(0, 12_000)}`),
  version: (proxy, text) =>
    raw(
      proxy,
      `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nanthropic-version: ${inHeader(text)}\r\ncontent-length: 2\r\n\r\n{}`,
    ),
  host: (proxy, text) => raw(proxy, `GET / HTTP/1.1\r\nhost: ${inHeader(text)}\r\n\r\n`),
  origin: (proxy, text) =>
    raw(proxy, `GET / HTTP/1.1\r\nhost: localhost\r\norigin: http://${inHeader(text)}\r\n\r\n`),
  encoding: (proxy, text) =>
    raw(
      proxy,
      `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-encoding: ${inHeader(text)}\r\nanthropic-version: 2023-06-01\r\ncontent-length: 2\r\n\r\n{}`,
    ),
  ...Object.fromEntries(
    HEADERS.map((name): [string, Ask] => [
      name,
      (proxy, text) =>
        raw(proxy, `GET /v1/models HTTP/1.1\r\nhost: localhost\r\n${name}: ${inHeader(text)}\r\n\r\n`),
    ]),
  ),
};

/** One character at a time: several together would be refused too early. */
const TEXTS = [
  NASTY,
  ...['\u001b[2J', '\u0085', '\u009b31m', '\u2028', '\u0007', '\u007f'].map((c) => `${c}${FORGED}`),
  MEGABYTE,
];

const TIMEOUT_MS = 30_000;

describe.each(['json', 'pretty'])('%s', (format) => {
  test(
    'one event, one line, whatever is in it',
    async () => {
      let reply: Response | undefined;
      using upstream = serveUpstream(() => reply?.clone() ?? stream(textChunk('Hi', 'STOP')));
      const proxy = await startProxy({
        folder,
        env: {
          BACKEND: 'gemini',
          GEMINI_API_KEY: 'key-of-a-test',
          GOOGLE_GEMINI_BASE_URL: upstream.url,
          LOG_FORMAT: format,
          MAX_STREAMING_RETRIES: '0',
          MAX_RETRIES: '0',
        },
      });
      for (const text of TEXTS) {
        for (const ask of Object.values(ASKS)) await ask(proxy, text);
      }
      for (const text of TEXTS) {
        for (const make of Object.values(REPLIES)) {
          reply = make(text);
          await post(proxy, '/v1/messages', { ...hello, stream: true });
        }
      }
      await fetch(`${proxy.url}/sentinel`);
      await until(() => /GET \/sentinel +404/.test(proxy.output()));
      const lines = proxy
        .output()
        .split('\n')
        .filter((line) => line !== '');
      await proxy.crash();

      const began = lines.findIndex((line) =>
        line.includes(format === 'json' ? '"msg":"listening"' : 'connect '),
      );
      const told = lines.slice(began + 1);
      expect(told.length).toBeGreaterThan(TEXTS.length * Object.keys(REPLIES).length);
      const form =
        format === 'json'
          ? /^\{"level":"\w+","time":"\d{4}-.*\}$/
          : // What belongs to the line above stands under it, indented.
            /^(?:\[\d\d:\d\d:\d\d\] [A-Z]+(?: <[\w-]+>)?: | {4}\S)/;
      expect(told.filter((line) => !form.test(line))).toEqual([]);
      expect(told.filter((line) => CONTROLS.test(line))).toEqual([]);
      expect(told.filter((line) => line.length > LONGEST)).toEqual([]);
      if (format === 'json') {
        const messages = told.map((line) => JSON.parse(line).msg);
        expect(messages.filter((message) => message === 'FORGED' || message === undefined)).toEqual([]);
      }
    },
    TIMEOUT_MS,
  );
});
