/** Requests that are too large for Google: the client is told so, and where that is certain they are not sent. */
import { describe, expect, test } from 'bun:test';
import { MAX_PAYLOAD_BYTES, payloadRefusal } from '../../../src/gemini/payload.ts';
import { says, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { googleError, hello } from '../../support/proxy.ts';

const large = { ...hello, messages: [{ role: 'user', content: 'x'.repeat(MAX_PAYLOAD_BYTES) }] };

describe('a body of', () => {
  test.each([
    ['the limit, in bytes', 'x'.repeat(MAX_PAYLOAD_BYTES), false],
    ['one byte more', 'x'.repeat(MAX_PAYLOAD_BYTES + 1), true],
    ['fewer characters, but more bytes', 'é'.repeat(MAX_PAYLOAD_BYTES / 2 + 1), true],
    ['pairs of surrogates', '😀'.repeat(MAX_PAYLOAD_BYTES / 4), false],
    ['a third of the characters, three bytes each', '€'.repeat(Math.floor(MAX_PAYLOAD_BYTES / 3)), false],
  ])('%s is too large: %p', (_name, body, isTooLarge) => {
    expect(payloadRefusal(body) !== undefined).toBe(isTooLarge);
  });
});

describe('a request over 20 MB', () => {
  test.each([true, false])('is told as 413 and not sent (stream %p)', async (stream) => {
    const google = scriptedGoogle((asked) => says(asked));
    await using proxy = await google.start();
    const response = await proxy.send('/v1/messages', { ...large, stream });
    expect([response.status, (await response.json()).error]).toEqual([
      413,
      { type: 'request_too_large', message: expect.stringContaining(`${MAX_PAYLOAD_BYTES} bytes`) },
    ]);
    expect(google.asked).toHaveLength(0);
  });

  test.each([
    ['https://generativelanguage.googleapis.com', 413],
    ['https://gateway.example', 200],
    ['https://googleapis.com.example', 200],
  ])("is another's to judge where another answers: %s", async (baseUrl, status) => {
    const google = scriptedGoogle((asked) => says(asked));
    await using proxy = await google.start({ GOOGLE_GEMINI_BASE_URL: baseUrl });
    const response = await google.finish(proxy.send('/v1/messages', large));
    expect([response.status, google.asked.length]).toEqual([status, status === 200 ? 1 : 0]);
  });

  test('has its tokens estimated', async () => {
    const google = scriptedGoogle((asked) => says(asked));
    await using proxy = await google.start();
    const response = await proxy.send('/v1/messages/count_tokens', large);
    expect(await response.json()).toEqual({ input_tokens: expect.any(Number) });
    expect(google.asked).toHaveLength(0);
  });

  test.each([
    [
      '400',
      () =>
        googleError(
          400,
          'INVALID_ARGUMENT',
          `Request payload size exceeds the limit: ${MAX_PAYLOAD_BYTES} bytes.`,
        ),
    ],
    [
      'a page with 413',
      () => new Response('<html>413', { status: 413, headers: { 'content-type': 'text/html' } }),
    ],
  ])('that Google refuses with %s is told as 413, once', async (_name, refuse) => {
    const google = scriptedGoogle(refuse);
    await using proxy = await google.start({ API_KEYS: 'key-one,key-two' });
    const response = await google.through(proxy.send('/v1/messages', hello));
    expect([response.status, (await response.json()).error.type]).toEqual([413, 'request_too_large']);
    expect(google.asked).toHaveLength(1);
  });
});
