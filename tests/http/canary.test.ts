/** A secret that a client puts where a name belongs is in no metric and in no trace. The page has a test of its own. */
import { expect, test } from 'bun:test';
import { GEMINI_KEY, startProxy } from '../support/proxy.ts';

const PROXY_KEY = 'proxy-canary-0123456789';

const says = () =>
  Response.json({
    candidates: [{ content: { role: 'model', parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5 },
  });

test('secrets as the model, the session, the program, the caller and a field show nowhere', async () => {
  const got: string[] = [];
  const collector = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      got.push(await request.text());
      return Response.json({});
    },
  });
  const proxy = await startProxy({
    env: { PROXY_API_KEY: PROXY_KEY, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}` },
    fetch: async () => says(),
  });
  const headers = {
    'x-api-key': PROXY_KEY,
    'content-type': 'application/json',
    'anthropic-version': '2023-06-01',
    'user-agent': `tool/${PROXY_KEY}`,
    'x-claude-code-session-id': `session-${GEMINI_KEY}`,
    'x-claude-code-agent-id': PROXY_KEY,
  };
  for (const model of [`gemini-${GEMINI_KEY}`, PROXY_KEY, 'claude-opus-5-5']) {
    const odd = { [PROXY_KEY]: 1, [`x_${GEMINI_KEY}`]: 1 };
    const body = JSON.stringify({
      ...odd,
      model,
      max_tokens: 9,
      messages: [{ role: 'user', content: 'hello' }],
    });
    await (await fetch(`${proxy.url}/v1/messages`, { method: 'POST', headers, body })).text();
  }
  const metrics = await (await fetch(`${proxy.url}/metrics`, { headers })).text();
  await proxy[Symbol.asyncDispose]();
  await collector.stop(true);
  expect(metrics).toContain('gemini_claude_proxy_requests_total{');
  expect(got.join()).toContain('gen_ai.request.model');
  for (const secret of [GEMINI_KEY, PROXY_KEY]) {
    expect(metrics).not.toContain(secret);
    expect(got.join()).not.toContain(secret);
  }
});
