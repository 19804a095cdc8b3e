/** What the page says of requests that failed: what to do, what was paid, who was not asked. */
import { describe, expect, test } from 'bun:test';
import type { Charts, Detail } from '../../../src/inspector/shapes.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { detailOf, onlyDetail, rowsOf } from '../../support/clients/shown-requests.ts';
import { googleError, googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';

const line = ({ lines }: Detail, label: string) => lines.find((one) => one.label === label);

describe('a request that failed', () => {
  test.each<[string, object]>([
    ['for its body', { max_tokens: undefined }],
    [
      'for a picture that is none',
      {
        messages: [
          {
            role: 'user',
            content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: '!!!' } }],
          },
        ],
      },
    ],
  ])(
    'no model stands in the row, the charts and the metrics where a request was refused here %s',
    async (_name, body) => {
      await using proxy = await startProxy({ fetch: async () => googleStream(textChunk('hi', 'STOP')) });
      expect((await proxy.send('/v1/messages', { ...hello, ...body })).status).toBe(400);
      const { row, attempts } = await onlyDetail(proxy);
      expect([row.answered, row.replaced, row.key, attempts]).toEqual([undefined, undefined, undefined, []]);
      for (const [by, name] of [
        ['model', 'no model was asked'],
        ['key', 'no key was used'],
      ] as const) {
        const { table }: Charts = await (await proxy.send(`/ui/api/charts?by=${by}`)).json();
        expect(table.map((one) => [one.name, one.errors])).toEqual([[name, 1]]);
      }
      const metrics = await (await proxy.send('/metrics')).text();
      expect(metrics).toMatch(/requests_total\{model="none",.*outcome="invalid_request_error"\} 1/);
    },
  );

  test.each<[string, Fetch, RegExp, boolean]>([
    [
      'a used-up quota leads to the keys',
      async () =>
        googleError(
          429,
          'RESOURCE_EXHAUSTED',
          'Quota exceeded for GenerateRequestsPerMinutePerProjectPerModel',
        ),
      /quota is used up; wait, raise it, or add a key/,
      true,
    ],
    [
      'a refused key leads there too',
      async () => googleError(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'),
      /set GEMINI_API_KEY or API_KEYS/,
      true,
    ],
    [
      'a broken request is to be changed, not sent again',
      async () => googleError(400, 'INVALID_ARGUMENT', 'contents are wrong'),
      /for the reason in the message; [^.]*\.$/,
      false,
    ],
    [
      'after an answer that broke off it may be sent again',
      async () => googleStream(textChunk('half')),
      /The same request, sent again, may be answered\.$/,
      false,
    ],
  ])('what to do about a failure is told: %s', async (_name, fetch, advice, isOfKeys) => {
    await using proxy = await startProxy({ fetch, env: { MAX_RETRIES: '0', MAX_STREAMING_RETRIES: '0' } });
    await (await proxy.send('/v1/messages', { ...hello, stream: true })).text();
    const detail = await onlyDetail(proxy);
    expect(detail.row.sign).toBe('failed');
    expect(detail.advice).toEqual({ text: expect.stringMatching(advice), isOfKeys });
  });

  test('what to do is told of a request that was refused here, and of none that was answered', async () => {
    await using proxy = await startProxy();
    await (await proxy.send('/v1/messages', { ...hello, max_tokens: undefined })).text();
    await (await proxy.send('/v1/messages', hello)).text();
    const rows = await rowsOf(proxy, 2);
    const details = await Promise.all(rows.map(({ id }) => detailOf(proxy, id)));
    expect(details.map(({ advice }) => advice?.text)).toEqual([
      'Change in the request what the message names, and send it again.',
      undefined,
    ]);
  });

  test('an answer that failed after its beginning has the tokens that it cost, and its status is no end', async () => {
    const usage = { usageMetadata: { promptTokenCount: 900, candidatesTokenCount: 7, totalTokenCount: 907 } };
    await using proxy = await startProxy({
      fetch: async () => googleStream({ ...textChunk('half'), ...usage }),
    });
    await (await proxy.send('/v1/messages', { ...hello, stream: true })).text();
    const detail = await onlyDetail(proxy);
    expect(detail.row).toMatchObject({ status: 200, sign: 'failed', in: 900, cached: 0, out: 7 });
    expect(detail.row.dollars).toBeGreaterThan(0);
    expect(line(detail, 'End')?.text).toBe(
      'the stream ended with the error; its status, 200, had been sent before',
    );
  });

  test.each<[string, unknown, string, string]>([
    ['a field that is missing', { ...hello, max_tokens: undefined, model: 'claude-x' }, 'claude-x', 'hello'],
    [
      'a block that is none',
      { model: 'claude-x', messages: [{ role: 'user', content: [{ text: 'look at this' }, { type: 1 }] }] },
      'claude-x',
      'look at this',
    ],
    ['nothing in its place', { model: 7, messages: ['what?'] }, '', ''],
    ['a secret in it', { model: 'm', messages: [{ content: 'AIza-first-0123456789abcdef' }] }, 'm', 'xxx'],
    ['no object', [1], '', ''],
  ])('a request that was refused shows its model and its words: %s', async (_name, body, asked, says) => {
    await using proxy = await startProxy({
      fetch: async () => googleStream(textChunk('hi', 'STOP')),
      env: { API_KEYS: 'AIza-first-0123456789abcdef' },
    });
    expect((await proxy.send('/v1/messages', body)).status).toBe(400);
    const [row] = await rowsOf(proxy, 1);
    expect([row?.asked, row?.caller]).toEqual([asked, 'unknown']);
    expect(row?.says).toStartWith(says);
    expect(row?.says).not.toContain('AIza');
  });
});
