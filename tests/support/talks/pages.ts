/** A web of a few pages on loopback, for a proxy whose guard takes it for the public one. */
import type { UrlFetchPorts } from '../../../src/answer/media/guarded-fetch.ts';

export type PageServer = {
  urlFetch: UrlFetchPorts;
  /** The addresses that were asked for, in order. */
  asked: string[];
  [Symbol.dispose](): void;
};

/** `answer` is given the address that was asked for. Names in `inside` have a private address. */
export function pageServer(answer: (url: URL) => Response, inside: readonly string[] = []): PageServer {
  const asked: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch({ url, headers }) {
      const at = new URL(url);
      const named = new URL(`https://${headers.get('host')}${at.pathname}${at.search}`);
      asked.push(named.href);
      return answer(named);
    },
  });
  return {
    asked,
    urlFetch: {
      resolve: async (host) => [inside.includes(host) ? '10.0.0.1' : '203.0.113.7'],
      isPublic: (address) => address === '203.0.113.7',
      fetch(url, { tls: _tls, ...init }) {
        const { pathname, search } = new URL(url);
        return fetch(`http://127.0.0.1:${server.port}${pathname}${search}`, init);
      },
    },
    [Symbol.dispose]: () => void server.stop(true),
  };
}

export const html = (body: string, init: ResponseInit = {}): Response =>
  new Response(body, { ...init, headers: { 'content-type': 'text/html; charset=utf-8', ...init.headers } });
