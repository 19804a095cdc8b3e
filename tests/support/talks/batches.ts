/** A proxy that runs batches, before a Google that answers at once or as the test says. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../google/held-upstream.ts';
import { ManualClock } from '../manual-clock.ts';
import { googleError, googleStream, startProxy, textChunk } from '../proxy.ts';

type BatchRequest = { custom_id: string; params: object };
type Headers = Record<string, string>;

/** A request that says `name`. */
export const plain = (name: string, more = ''): BatchRequest => ({
  custom_id: name,
  params: {
    model: 'claude-opus-5-5',
    max_tokens: 64,
    messages: [{ role: 'user', content: `${name} ${more}`.trim() }],
  },
});

/** What the request in `body` says. */
const nameIn = (body: string): string => {
  const text: string = JSON.parse(body).contents.at(-1).parts.at(-1).text ?? '';
  return text.split(' ')[0] ?? '';
};

const seen = (name: string) => googleStream(textChunk(`Seen ${name}.`, 'STOP'));

/** A Google that refuses the request that says `name`. */
export const refusing = (name: string, code: number, status: string) => (asked: string) =>
  asked === name ? googleError(code, status, 'It is refused.') : seen(asked);

export type BatchProxyOptions = {
  env?: Record<string, string>;
  answer?(name: string): Response;
  /** Google answers when the test calls `letGo`. */
  holds?: boolean;
  /** The DATA_DIR of an earlier proxy. */
  folder?: string;
  /** DATA_DIR outlives the proxy. */
  keeps?: boolean;
};

export async function batchProxy({
  env,
  answer = seen,
  holds = false,
  folder,
  keeps,
}: BatchProxyOptions = {}) {
  const sent: string[] = [];
  const waiting = new Map<string, () => void>();
  const clock = new ManualClock(Date.now());
  let isHeld = holds;
  const dataDir = folder ?? (keeps ? mkdtempSync(join(tmpdir(), 'batches-')) : undefined);
  const proxy = await startProxy({
    clock,
    env: { ...env, ...(dataDir === undefined ? {} : { DATA_DIR: dataDir }) },
    fetch: async (_url, init) => {
      const body = String(init.body);
      const name = nameIn(body);
      sent.push(body);
      if (isHeld) {
        await new Promise<void>((resolve, reject) => {
          waiting.set(name, resolve);
          init.signal?.addEventListener('abort', () => reject(init.signal?.reason));
        });
      }
      return answer(name);
    },
  });
  return {
    ...proxy,
    folder: dataDir ?? proxy.folder,
    sent,
    askedFor: () => sent.map(nameIn),
    /** Lets one request be answered, or all of them from now on. */
    letGo(name?: string) {
      if (name === undefined) isHeld = false;
      for (const [one, go] of waiting) if (name === undefined || name === one) go();
    },
    /** Resolves when Google was asked so often. */
    asked: (times: number) => until(() => sent.length >= times),
    /** Resolves after what is under way has gone as far as it can. */
    async settled() {
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    },
    async goOn(ms: number) {
      await clock.advance(ms);
    },
  };
}

export type BatchProxy = Awaited<ReturnType<typeof batchProxy>>;

export const send = (proxy: BatchProxy, path: string, { headers, ...init }: RequestInit = {}) =>
  fetch(`${proxy.url}/v1/messages/batches${path}`, {
    ...init,
    headers: { 'anthropic-version': '2023-06-01', ...(headers as Headers) },
  });

export async function get(proxy: BatchProxy, path: string, headers: Headers = {}) {
  const answer = await send(proxy, path, { headers });
  return { status: answer.status, body: await answer.json() };
}

export async function create(proxy: BatchProxy, ...requests: BatchRequest[]) {
  const answer = await send(proxy, '', { method: 'POST', body: JSON.stringify({ requests }) });
  const body = await answer.json();
  if (answer.status !== 200) throw new Error(JSON.stringify(body));
  return body;
}

/** The batch once it has ended. */
export async function ended(proxy: BatchProxy, id: string, headers: Headers = {}) {
  for (let look = 0; look < 2_000; look++) {
    const { body } = await get(proxy, `/${id}`, headers);
    if (body.processing_status === 'ended') return body;
  }
  throw new Error(`the batch ${id} does not end`);
}

type Line = { custom_id: string; result: { type: string } & Record<string, unknown> };

export async function results(proxy: BatchProxy, id: string): Promise<Line[]> {
  const text = await (await send(proxy, `/${id}/results`)).text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
