/** A search that Google refuses gives a result that says so; every other failure stays an error. */
import { describe, expect, test } from 'bun:test';
import { eventNames, googleError, hello, startProxy } from '../../support/proxy.ts';

const search = { ...hello, tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }] };

async function proxyThat(refuses: () => Response) {
  let asked = 0;
  const proxy = await startProxy({
    fetch: async () => {
      asked++;
      return refuses();
    },
    env: { MAX_RETRIES: '0', MAX_STREAMING_RETRIES: '0' },
  });
  return { proxy, asked: () => asked };
}

describe('refused', () => {
  test.each([
    [400, 'INVALID_ARGUMENT', 'Search Grounding is not supported.'],
    [
      400,
      'INVALID_ARGUMENT',
      'google_search is not supported; please use google_search_retrieval field instead.',
    ],
    [400, 'FAILED_PRECONDITION', 'Grounding with Google Search is not available in your region.'],
    [403, 'PERMISSION_DENIED', 'Google Search tool is not enabled for this project.'],
  ])('%d %s: %s', async (status, name, message) => {
    const { proxy, asked } = await proxyThat(() => googleError(status, name, message));
    await using _ = proxy;
    const response = await proxy.send('/v1/messages', search);
    expect(response.status).toBe(200);
    const { content, stop_reason, usage } = (await response.json()) as Record<string, never>;
    expect(content).toMatchObject([
      { type: 'server_tool_use', name: 'web_search', input: { query: 'hello' } },
      {
        type: 'web_search_tool_result',
        content: { type: 'web_search_tool_result_error', error_code: 'unavailable' },
      },
      { type: 'text', text: `The web could not be searched. Gemini: ${message}` },
    ]);
    expect(stop_reason).toBe('end_turn' as never);
    expect(usage).toMatchObject({ server_tool_use: { web_search_requests: 0 } });
    expect(asked()).toBe(1);
    const streamed = await (await proxy.send('/v1/messages', { ...search, stream: true })).text();
    expect(streamed).toContain('"error_code":"unavailable"');
    expect(eventNames(streamed).at(-1)).toBe('message_stop');
  });
});

describe('not for the search', () => {
  test.each([
    [400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.'],
    [401, 'UNAUTHENTICATED', 'API keys are not supported by this API. Google Search says so.'],
    [429, 'RESOURCE_EXHAUSTED', 'Quota exceeded for Google Search grounding.'],
    [503, 'UNAVAILABLE', 'The model is overloaded.'],
  ])('%d %s: %s', async (status, name, message) => {
    const { proxy } = await proxyThat(() => googleError(status, name, message));
    await using _ = proxy;
    expect((await proxy.send('/v1/messages', search)).status).toBeGreaterThanOrEqual(400);
  });

  test('of a request that does not search', async () => {
    const { proxy } = await proxyThat(() =>
      googleError(400, 'INVALID_ARGUMENT', 'Grounding is not supported.'),
    );
    await using _ = proxy;
    expect((await proxy.send('/v1/messages', hello)).status).toBe(400);
  });
});
