/** Listens for clients. Closing the server ends no answer without an event or a status that says so. */
import { MessagesError } from '../anthropic/errors.ts';
import type { App } from './app.ts';
import type { ServerDeps } from './deps.ts';

/**
 * Seconds for which a client may be silent; answers lift this limit for themselves. It must be at least 5, since Bun
 * would otherwise cut busy streams.
 */
const IDLE_SECONDS = 30;
/** Bytes. To a body above this limit Bun itself answers with an empty 413, so this limit is far above our own. */
const BUN_BODY_LIMIT = 1024 ** 4;
/** Milliseconds between two checks whether all answers have ended. */
const DRAIN_LOOK_MS = 50;
/** Milliseconds in which the last events of answers that are broken off may still go out. */
const LAST_WORDS_MS = 1_000;

export type Listening = {
  /** The address as clients reach it: loopback, where the server listens on all addresses. */
  url: string;
  port: number;
  /**
   * Accepts no more messages, lets answers under way end for `graceMs`, tells the clients of the other answers to come
   * back, and stops.
   */
  close(graceMs: number): Promise<void>;
};

const ALL_ADDRESSES: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

/** The address of the server as clients reach it. */
export function urlOf(host: string, port: number): string {
  const bare = host.replace(/^\[|\]$/g, '');
  const name = ALL_ADDRESSES[bare] ?? (bare.includes(':') ? `[${bare}]` : bare);
  return `http://${name}:${port}`;
}

export type Address = {
  host: string;
  /** With 0 the system chooses a free port. */
  port: number;
  /** Other processes listen on this port as well, and the system deals connections out among all of them. */
  isShared: boolean;
};

/** Starts the server. Throws Bun's error (`EADDRINUSE` …) where the port is not available. */
export function listen(app: App, deps: ServerDeps, { host, port, isShared }: Address): Listening {
  const before = process.listeners('beforeExit');
  app.listen({
    hostname: host,
    port,
    // By Bun's default two proxies could share one port, and each would get some of the requests.
    reusePort: isShared,
    idleTimeout: IDLE_SECONDS,
    maxRequestBodySize: BUN_BODY_LIMIT,
  });
  // Elysia's own handler, which would stop the server before the process ends, and never goes: it would keep all of this in memory.
  for (const handler of process.listeners('beforeExit'))
    if (!before.includes(handler)) process.off('beforeExit', handler);
  const bound = app.server?.port ?? port;
  return { url: urlOf(host, bound), port: bound, close: (graceMs) => close(app, deps, graceMs) };
}

async function close(app: App, deps: ServerDeps, graceMs: number): Promise<void> {
  const { clock, admission, openRequests } = deps;
  const { server } = app;
  admission.draining = true;
  // Only answers are waited for, until their last byte. A request that never becomes complete would otherwise delay the
  // end for nothing.
  const isAnswering = () => admission.answersOpen > 0 || (server?.pendingRequests ?? 0) > openRequests.size;
  const until = clock.monotonic() + graceMs;
  // The port stays open meanwhile: readiness probes are told that the proxy is not ready, and a new message is refused
  // with an error that its client understands.
  while (isAnswering() && clock.monotonic() < until) {
    await clock.sleep(Math.min(DRAIN_LOOK_MS, until - clock.monotonic()));
  }
  const stopped = server?.stop(false);
  for (const request of openRequests)
    request.abort(new MessagesError('overloaded_error', 'The proxy is shutting down'));
  if (openRequests.size > 0) await Promise.race([stopped, clock.sleep(LAST_WORDS_MS)]);
  await server?.stop(true);
}
