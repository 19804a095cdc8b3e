/** A Google that really keeps prompts by name: the mock, and what it was asked. Its implicit cache gives nothing. */
import { createSeededRandom, type Fetch } from '../../../src/lib/ports.ts';
import { createMockFetch } from '../../../src/sim/mock/index.ts';
import { SCENARIOS } from '../../sim/mock/harness.ts';
import { ManualClock } from '../manual-clock.ts';
import { type ProxyOptions, startProxy } from '../proxy.ts';
import { turns } from './held-upstream.ts';

export type AskedOfKeeping = {
  what: 'generate' | 'keep' | 'keep-on' | 'let-go' | 'other';
  key: string;
  /** The name of what is kept: that is asked for, or that a request reads. */
  name: string | undefined;
  body: Record<string, unknown>;
};

/** Answers in place of the mock. */
export type Instead = (asked: AskedOfKeeping) => Response | Promise<Response> | undefined;

export type KeepingOptions = {
  instead?: Instead;
  /** True: Google caches by itself as well. */
  implicit?: boolean;
  /** False: an answer ends before anything could be kept meanwhile. */
  slow?: boolean;
};

const WHAT: Readonly<Record<string, AskedOfKeeping['what']>> = {
  POST: 'keep',
  PATCH: 'keep-on',
  DELETE: 'let-go',
};

function parse(url: string, init: RequestInit): AskedOfKeeping {
  const [, ofKept, id] = /\/(cachedContents)(?:\/([^?]+))?/.exec(url) ?? [];
  const body = init.body ? JSON.parse(String(init.body)) : {};
  const key = new Headers(init.headers).get('x-goog-api-key') ?? '';
  const name = id ? `cachedContents/${id}` : body.cachedContent;
  if (ofKept) return { what: WHAT[init.method ?? 'GET'] ?? 'other', key, name, body };
  return { what: url.includes('enerateContent') ? 'generate' : 'other', key, name, body };
}

export function keepingGoogle({
  instead = () => undefined,
  implicit = false,
  slow = true,
}: KeepingOptions = {}) {
  const clock = new ManualClock();
  const random = createSeededRandom(7);
  const mock = createMockFetch({ scenarios: SCENARIOS, random, clock, implicitCache: implicit });
  const asked: AskedOfKeeping[] = [];
  let keeping = 0;
  /** As nearly always with Google, the end of an answer comes after what is kept meanwhile. */
  const slowly = (response: Response): Response => {
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        const text = await response.text();
        const last = text.lastIndexOf('data: ');
        const send = (part: string) => controller.enqueue(new TextEncoder().encode(part));
        send(text.slice(0, last));
        await turns();
        while (keeping > 0) await turns(1);
        await turns();
        send(text.slice(last));
        controller.close();
      },
    });
    return new Response(body, response);
  };
  const fetch: Fetch = async (url, init, exchange) => {
    const one = parse(url, init);
    asked.push(one);
    if (one.what === 'keep') keeping++;
    try {
      const response = (await instead(one)) ?? (await mock(url, init, exchange));
      return slow && response.ok && url.includes(':stream') ? slowly(response) : response;
    } finally {
      if (one.what === 'keep') keeping--;
    }
  };
  return {
    asked,
    of: (what: AskedOfKeeping['what']) => asked.filter((one) => one.what === what),
    clock,
    fetch,
    /** Lets go of all that is kept, as if Google had lost it. */
    async lose(key: string) {
      const exchange = { id: 'test', labels: {}, note() {} };
      const headers = { 'x-goog-api-key': key };
      const ask = (path: string, method: string) =>
        mock(`https://google.invalid/v1beta/cachedContents${path}`, { method, headers }, exchange);
      const { cachedContents = [] } = await (await ask('', 'GET')).json();
      for (const { name } of cachedContents) await ask(name.replace('cachedContents', ''), 'DELETE');
    },
    start: (env: Record<string, string> = {}, more: Partial<ProxyOptions> = {}) =>
      startProxy({
        fetch,
        clock,
        env: { BIG_MODEL: 'gemini-3.8-flash', CACHE_CONTROL: 'explicit', LOG_LEVEL: 'INFO', ...env },
        ...more,
      }),
  };
}
