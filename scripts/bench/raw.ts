/** A process that only passes bytes from client to upstream and back: on this runtime no proxy can be faster. */
const upstream = process.env['BENCH_UPSTREAM'] ?? '';

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  idleTimeout: 0,
  maxRequestBodySize: 64 * 1024 * 1024,
  async fetch(request) {
    const model = new URL(request.url).searchParams.get('model');
    const body = await request.arrayBuffer();
    const url = `${upstream}/v1beta/models/${model}:streamGenerateContent?alt=sse`;
    const reply = await fetch(url, { method: 'POST', body, signal: request.signal });
    return new Response(reply.body, { headers: { 'content-type': 'text/event-stream' } });
  },
});
console.log(`listening http://127.0.0.1:${server.port}`);
