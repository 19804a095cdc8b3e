import { expect, test } from 'bun:test';
import { METRICS, PREFIX } from '../../../src/metrics/table.ts';
import { startProxy } from '../../support/proxy.ts';

const ask = { model: 'claude-opus-5-5', max_tokens: 100, messages: [{ role: 'user', content: 'hello' }] };

test('what was asked is in /metrics, and every name is one of the table', async () => {
  await using proxy = await startProxy({ env: { MOCK_PACE: 'instant' } });
  await (await proxy.send('/v1/messages', ask)).text();
  const response = await proxy.send('/metrics');
  expect(response.headers.get('content-type')).toStartWith('text/plain; version=0.0.4');
  const text = await response.text();
  expect(text).toMatch(/^gemini_claude_proxy_requests_total\{.*outcome="ok"\} 1$/m);
  expect(text).toMatch(/^gemini_claude_proxy_streams_in_flight 0$/m);
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name.slice(PREFIX.length));
  expect(names.filter((name) => !(name in METRICS))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});

test('with a key set, strangers do not get the metrics', async () => {
  await using proxy = await startProxy({ env: { PROXY_API_KEY: 'the-key-of-this-proxy' } });
  const strangers = await fetch(`${proxy.url}/metrics`);
  expect(strangers.status).toBe(401);
  const known = await fetch(`${proxy.url}/metrics`, {
    headers: { authorization: 'Bearer the-key-of-this-proxy' },
  });
  expect(known.status).toBe(200);
});
