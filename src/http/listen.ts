/** Listening, and closing without ending any answer in silence. */
import { MessagesError } from '../anthropic/errors.ts';
import type { App } from './app.ts';
import type { ServerDeps } from './deps.ts';

/**
 * Seconds for which a client may be silent; answers lift the limit for themselves. Not below 5, since Bun would then
 * cut busy streams.
 */
const IDLE_SECONDS = 30;
/** Bytes. Above this Bun itself answers with an empty 413, so it is far above our own limit. */
const BUN_BODY_LIMIT = 1024 ** 4;
/** Milliseconds between two looks at whether all answers have ended. */
const DRAIN_LOOK_MS = 50;
/** Milliseconds for the last events of answers that are broken off. */
const LAST_WORDS_MS = 1_000;

export type Listening = {
  /** The address as clients reach it: loopback, where the server listens on all addresses. */
  url: string;
  port: number;
  /** Accepts no more messages, lets answers under way end for `graceMs`, tells the rest to come back, and stops. */
  close(graceMs: number): Promise<void>;
};

const ALL_ADDRESSES: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

/** The address of the server as clients reach it. */
export function urlOf(host: string, port: number): string {
  const bare = host.replace(/^\[|\]$/g, '');
  const name = ALL_ADDRESSES[bare] ?? (bare.includes(':') ? `[${bare}]` : bare);
  return `http://${name}:${port}`;
}

/** Throws Bun's error (`EADDRINUSE` …) where the port is not available. Port 0 takes a free one. */
export function listen(app: App, deps: ServerDeps, host: string, port: number): Listening {
  app.listen({
    hostname: host,
    port,
    // By Bun's default two proxies could share one port, and each would get some of the requests.
    reusePort: false,
    idleTimeout: IDLE_SECONDS,
    maxRequestBodySize: BUN_BODY_LIMIT,
  });
  const bound = app.server?.port ?? port;
  return { url: urlOf(host, bound), port: bound, close: (graceMs) => close(app, deps, graceMs) };
}

async function close(app: App, deps: ServerDeps, graceMs: number): Promise<void> {
  const { clock, admission, openRequests } = deps;
  const { server } = app;
  admission.draining = true;
  // Only answers are waited for, to their last byte. A request that never becomes complete would hold up the end for
  // nothing.
  const isAnswering = () => admission.answersOpen > 0 || (server?.pendingRequests ?? 0) > openRequests.size;
  const until = clock.monotonic() + graceMs;
  // The port stays open meanwhile: readiness probes are told that the proxy is not ready, and a new message is refused
  // in words that its client understands.
  while (isAnswering() && clock.monotonic() < until) {
    await clock.sleep(Math.min(DRAIN_LOOK_MS, until - clock.monotonic()));
  }
  const stopped = server?.stop(false);
  for (const request of openRequests)
    request.abort(new MessagesError('overloaded_error', 'The proxy is shutting down'));
  if (openRequests.size > 0) await Promise.race([stopped, clock.sleep(LAST_WORDS_MS)]);
  await server?.stop(true);
}
