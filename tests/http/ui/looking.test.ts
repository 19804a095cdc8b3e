/** Who looks at the page changes nothing of what is counted, whatever he asks for. */
import { expect, test } from 'bun:test';
import { attemptIn } from '../../../src/http/ui/page/request/attempt-choice.ts';
import type { Detail } from '../../../src/inspector/shapes.ts';
import { allEnded, Looker } from '../../support/clients/looker.ts';
import { hello, startProxy, type TestProxy } from '../../support/proxy.ts';

const AS_PAGE = { 'x-inspector': '1' };

async function countedBy(proxy: TestProxy) {
  const { requests, errors, recent_errors } = await (await proxy.send('/health')).json();
  const metrics = await (await proxy.send('/metrics')).text();
  return {
    requests,
    errors,
    recent_errors,
    metrics: metrics.split('\n').filter((line) => /(errors|requests)_total\{/.test(line)),
  };
}

/** What somebody may ask for who looks at a request: views that are there, and some that are not. */
const looks = (id: string): string[] => [
  '/ui',
  '/ui/keys',
  '/ui/assets/nothing.js',
  '/ui/api/nothing',
  '/ui/api/keys',
  '/ui/api/charts',
  '/ui/api/charts?range=1h',
  '/ui/api/search?q=hello',
  '/ui/api/requests/req_nobody',
  ...['', '/changes', '/frames', '/conversation', '/usage', '/raw', '/again', '/adopt'].map(
    (view) => `/ui/api/requests/${id}${view}`,
  ),
  ...['changes?attempt=1', 'changes?attempt=many', 'frames?attempt=9', 'text?at=nowhere'].map(
    (view) => `/ui/api/requests/${id}/${view}`,
  ),
];

test('looking at the page counts as no request and as no error', async () => {
  await using proxy = await startProxy();
  await (await proxy.send('/v1/messages', { ...hello, max_tokens: undefined })).text();
  await (await proxy.send('/v1/messages', hello)).text();
  const looker = await (await Looker.at(proxy)).until(allEnded(2));
  looker.leave();
  const before = await countedBy(proxy);
  expect(before).toMatchObject({ requests: 2, errors: { invalid_request_error: 1 } });
  const statuses: number[] = [];
  for (const { id } of looker.list)
    for (const path of looks(id)) {
      const answer = await proxy.send(path);
      statuses.push(answer.status);
      await answer.text();
    }
  for (const { id } of looker.list) {
    const answer = await proxy.send(`/ui/api/requests/${id}/curl`, {}, AS_PAGE);
    statuses.push(answer.status);
    await answer.text();
    const refused = await proxy.send(`/ui/api/requests/${id}/again`, { to: 'nobody' }, AS_PAGE);
    statuses.push(refused.status);
    await refused.text();
  }
  await (await proxy.send('/', undefined, { accept: 'text/html' })).text();
  expect(new Set(statuses)).toEqual(new Set([200, 400, 404]));
  expect(await countedBy(proxy)).toEqual(before);
});

test.each<[string, number[], wanted: number, shown: number | undefined]>([
  ['the one of the address', [1, 2], 1, 1],
  ['the last, where the address names none', [1, 2], Number.NaN, 2],
  ['the last, where the address names one that there is not', [1, 2], 9, 2],
  ['none, where Gemini was not asked', [], 1, undefined],
])('the attempt that a tab shows is %s', (_name, numbers, wanted, shown) => {
  const attempts: Detail['attempts'] = numbers.map((number) => ({
    number,
    model: 'm',
    key: 'k',
    streamed: true,
  }));
  expect(attemptIn(attempts, wanted)).toBe(shown);
});

test('a request that was refused here has its views, without an attempt', async () => {
  await using proxy = await startProxy();
  await (await proxy.send('/v1/messages', { ...hello, max_tokens: undefined })).text();
  const looker = await (await Looker.at(proxy)).until(allEnded(1));
  looker.leave();
  const base = `/ui/api/requests/${looker.list[0]?.id}`;
  const detail: Detail = await (await proxy.send(base)).json();
  expect([detail.attempts, detail.hasSent]).toEqual([[], false]);
  for (const view of ['changes', 'frames', 'conversation', 'raw'])
    expect((await proxy.send(`${base}/${view}`)).status).toBe(200);
});
