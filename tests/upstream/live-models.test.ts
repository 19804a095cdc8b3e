import { describe, expect, test } from 'bun:test';
import type { Fetch } from '../../src/lib/ports.ts';
import { LiveModels } from '../../src/upstream/live-models.ts';
import { ManualClock } from '../support/manual-clock.ts';

const page = (ids: readonly string[], nextPageToken?: string) =>
  Response.json({
    models: ids.map((id) => ({ name: `models/${id}` })),
    ...(nextPageToken ? { nextPageToken } : {}),
  });

function reading(answer: (url: URL) => Response | Promise<Response>, keys: readonly string[] = ['key-1']) {
  const clock = new ManualClock();
  const asked: { url: URL; key: string | null }[] = [];
  const lists: string[][] = [];
  const failures: unknown[] = [];
  const fetch: Fetch = async (url, init) => {
    asked.push({ url: new URL(url), key: new Headers(init.headers).get('x-goog-api-key') });
    return answer(new URL(url));
  };
  const live = new LiveModels({
    fetch,
    baseUrl: 'https://google.example',
    apiKey: () => keys[0],
    clock,
    onList: (models) => void lists.push(models.map(({ id }) => id)),
    onFailure: (error) => void failures.push(error),
  });
  return { live, clock, asked, lists, failures };
}

describe('the list', () => {
  test('is read with the key, over all of its pages', async () => {
    const { live, asked, lists } = reading((url) =>
      url.searchParams.has('pageToken') ? page(['gemini-b']) : page(['gemini-a'], 'next & more'),
    );
    await live.refresh();
    expect(lists).toEqual([['gemini-a', 'gemini-b']]);
    expect(asked.map(({ key, url }) => [key, url.pathname, url.searchParams.get('pageToken')])).toEqual([
      ['key-1', '/v1beta/models', null],
      ['key-1', '/v1beta/models', 'next & more'],
    ]);
  });

  test('is read once an hour, however often it is asked for', async () => {
    const { live, clock, asked } = reading(() => page(['gemini-a']));
    for (const ms of [0, 1_000, 3_598_000, 2_000]) {
      await clock.advance(ms);
      await live.refresh();
    }
    expect(asked).toHaveLength(2);
  });

  test('that cannot be read is asked for again after a minute, and the failure is told', async () => {
    const { live, clock, asked, failures, lists } = reading(() => new Response('no', { status: 403 }));
    for (const ms of [0, 59_000, 1_000]) {
      await clock.advance(ms);
      await live.refresh();
    }
    expect([asked.length, failures.length, lists.length]).toEqual([2, 2, 0]);
  });

  test.each([
    ['a page in place of JSON', () => new Response('<html>')],
    ['no connection', () => Promise.reject(Object.assign(new Error('no'), { code: 'ECONNREFUSED' }))],
  ])('%s changes nothing', async (_name, answer) => {
    const { live, lists, failures } = reading(answer);
    await live.refresh();
    expect([lists.length, failures.length]).toEqual([0, 1]);
  });

  test('that never ends is read for five pages', async () => {
    const { live, asked, lists } = reading(() => page(['gemini-a'], 'more'));
    await live.refresh();
    expect([asked.length, lists[0]?.length]).toEqual([5, 5]);
  });

  test('is not asked for without a key', async () => {
    const { live, asked, failures } = reading(() => page([]), []);
    await live.refresh();
    expect([asked.length, failures.length]).toEqual([0, 0]);
  });

  test('is not asked for once the proxy has closed', async () => {
    const { live, asked } = reading(() => page([]));
    live.close();
    await live.refresh();
    expect(asked).toEqual([]);
  });
});
