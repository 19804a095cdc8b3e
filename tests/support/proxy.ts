/** The proxy inside this process, on a real port, with a network and a clock of the test's own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UrlFetchPorts } from '../../src/answer/media/guarded-fetch.ts';
import type { ToPng } from '../../src/answer/media/picture-converter.ts';
import { compose } from '../../src/compose/compose.ts';
import { readConfig, secretsOf } from '../../src/config/config.ts';
import { createLogger } from '../../src/lib/log.ts';
import { type Clock, createSeededRandom, type Fetch, type Ids, systemClock } from '../../src/lib/ports.ts';
import type { TraceEvent } from '../../src/trace/events.ts';
import type { Listener } from '../../src/trace/trace.ts';

export type ProxyOptions = {
  env?: Readonly<Record<string, string>>;
  /** Google, for a proxy with a key; without it the mock answers. */
  fetch?: Fetch;
  clock?: Clock;
  /** Reads media by URL. */
  urlFetch?: UrlFetchPorts;
  /** What decodes pictures. */
  toPng?: ToPng;
  /** The most bytes of a request to Google. */
  requestBytes?: number;
  /** Of requests, answers and calls; by default drawn from a seed. */
  ids?: Ids;
  /** Hears the story of each request, beside `story`. */
  listener?: Listener;
};

/** Sends like an ordinary client: JSON, with a known version. */
export type Send = (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>;

export const GEMINI_KEY = 'AIza-canary-key-0123456789';

export async function startProxy(options: ProxyOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'proxy-'));
  const lines: Record<string, unknown>[] = [];
  const story: TraceEvent[] = [];
  const requests = { received: 0, ended: 0, ids: [] as string[] };
  const env = options.fetch ? { GEMINI_API_KEY: GEMINI_KEY } : { BACKEND: 'mock' };
  const settings = { ...env, PORT: '0', DATA_DIR: folder, LOG_LEVEL: 'DEBUG', ...options.env };
  const config = readConfig(settings, []);
  const write = (line: string) => void lines.push(JSON.parse(line));
  const system = compose(config, {
    clock: options.clock ?? systemClock,
    recordings: join(folder, 'recordings'),
    random: createSeededRandom(1),
    logger: await createLogger({
      level: config.log.level,
      format: 'json',
      write,
      secrets: secretsOf(config),
    }),
    subscribers: [
      (id) => {
        requests.ids.push(id);
        return (event) => {
          story.push(event);
          if (event.type === 'received') requests.received++;
          if (event.type === 'end') requests.ended++;
        };
      },
      () => options.listener ?? (() => {}),
    ],
    ...(options.fetch ? { fetch: options.fetch } : {}),
    ...(options.urlFetch ? { urlFetch: options.urlFetch } : {}),
    ...(options.toPng ? { toPng: options.toPng } : {}),
    ...(options.requestBytes === undefined ? {} : { requestBytes: options.requestBytes }),
    ...(options.ids ? { ids: options.ids } : {}),
  });
  const listening = system.listen();
  const send: Send = (path, body, headers = {}) =>
    fetch(`${listening.url}${path}`, {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      headers: { 'anthropic-version': '2023-06-01', 'content-type': 'application/json', ...headers },
    });
  return {
    ...listening,
    /** The DATA_DIR, unless the test names another. */
    folder,
    /** The log so far. */
    lines,
    /** How many requests have come so far, how many of them have ended, and their ids in the order in which they came. */
    requests,
    /** What was told so far of requests; and what of one kind. */
    story: () => [...story],
    told: <Type extends TraceEvent['type']>(type: Type) =>
      story.filter((event): event is Extract<TraceEvent, { type: Type }> => event.type === type),
    send,
    refreshModels: () => system.refreshModels(),
    warnOfNoUpstream: () => system.warnOfNoUpstream(),
    /** Changes settings while serving; those that are not named stay. Throws a ConfigError. */
    reload: (changed: Readonly<Record<string, string>>) =>
      system.reload(readConfig({ ...settings, ...changed }, [])),
    async [Symbol.asyncDispose]() {
      await listening.close(0);
      await system.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type TestProxy = Awaited<ReturnType<typeof startProxy>>;

export const hello = {
  model: 'claude-opus-5-5',
  max_tokens: 64,
  messages: [{ role: 'user', content: 'hello' }],
};

/** Google's answer as an event stream of `chunks`. */
export function googleStream(...chunks: object[]): Response {
  const text = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('');
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
}

export const textChunk = (text: string, finishReason?: string) => ({
  candidates: [
    { index: 0, content: { role: 'model', parts: [{ text }] }, ...(finishReason ? { finishReason } : {}) },
  ],
  usageMetadata: { promptTokenCount: 30, cachedContentTokenCount: 10, candidatesTokenCount: 4 },
});

export const googleError = (code: number, status: string, message: string): Response =>
  Response.json({ error: { code, message, status } }, { status: code });

/** The names of the events in a stream, in order. */
export const eventNames = (text: string): string[] =>
  [...text.matchAll(/^event: (.+)$/gm)].map((match) => match[1] ?? '');
