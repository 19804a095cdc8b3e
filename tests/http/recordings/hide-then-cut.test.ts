/**
 * Wherever a text of upstream's is cut, no part of a key is left before the cut, neither in what the client is told nor
 * in the log. The key is put at every place around each length at which a text is, or once was, cut.
 */
import { describe, expect, test } from 'bun:test';
import {
  GEMINI_KEY,
  googleError,
  googleStream,
  hello,
  startProxy,
  type TestProxy,
} from '../../support/proxy.ts';

/** So many characters of a key in a row do not occur by chance. */
const TELLING = 8;
const PARTS = Array.from({ length: GEMINI_KEY.length - TELLING + 1 }, (_, at) =>
  GEMINI_KEY.slice(at, at + TELLING),
);
const CUTS = [60, 100, 200, 300, 500, 2_000, 2_048, 65_536];

/** The key begins so far before a cut, and ends behind it. */
const PLACES = CUTS.flatMap((cut) =>
  [2, 9, GEMINI_KEY.length >> 1, GEMINI_KEY.length - 1].map((back) => cut - back),
);

const filled = (length: number) => 'words '.repeat(Math.max(0, length)).slice(0, Math.max(0, length));
const around = (place: number, before = 0) =>
  `${filled(place - before)}${GEMINI_KEY} and the rest ${filled(400)}`;

const candidate = (more: object) => googleStream({ candidates: [{ index: 0, ...more }] });
const call = (name: string, args: unknown) =>
  candidate({ content: { parts: [{ functionCall: { name, args } }] }, finishReason: 'STOP' });
const text = (body: string) => (status: number) =>
  new Response(body, { status, headers: { 'content-type': 'text/plain' } });

/** The ways by which upstream's texts get into messages and logs. */
const WAYS: readonly (readonly [string, (said: string) => Response])[] = [
  ['a message of Google’s', (said) => googleError(400, 'INVALID_ARGUMENT', said)],
  [
    'a message of Google’s about the key',
    (said) => googleError(400, 'INVALID_ARGUMENT', `API key not valid. ${said}`),
  ],
  ['a quota', (said) => googleError(429, 'RESOURCE_EXHAUSTED', `Out of requests per day. ${said}`)],
  [
    'a tool that is refused',
    (said) => googleError(400, 'INVALID_ARGUMENT', `tools[0].function_declarations[0].name: ${said}`),
  ],
  ['a refused signature', (said) => googleError(400, 'INVALID_ARGUMENT', `thought signature ${said}`)],
  ['a line of text', (said) => text(said)(400)],
  ['a line of text with 403', (said) => text(said)(403)],
  ['a line of text with 404', (said) => text(said)(404)],
  [
    'an error inside a stream',
    (said) => googleStream({ error: { code: 400, status: 'INVALID_ARGUMENT', message: said } }),
  ],
  [
    'a broken event',
    (said) =>
      new Response(`data: {"a": ${said}\r\n\r\n`, { headers: { 'content-type': 'text/event-stream' } }),
  ],
  ['an event of no known shape', (said) => googleStream({ unknown: said })],
  ['the name of a call whose arguments are none', (said) => call(said, 7)],
  ['a malformed call', (said) => candidate({ finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: said })],
  ['a refusal', (said) => candidate({ finishReason: 'MODEL_ARMOR', finishMessage: said })],
  [
    'a blocked prompt',
    (said) => googleStream({ promptFeedback: { blockReason: 'MODEL_ARMOR', blockReasonMessage: said } }),
  ],
  ['a reason that nobody knows', (said) => googleStream({ promptFeedback: { blockReason: said } })],
];

const tools = [{ name: 'look', input_schema: { type: 'object' } }];
const request = { ...hello, tools, tool_choice: { type: 'auto' } };

async function everythingTold(proxy: TestProxy): Promise<string> {
  const told: string[] = [];
  for (const stream of [true, false])
    told.push(await (await proxy.send('/v1/messages', { ...request, stream })).text());
  told.push(
    await (await proxy.send('/v1/messages/count_tokens', { ...hello, max_tokens: undefined })).text(),
  );
  told.push(await (await proxy.send('/health')).text());
  return `${told.join('\n')}\n${JSON.stringify(proxy.lines)}`;
}

describe.each(WAYS)('%s', (_name, says) => {
  test('leaves no part of a key, wherever it is cut', async () => {
    let said = '';
    const env = { MAX_RETRIES: '0', MAX_STREAMING_RETRIES: '0', MODEL_FALLBACKS: 'none' };
    await using proxy = await startProxy({ fetch: async () => says(said), env });
    for (const place of PLACES) {
      // What the proxy writes before the text counts as well.
      for (const before of [0, 30, 60]) {
        said = around(place, before);
        proxy.lines.length = 0;
        const told = await everythingTold(proxy);
        const found = PARTS.filter((part) => told.includes(part));
        expect({ place, before, found }).toEqual({ place, before, found: [] });
      }
    }
  });
});

describe('what upstream says', () => {
  const ESC = '\u001b[31mred\u001b[0m';
  const RAW = `a\u0000b ${ESC} c\r\nd \u202eturned\u202c \u2028 \u0085 e`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/;

  test.each([
    ['an error', () => googleError(400, 'INVALID_ARGUMENT', RAW), (json: Told) => json.error?.message],
    ['a line of text', () => text(RAW)(400), (json: Told) => json.error?.message],
    [
      'a refusal',
      () => Response.json({ promptFeedback: { blockReason: 'MODEL_ARMOR', blockReasonMessage: RAW } }),
      (json: Told) => json.stop_details?.explanation,
    ],
  ] as const)('is told without control characters: %s', async (_name, reply, read) => {
    await using proxy = await startProxy({ fetch: async () => reply() });
    const told = read(await (await proxy.send('/v1/messages', hello)).json());
    expect(told).toContain('turned');
    expect(told).not.toMatch(CONTROLS);
  });

  test.each(['words ', '€', '😀'])('is told in 2 kB at most, of %p', async (word) => {
    const long = word.repeat(20_000);
    await using proxy = await startProxy({ fetch: async () => googleError(400, 'INVALID_ARGUMENT', long) });
    const { error } = await (await proxy.send('/v1/messages', hello)).json();
    expect(Buffer.byteLength(error.message)).toBeLessThanOrEqual(2_048);
    expect(error.message).toMatch(/^Gemini: .*… \(\d+ characters\)$/);
    expect(error.message).not.toContain('\ufffd');
  });
});

type Told = { error?: { message: string }; stop_details?: { explanation: string } };
