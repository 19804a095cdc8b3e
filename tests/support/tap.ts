/**
 * A listener between a client and the proxy: it passes bytes on as they come, and keeps both sides of every exchange.
 * So tests judge what really went over the wire, and not what the proxy says about itself.
 */
export type TappedExchange = {
  method: string;
  path: string;
  headers: Record<string, string>;
  /** The parsed request body; undefined where there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a client's JSON, looked into by the tests
  body: any;
  status: number;
  /** The whole answer, once it has ended. */
  answer: Promise<string>;
};

export type Tap = {
  readonly url: string;
  readonly exchanges: TappedExchange[];
  /** Where requests go from now on: a restarted proxy has another port. */
  target: string;
  stop(): Promise<void>;
};

export function startTap(target: string): Tap {
  const exchanges: TappedExchange[] = [];
  const pass = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const text = await request.text();
    const headers = new Headers(request.headers);
    headers.delete('host');
    const reply = await fetch(`${tap.target}${url.pathname}${url.search}`, {
      method: request.method,
      headers,
      ...(text === '' ? {} : { body: text }),
      signal: request.signal,
    });
    const [toClient, toUs] = reply.body?.tee() ?? [null, null];
    exchanges.push({
      method: request.method,
      path: url.pathname,
      headers: Object.fromEntries(request.headers),
      body: text === '' ? undefined : JSON.parse(text),
      status: reply.status,
      answer: new Response(toUs).text(),
    });
    return new Response(toClient, { status: reply.status, headers: reply.headers });
  };
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch: pass });
  const tap: Tap = {
    url: `http://127.0.0.1:${server.port}`,
    exchanges,
    target,
    stop: () => server.stop(true),
  };
  return tap;
}

/** The visible text of one streamed answer. */
export function textOfStream(sse: string): string {
  let text = '';
  for (const line of sse.split('\n')) {
    if (!line.startsWith('data: ')) continue;
    const event = JSON.parse(line.slice('data: '.length));
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
  }
  return text;
}
