import { describe, expect, test } from 'bun:test';
import { startProxy } from '../support/proxy.ts';

type Span = {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: { key: string; value: { stringValue?: string } }[];
};

const ask = {
  model: 'claude-opus-5-5',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'a secret question' }],
};
const CLIENT = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' };

/** A collector that keeps what it gets. */
function startCollector(status = 200) {
  const got: { path: string; authorization: string | null; text: string }[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { pathname } = new URL(request.url);
      got.push({
        path: pathname,
        authorization: request.headers.get('authorization'),
        text: await request.text(),
      });
      return Response.json({}, { status });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/`,
    got,
    spans: (): Span[] =>
      got.flatMap(({ text }) =>
        JSON.parse(text).resourceSpans.flatMap((one: { scopeSpans: { spans: Span[] }[] }) =>
          one.scopeSpans.flatMap(({ spans }) => spans),
        ),
      ),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** Asks, and closes the proxy: then everything has been sent. */
async function askThrough(env: Record<string, string>, headers = {}) {
  const proxy = await startProxy({ env: { MOCK_PACE: 'instant', ...env } });
  const response = await proxy.send('/v1/messages', ask, headers);
  const text = await response.text();
  await proxy[Symbol.asyncDispose]();
  return { status: response.status, text, lines: proxy.lines };
}

describe('with a collector', () => {
  test('each request is a trace, beneath the client’s own span where it names one', async () => {
    await using collector = startCollector();
    await askThrough(
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collector-key',
      },
      { traceparent: `00-${CLIENT.trace}-${CLIENT.span}-01` },
    );
    expect(new Set(collector.got.map(({ path }) => path))).toEqual(new Set(['/v1/traces']));
    expect(collector.got[0]?.authorization).toBe('Bearer collector-key');
    const root = collector.spans().find(({ parentSpanId }) => parentSpanId === CLIENT.span);
    expect(root?.traceId).toBe(CLIENT.trace);
    const child = collector.spans().find(({ parentSpanId }) => parentSpanId === root?.spanId);
    expect(child?.name).toStartWith('chat gemini-');
  });

  test('no words of a question are sent', async () => {
    await using collector = startCollector();
    await askThrough({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    expect(collector.spans().length).toBeGreaterThan(0);
    expect(collector.got.map(({ text }) => text).join()).not.toContain('a secret question');
  });
});

test('a collector that refuses is told in the log, in words, and no request notices', async () => {
  await using collector = startCollector(400);
  const { status, lines } = await askThrough({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collector-key',
  });
  expect(status).toBe(200);
  const told = lines.filter(({ msg }) => String(msg).startsWith('traces could not be sent'));
  expect(told[0]).toMatchObject({ problem: 'Bad Request' });
  expect(JSON.stringify(told)).not.toContain('collector-key');
});

test('headers that cannot be read are refused without being shown', async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_EXPORTER_OTLP_HEADERS: 'my-secret' };
  const refusal = await startProxy({ env }).then(String, String);
  expect(refusal).toContain('OTEL_EXPORTER_OTLP_HEADERS: must be name=value pairs');
  expect(refusal).not.toContain('my-secret');
});
