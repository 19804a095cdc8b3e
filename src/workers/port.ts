/** Makes sure of a port before several processes share it. */

/**
 * Resolves with `port`, or with a free one for 0. Throws Bun's error (`EADDRINUSE` …) where somebody listens there: a
 * second proxy that shares its ports as well would otherwise get some of the first one's requests.
 */
export function takePort(host: string, port: number): number {
  const server = Bun.serve({ hostname: host, port, reusePort: false, fetch: () => new Response() });
  const taken = server.port ?? port;
  void server.stop(true);
  return taken;
}
