/** A Google with a Files API that answers everything, for the tests of media that are too large for a request. */
import type { Clock } from '../../../src/lib/ports.ts';
import { createSeededRandom, type Fetch, systemClock } from '../../../src/lib/ports.ts';
import { GoogleFiles } from '../../../src/sim/mock/google-files.ts';
import { googleStream, hello, type ProxyOptions, startProxy, textChunk } from '../proxy.ts';
import { MB } from '../talks/files.ts';

type Part = Record<string, unknown> & {
  text?: string;
  inlineData?: { mimeType: string; data: string };
  fileData?: { mimeType: string; fileUri: string };
};
export type SentBody = { contents: { role: string; parts: Part[] }[] };

export type Call = {
  /** `start`, `piece`, `look`, `generate` or `count`. */
  what: string;
  key: string;
  bytes: number;
  headers: Headers;
  url: URL;
};

/** Answers a call in place of Google; undefined leaves it to Google. `nth` counts the calls of the same kind, from 0. */
export type Instead = (
  call: Call,
  nth: number,
  init: RequestInit,
) => Response | Promise<Response> | undefined;

const kindOf = (url: URL, headers: Headers): string => {
  if (url.pathname.startsWith('/upload/'))
    return headers.get('x-goog-upload-command') === 'start' ? 'start' : 'piece';
  if (url.pathname.includes('/files/')) return 'look';
  return url.pathname.endsWith(':countTokens') ? 'count' : 'generate';
};

const sizeOf = (body: unknown): number => {
  if (body instanceof Uint8Array) return body.byteLength;
  return typeof body === 'string' ? Buffer.byteLength(body) : 0;
};

export function filesGoogle(instead: Instead = () => undefined, clock: Clock = systemClock) {
  const files = new GoogleFiles(clock, createSeededRandom(7));
  const calls: Call[] = [];
  const bodies: SentBody[] = [];
  const fetch: Fetch = async (given, init) => {
    const url = new URL(given);
    const headers = new Headers(init.headers);
    const what = kindOf(url, headers);
    const call = { what, key: headers.get('x-goog-api-key') ?? '', bytes: sizeOf(init.body), headers, url };
    const nth = calls.filter((one) => one.what === what).length;
    calls.push(call);
    if (what === 'generate') bodies.push(JSON.parse(String(init.body)));
    const other = await instead(call, nth, init);
    if (other) return other;
    const ofFiles = await files.answer(url, init);
    if (ofFiles) return ofFiles;
    const refusal = files.refusal(JSON.parse(String(init.body)), init);
    if (refusal) return Response.json({ error: refusal }, { status: refusal.code ?? 400 });
    return what === 'count' ? Response.json({ totalTokens: 7 }) : googleStream(textChunk('Seen.', 'STOP'));
  };
  return {
    fetch,
    calls,
    /** The kinds of all calls, in order. */
    kinds: () => calls.map(({ what }) => what),
    count: (what: string) => calls.filter((call) => call.what === what).length,
    /** The bodies of the requests for answers. */
    bodies,
  };
}

/** Bytes that begin like a file of this kind. `seed` makes them unlike others of the same size. */
export function bytesLike(kind: 'png' | 'pdf' | 'gif' | 'text', size: number, seed = 1): Buffer {
  const head = { png: '\x89PNG\r\n\x1a\n', pdf: '%PDF-1.7\n', gif: 'GIF89a', text: 'words ' }[kind];
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(size - head.length, 64 + seed)]);
}

/** A twentieth of what a request may have: sixty-four times less than at Google. */
export const UNIT = MB / 64;

export async function proxyWith(instead?: Instead, options: Partial<ProxyOptions> = {}) {
  const google = filesGoogle(instead, options.clock);
  const proxy = await startProxy({ fetch: google.fetch, requestBytes: 20 * UNIT, ...options });
  return { proxy, google };
}

export const image = (bytes: Buffer) => ({
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: bytes.toString('base64') },
});
export const pdf = (bytes: Buffer) => ({
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data: bytes.toString('base64') },
});
export const ofFile = (type: string, id: string) => ({ type, source: { type: 'file', file_id: id } });
export const asking = (...content: object[]) => ({
  ...hello,
  stream: true,
  messages: [{ role: 'user', content: [...content, { type: 'text', text: 'what is it' }] }],
});
/** A request that is too large by its one picture. */
export const LARGE = asking(image(bytesLike('png', 16 * UNIT)));
