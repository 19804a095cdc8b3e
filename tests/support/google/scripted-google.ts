/** A Google that answers each request as a test says, and remembers what it was asked. */
import type { Clock, Fetch } from '../../../src/lib/ports.ts';
import { ManualClock } from '../manual-clock.ts';
import { orElse, passing } from '../passing-time.ts';
import {
  googleError,
  googleStream,
  type ProxyOptions,
  startProxy,
  type TestProxy,
  textChunk,
} from '../proxy.ts';

export type Asked = {
  model: string;
  stream: boolean;
  count: boolean;
  key: string;
  body: string;
  at: number;
};
/** `index` counts from 0. */
export type Script = (asked: Asked, index: number) => Response | Promise<Response>;

/** What a model says, in the form that was asked for. */
export const says = ({ stream }: Pick<Asked, 'stream'>, text = 'Hello there'): Response =>
  stream ? googleStream(textChunk(text, 'STOP')) : Response.json(textChunk(text, 'STOP'));

export const busy = (): Response => googleError(503, 'UNAVAILABLE', 'The model is overloaded.');
export const missing = (): Response =>
  googleError(404, 'NOT_FOUND', 'models/x is not found for API version v1beta');
export const noQuota = (): Response =>
  googleError(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded for metric: x, limit: 0, model: y');
/** Ends without a finishReason, and before any content. */
export const cut = ({ stream }: Pick<Asked, 'stream'>): Response =>
  stream ? googleStream({ usageMetadata: { promptTokenCount: 3 } }) : says({ stream });

const parse = (url: string, init: RequestInit, clock: Clock): Asked => ({
  model: /models\/([^:]+):/.exec(url)?.[1] ?? '',
  stream: url.includes(':streamGenerateContent'),
  count: url.includes(':countTokens'),
  key: new Headers(init.headers).get('x-goog-api-key') ?? '',
  body: String(init.body),
  at: clock.monotonic(),
});

export function scriptedGoogle(script: Script) {
  const clock = new ManualClock();
  const asked: Asked[] = [];
  const fetch: Fetch = async (url, init) => {
    const one = parse(url, init, clock);
    asked.push(one);
    return script(one, asked.length - 1);
  };
  const proxies: TestProxy[] = [];
  /** Lets time pass until the work is done. The work asks Google, or ends at once. */
  async function through<T>(work: Promise<T>): Promise<T> {
    const before = asked.length;
    // First over the socket: the first request loads what it needs, and meanwhile no time may pass.
    await orElse(work, () => asked.length > before);
    return passing(work, { clock, proxies });
  }
  /** The same for work that may wait without asking Google; `meanwhile` runs before each step. */
  async function finish<T>(work: Promise<T>, meanwhile?: () => Promise<void>): Promise<T> {
    const [before, asleep] = [asked.length, clock.sleeping];
    await orElse(work, () => asked.length > before || clock.sleeping > asleep);
    return passing(work, { clock, proxies, ...(meanwhile ? { meanwhile } : {}) });
  }
  return {
    asked,
    clock,
    finish,
    models: () => asked.map(({ model }) => model),
    through,
    async start(env: Record<string, string> = {}, more: Partial<ProxyOptions> = {}) {
      const proxy = await startProxy({ fetch, clock, env, ...more });
      proxies.push(proxy);
      return proxy;
    },
  };
}
