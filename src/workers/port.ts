/** Makes sure of a port before several processes share it. */

/**
 * Keeps the port from others that call this, as long as this process lives: between the end of `takePort` and the moment at which
 * workers listen, nobody listens at the port. The name is an abstract socket's, which Linux has, and frees with the process.
 */
function keepName(host: string, port: number): void {
  // A hash, since a host may have more characters than the name of a socket.
  const name = Bun.hash(`${host}:${port}`).toString(36);
  Bun.listen({ unix: `\0gemini-claude-proxy-port-${name}`, socket: { data() {} } }).unref();
}

/**
 * Returns `port`, or a free one for 0. Throws Bun's error (`EADDRINUSE` …) where somebody listens there, or is about to: a
 * second proxy that shares its ports as well would otherwise get some of the first one's requests.
 */
export function takePort(host: string, port: number): number {
  const server = Bun.serve({ hostname: host, port, reusePort: false, fetch: () => new Response() });
  const taken = server.port ?? port;
  try {
    keepName(host, taken);
  } finally {
    void server.stop(true);
  }
  return taken;
}
