/** When a prompt is over the window, the client is told both numbers, whichever of them Google says. */
import { describe, expect, test } from 'bun:test';
import type { Fetch } from '../../../src/lib/ports.ts';
import { turns } from '../../support/google/held-upstream.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { googleError, googleStream, hello, startProxy } from '../../support/proxy.ts';

const START = 'exceeds the maximum number of tokens allowed';
const refusal = (message: string) => googleError(400, 'INVALID_ARGUMENT', message);
const isCount = (url: string) => url.endsWith(':countTokens');

/** Refuses requests for answers, and counts as `count` says. */
function overflowing(message: string, count: () => Promise<Response>) {
  const counts: string[] = [];
  const fetch: Fetch = async (url, init) => {
    if (!isCount(url)) return refusal(message);
    counts.push(String(init.body));
    return count();
  };
  return { fetch, counts };
}

const counted = async () => Response.json({ totalTokens: 1_200_000 });
const PARENTHESES = `The input token count ${START} (1048576).`;

describe('a prompt over the window', () => {
  test.each([
    [`The input token count (1196265) ${START} (1048575).`, '1196265 tokens > 1048575', 0],
    [PARENTHESES, '1200000 tokens > 1048576', 1],
    [`The input token count ${START} 1048576.`, '1200000 tokens > 1048576', 1],
  ])('%s', async (message, told, asked) => {
    for (const stream of [true, false]) {
      const { fetch, counts } = overflowing(message, counted);
      await using proxy = await startProxy({ fetch });
      const response = await proxy.send('/v1/messages', { ...hello, stream });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        error: { type: 'invalid_request_error', message: `prompt is too long: ${told} maximum` },
      });
      expect(counts.length).toBe(asked);
      for (const count of counts) expect(JSON.parse(count).generateContentRequest.contents).toHaveLength(1);
    }
  });

  test.each<[name: string, count: () => Promise<Response>]>([
    ['cannot count now', async () => googleError(503, 'UNAVAILABLE', 'busy')],
    ['refuses to count', async () => refusal(PARENTHESES)],
    ['counts less than the maximum', async () => Response.json({ totalTokens: 3 })],
  ])('is told as over the maximum where Google %s', async (_name, count) => {
    await using proxy = await startProxy({ fetch: overflowing(PARENTHESES, count).fetch });
    const response = await proxy.send('/v1/messages', hello);
    expect((await response.json()).error.message).toBe(
      'prompt is too long: 1048577 tokens > 1048576 maximum',
    );
  });

  test('the estimate is told where it is higher, which is a warning', async () => {
    const { fetch } = overflowing(PARENTHESES.replace('1048576', '100'), async () => refusal('no'));
    await using proxy = await startProxy({ fetch });
    const messages = [{ role: 'user', content: 'word '.repeat(400) }];
    const { error } = await (await proxy.send('/v1/messages', { ...hello, messages })).json();
    const tokens = Number(/prompt is too long: (\d+) tokens > 100 maximum/.exec(error.message)?.[1]);
    expect(tokens).toBeGreaterThan(400);
    expect(proxy.told('warning')).toContainEqual(
      expect.objectContaining({ code: 'value-clamped', path: 'messages' }),
    );
  });

  test('a count is waited for two seconds', async () => {
    const clock = new ManualClock();
    const asked = Promise.withResolvers<void>();
    const { fetch } = overflowing(PARENTHESES, () => {
      asked.resolve();
      return new Promise(() => {});
    });
    await using proxy = await startProxy({ fetch, clock });
    let done = false;
    const pending = proxy.send('/v1/messages', hello).finally(() => {
      done = true;
    });
    await asked.promise;
    await clock.advance(1_999);
    await turns();
    expect(done).toBe(false);
    await clock.advance(1);
    expect((await (await pending).json()).error.message).toStartWith('prompt is too long: 1048577 tokens');
  });

  test('told in a stream whose head is out', async () => {
    const clock = new ManualClock();
    const head = Promise.withResolvers<Response>();
    const asked = Promise.withResolvers<void>();
    const fetch: Fetch = (url) => {
      if (isCount(url)) return counted();
      asked.resolve();
      return head.promise;
    };
    await using proxy = await startProxy({ fetch, clock });
    const pending = proxy.send('/v1/messages', { ...hello, stream: true });
    await asked.promise;
    await clock.advance(8_000);
    const response = await pending;
    head.resolve(refusal(PARENTHESES));
    expect(await response.text()).toContain('prompt is too long: 1200000 tokens > 1048576 maximum');
  });
});

test('what was sent last is counted: with another key than the signatures are of', async () => {
  const signature = 'c2lnbmVk';
  const signed = {
    content: { parts: [{ functionCall: { name: 'look', args: {} }, thoughtSignature: signature }] },
    finishReason: 'STOP',
  };
  const replies = [
    () => googleStream({ candidates: [signed] }),
    () => googleError(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded. Please retry in 50s.'),
    () => refusal(PARENTHESES),
  ];
  const counts: string[] = [];
  const fetch: Fetch = async (url, init) => {
    if (!isCount(url)) return replies.shift()?.() ?? refusal('one too many');
    counts.push(String(init.body));
    return counted();
  };
  await using proxy = await startProxy({ fetch, env: { API_KEYS: 'key-one,key-two' } });
  const session = { 'x-claude-code-session-id': 's1' };
  const tools = [{ name: 'look', input_schema: { type: 'object' } }];
  const first = await (await proxy.send('/v1/messages', { ...hello, stream: true, tools }, session)).text();
  const id = /"id":"(toolu_[^"]+)"/.exec(first)?.[1];
  const messages = [
    ...hello.messages,
    { role: 'assistant', content: [{ type: 'tool_use', id, name: 'look', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'seen' }] },
  ];
  const response = await proxy.send('/v1/messages', { ...hello, tools, messages }, session);
  expect(await response.text()).toContain('1200000 tokens > 1048576 maximum');
  expect(counts.map((body) => body.includes(signature))).toEqual([false]);
});
