/** The requests about kept prompts: the beginnings of prompts that Google keeps by name (`cachedContents`). */
import type { Clock, Exchange, Fetch } from '../lib/ports.ts';
import { Connection } from './connection.ts';
import { statusError } from './status-error.ts';

/** All functions reject like `generate` of a backend. */
export type PromptKeeper = {
  /** Has a prompt kept. Resolves with Google's answer. */
  keep(body: string, signal: AbortSignal): Promise<string>;
  /** Has it kept until `seconds` from now. */
  keepOn(name: string, seconds: number, signal: AbortSignal): Promise<void>;
  letGo(name: string, signal: AbortSignal): Promise<void>;
};

/** `url`: of the list of kept prompts. */
export type KeeperAddress = { url: string; headers: Readonly<Record<string, string>> };

type Way = { fetch: Fetch; clock: Clock };

/** Milliseconds. Google reads the whole prompt before it answers; nobody waits for it. */
const KEEP_MS = 60_000;
const SHORT_MS = 5_000;

const EXCHANGE: Exchange = { id: 'kept-prompts', labels: { caller: 'kept-prompts' }, note() {} };

export function createPromptKeeper({ url, headers }: KeeperAddress, way: Way): PromptKeeper {
  const own = (name: string) => `${url}/${name.replace(/^cachedContents\//, '')}`;
  const send = (to: string, init: RequestInit, ms: number, signal: AbortSignal) =>
    ask(way, to, { ...init, headers: { ...headers, 'content-type': 'application/json' } }, ms, signal);
  return {
    keep: (body, signal) => send(url, { method: 'POST', body }, KEEP_MS, signal),
    async keepOn(name, seconds, signal) {
      const body = JSON.stringify({ ttl: `${seconds}s` });
      await send(`${own(name)}?updateMask=ttl`, { method: 'PATCH', body }, SHORT_MS, signal);
    },
    async letGo(name, signal) {
      await send(own(name), { method: 'DELETE' }, SHORT_MS, signal);
    },
  };
}

async function ask(
  { fetch, clock }: Way,
  url: string,
  init: RequestInit,
  ms: number,
  signal: AbortSignal,
): Promise<string> {
  const connection = new Connection(signal, { clock, headTimeoutMs: ms, idleTimeoutMs: SHORT_MS });
  try {
    const response = await connection.send(fetch, url, init, EXCHANGE);
    const text = await connection.readText();
    if (!response.ok) throw statusError(response, text, clock.wall().getTime());
    return text;
  } finally {
    connection.close();
  }
}
