import { describe, expect, test } from 'bun:test';
import { TokenCounts } from '../../../src/answer/sizes/token-counts.ts';
import { turns } from '../../support/google/held-upstream.ts';

/** Counts that are answered by hand. */
function asking() {
  const counts = new TokenCounts();
  const asked: {
    body: string;
    key: string;
    signal: AbortSignal;
    answer: (tokens: number) => void;
    fail: (error: Error) => void;
  }[] = [];
  const count = (body: string, { key = 'one', signal = new AbortController().signal } = {}) =>
    counts.count(
      { model: 'm', body, key },
      (stop) => {
        const { promise, resolve, reject } = Promise.withResolvers<number>();
        asked.push({ body, key, signal: stop, answer: resolve, fail: reject });
        return promise;
      },
      signal,
    );
  return { counts, asked, count };
}

describe('counts of equal bodies', () => {
  test('are asked for once while they are under way', async () => {
    const { asked, count } = asking();
    const both = [count('a'), count('a'), count('b')];
    expect(asked.map(({ body }) => body)).toEqual(['a', 'b']);
    asked[0]?.answer(7);
    asked[1]?.answer(8);
    expect(await Promise.all(both)).toEqual([7, 7, 8]);
  });

  test('are known from then on, whatever the key', async () => {
    const { counts, asked, count } = asking();
    const first = count('a');
    asked[0]?.answer(7);
    await first;
    expect([counts.known('m', 'a'), counts.known('other', 'a'), counts.known('m', 'b')]).toEqual([
      7,
      undefined,
      undefined,
    ]);
    expect(await count('a', { key: 'two' })).toBe(7);
    expect(asked).toHaveLength(1);
  });

  test('of a file behind a URL are not kept, because the file may change', async () => {
    const { counts, asked, count } = asking();
    const body = '{"fileData":{"fileUri":"https://files.example/1"}}';
    const first = count(body);
    asked[0]?.answer(7);
    await first;
    expect(counts.known('m', body)).toBeUndefined();
  });

  test('with two keys are two requests: a failure must be blamed on its own key', () => {
    const { asked, count } = asking();
    for (const key of ['one', 'two', 'one']) void count('a', { key }).catch(() => {});
    expect(asked.map(({ key }) => key)).toEqual(['one', 'two']);
  });

  test('fail for everybody who waits, and are asked for anew afterwards', async () => {
    const { asked, count } = asking();
    const both = [count('a'), count('a')];
    asked[0]?.fail(new Error('busy'));
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = count('a');
    asked[1]?.answer(9);
    expect(await again).toBe(9);
  });
});

describe('a client that leaves', () => {
  test('does not take the count from others', async () => {
    const { asked, count } = asking();
    const client = new AbortController();
    const left = count('a', { signal: client.signal });
    const stays = count('a');
    client.abort(new Error('gone'));
    expect(await left.catch(String)).toBe('Error: gone');
    expect(asked[0]?.signal.aborted).toBe(false);
    asked[0]?.answer(7);
    expect(await stays).toBe(7);
  });

  test('as the last one ends the request', async () => {
    const { asked, count } = asking();
    const clients = [new AbortController(), new AbortController()];
    const waits = clients.map(({ signal }) => count('a', { signal }).catch(String));
    for (const client of clients) client.abort(new Error('gone'));
    await Promise.all(waits);
    expect(asked[0]?.signal.aborted).toBe(true);
    void count('a').catch(() => {});
    await turns();
    expect(asked).toHaveLength(2);
  });
});
