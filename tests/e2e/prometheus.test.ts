import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { hasPrometheus, startPrometheus } from '../support/programs/prometheus.ts';
import { until } from '../support/programs/redis-server.ts';
import { startProxy } from '../support/proxy.ts';

const ask = { model: 'claude-opus-5-5', max_tokens: 100, messages: [{ role: 'user', content: 'hello' }] };
const says = () =>
  Response.json({
    candidates: [{ content: { role: 'model', parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 100, cachedContentTokenCount: 60, candidatesTokenCount: 5 },
  });
const badKey = () =>
  Response.json(
    {
      error: {
        code: 400,
        status: 'INVALID_ARGUMENT',
        message: 'API key not valid. Please pass a valid API key.',
      },
    },
    { status: 400 },
  );

const promtool = Bun.which('promtool');

/** Whether an alert fires when counters have grown for a quarter of an hour, by so much a minute. */
function fires(alert: string, perMinute: Readonly<Record<string, number>>): boolean {
  const input_series = Object.entries(perMinute).map(([series, growth]) => ({
    series: `gemini_claude_proxy_${series}`,
    values: `0+${growth}x20`,
  }));
  const alert_rule_test = [{ eval_time: '15m', alertname: alert, exp_alerts: [] }];
  const folder = mkdtempSync(join(tmpdir(), 'alerts-'));
  const file = join(folder, 'test.json');
  const rule_files = [resolve('docs/deploy/prometheus/alert-rules.yml')];
  writeFileSync(
    file,
    JSON.stringify({ rule_files, tests: [{ interval: '1m', input_series, alert_rule_test }] }),
  );
  const { stdout, stderr } = Bun.spawnSync([promtool ?? '', 'test', 'rules', file]);
  rmSync(folder, { recursive: true });
  const said = `${stdout}${stderr}`;
  if (said.includes('SUCCESS')) return false;
  expect(said).toContain(`alertname="${alert}"`);
  return true;
}

const requests = (outcome: string) => `requests_total{instance="one",caller="main",outcome="${outcome}"}`;
const refused = (failure: string) =>
  `errors_total{instance="one",type="rate_limit_error",class="${failure}"}`;

describe.skipIf(promtool === null)('the alert of errors', () => {
  test.each([
    ['clients are over their own limits', 'rate_limit_error', { [refused('none')]: 30 }, false],
    ['Gemini refuses by its quotas', 'rate_limit_error', { [refused('quota-minute')]: 30 }, true],
    ['Gemini is overloaded, and no limit was ever reached', 'overloaded_error', {}, true],
  ])('where %s', (_what, outcome, errors, isFiring) => {
    expect(fires('GeminiErrors', { [requests('ok')]: 10, [requests(outcome)]: 30, ...errors })).toBe(
      isFiring,
    );
  });
});

describe.skipIf(!hasPrometheus)('Prometheus', () => {
  test('reads the metrics, every panel of the dashboard is a query, and the alerts fire', async () => {
    let answer = says;
    const proxy = await startProxy({ fetch: async () => answer() });
    const port = Number(new URL(proxy.url).port);
    await using prometheus = await startPrometheus(`127.0.0.1:${port}`);
    const value = async (query: string) => Number((await prometheus.query(query))[0]?.value[1]);
    const firing = async (name: string) =>
      (await prometheus.alerts()).find(
        ({ labels, state }) => labels['alertname'] === name && state === 'firing',
      );

    await (await proxy.send('/v1/messages', ask)).text();
    await until(async () => (await value('gemini_claude_proxy_requests_total{outcome="ok"}')) === 1);
    expect(await value('gemini_claude_proxy_tokens_total{kind="cached"}')).toBe(60);
    expect(await value('gemini_claude_proxy_tokens_total{kind="input"}')).toBe(40);
    expect(await prometheus.alerts()).toEqual([]);

    const { panels } = JSON.parse(readFileSync('docs/deploy/prometheus/grafana-dashboard.json', 'utf8')) as {
      panels: { targets: { expr: string }[] }[];
    };
    for (const { expr } of panels.flatMap(({ targets }) => targets))
      await prometheus.query(expr.replaceAll('$__rate_interval', '1m'));

    answer = badKey;
    // The first value of a new series is no rate: Prometheus wants to see the series grow.
    await until(async () => {
      await (await proxy.send('/v1/messages', ask)).text();
      return (await firing('GeminiErrors')) !== undefined;
    });
    await until(async () => (await firing('GeminiNoKey')) !== undefined);
    expect((await firing('GeminiKeyOut'))?.annotations['summary']).toContain(
      'Google does not take the key #',
    );

    await proxy[Symbol.asyncDispose]();
    await until(async () => (await firing('GeminiProxyDown')) !== undefined);
  }, 60_000);
});
