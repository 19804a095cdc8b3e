/** What the proxy tries again by itself, how often and when, and what the client is told in the end. */
import { describe, expect, test } from 'bun:test';
import { busy, cut, type Script, says, scriptedGoogle } from '../../support/google/scripted-google.ts';
import {
  eventNames,
  googleError,
  googleStream,
  hello,
  type TestProxy,
  textChunk,
} from '../../support/proxy.ts';

const streamed = { ...hello, stream: true };
/** Fails at every attempt, but not with a status that would open the breaker. */
const broken = () => googleStream({ usageMetadata: { promptTokenCount: 3 } });
const empty = () => googleStream({ candidates: [{ content: { parts: [] }, finishReason: 'STOP' }] });
const thoughtThenCut = () =>
  googleStream({ candidates: [{ content: { parts: [{ text: 'let me see', thought: true }] } }] });

async function ask(script: Script, body: object, env: Record<string, string> = {}) {
  const google = scriptedGoogle(script);
  await using proxy = await google.start({ MODEL_FALLBACKS: 'none', ...env });
  const answer = await google.through(
    proxy.send('/v1/messages', body).then(async (response) => ({ response, text: await response.text() })),
  );
  return { ...answer, ...google, lines: proxy.lines, left: google.clock.sleeping };
}

const lineOf = (lines: TestProxy['lines']) => lines.find(({ path }) => path === '/v1/messages');

describe('a failure before content', () => {
  test.each([
    [0, 1],
    [1, 2],
    [3, 4],
  ])('MAX_STREAMING_RETRIES=%p: a lone client gets %p attempts', async (retries, attempts) => {
    const { response, asked, lines } = await ask(busy, streamed, { MAX_STREAMING_RETRIES: String(retries) });
    expect([response.status, asked.length]).toEqual([529, attempts]);
    expect(lineOf(lines)).toMatchObject({ error: 'overloaded_error', ...(retries ? { retries } : {}) });
  });

  test.each([
    [0, 1],
    [2, 3],
  ])('MAX_RETRIES=%p: the same for a whole answer, %p attempts', async (retries, attempts) => {
    const { response, asked } = await ask(busy, hello, { MAX_RETRIES: String(retries) });
    expect([response.status, asked.length]).toEqual([529, attempts]);
  });

  test('is not seen by the client where a later attempt is well', async () => {
    const { response, text, asked, lines, left } = await ask(
      (one, index) => (index < 3 ? busy() : says(one)),
      streamed,
    );
    expect([response.status, eventNames(text).at(-1), asked.length]).toEqual([200, 'message_stop', 4]);
    expect(lineOf(lines)).toMatchObject({ retries: 3 });
    expect(left).toBe(0);
  });

  test('is tried again by default as often as twelve times, with thirteen attempts in all', async () => {
    const { text, asked } = await ask((one) => (one.stream ? cut(one) : broken()), streamed);
    expect([asked.length, eventNames(text).at(-1) ?? '']).toEqual([13, 'error']);
  });

  test.each([
    ['10', 10_000],
    ['600', 30_000],
  ])('is followed by a wait of as long as Google asks, within reason (retry-after: %p)', async (told, ms) => {
    const asksToWait = () =>
      Response.json(
        { error: { code: 503, message: 'busy' } },
        { status: 503, headers: { 'retry-after': told } },
      );
    const { asked } = await ask((one, index) => (index === 0 ? asksToWait() : says(one)), streamed);
    expect(asked.map(({ at }) => at - (asked[0]?.at ?? 0))).toEqual([0, ms]);
  });

  test('is followed by waits that grow, up to eight seconds, and that nobody can foretell', async () => {
    const { asked } = await ask(() => broken(), streamed);
    const waits = asked.slice(1).map(({ at }, index) => at - (asked[index]?.at ?? 0));
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(Math.min(8_000, 500 * 2 ** index));
    }
    expect(new Set(waits).size).toBe(waits.length);
    expect(Math.max(...waits)).toBeGreaterThan(2_000);
  });

  test.each([
    ['400', () => googleError(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.'), 400],
    ['404', () => googleError(404, 'NOT_FOUND', 'models/x is not found'), 404],
    ['an unknown key', () => googleError(400, 'INVALID_ARGUMENT', 'API key not valid.'), 401],
  ] as const)('%s: never tried again', async (_name, reply, status) => {
    const { response, asked } = await ask(reply, streamed);
    expect([response.status, asked.length]).toEqual([status, 1]);
  });

  test('thoughts are none: the answer begins anew, in the same block', async () => {
    const { text } = await ask((one, index) => (index === 0 ? thoughtThenCut() : says(one)), {
      ...streamed,
      thinking: { type: 'enabled', budget_tokens: 1_024 },
      max_tokens: 4_096,
    });
    expect(text.match(/let me see/g)).toHaveLength(1);
    expect(text).toContain('Hello there');
    expect(eventNames(text).at(-1)).toBe('message_stop');
  });
});

describe('a failure after content', () => {
  test('is told, and nothing more is asked', async () => {
    const { text, asked } = await ask(() => googleStream(textChunk('Hello ')), streamed);
    expect([asked.length, eventNames(text).at(-1)]).toEqual([1, 'error']);
    expect(text).toContain('"type":"overloaded_error"');
  });

  test('is free for a whole answer, of which nothing was told', async () => {
    const { response, text, asked } = await ask(
      (one, index) => (index === 0 ? googleStream(textChunk('half of it')) : says(one)),
      hello,
    );
    expect([response.status, asked.length, text.includes('half of it')]).toEqual([200, 2, false]);
  });
});

describe('an answer that nothing can be made of', () => {
  test('is asked for once more only', async () => {
    const { response, asked, text } = await ask(empty, streamed);
    expect([asked.length, response.status]).toEqual([2, 529]);
    expect(text).toContain('overloaded_error');
  });

  test('leaves no signature behind for the text of the next attempt', async () => {
    const signed = (text: string, thoughtSignature: string) =>
      googleStream({
        candidates: [{ content: { parts: [{ text, thoughtSignature }] }, finishReason: 'STOP' }],
      });
    const google = scriptedGoogle((one, index) => {
      if (index === 0) return signed('', 'b2YgdGhlIGZpcnN0');
      return index === 1 ? signed('Hello there', 'b2YgdGhlIHNlY29uZA==') : says(one);
    });
    await using proxy = await google.start({ MODEL_FALLBACKS: 'none' });
    const say = (messages: object[]) =>
      google.through(proxy.send('/v1/messages', { ...streamed, messages }).then((answer) => answer.text()));
    await say(hello.messages);
    const answered = { role: 'assistant', content: [{ type: 'text', text: 'Hello there' }] };
    await say([...hello.messages, answered, { role: 'user', content: 'go on' }]);
    const next = google.asked[2]?.body ?? '';
    expect([next.includes('b2YgdGhlIHNlY29uZA=='), next.includes('b2YgdGhlIGZpcnN0')]).toEqual([true, false]);
  });

  test('and may then be well', async () => {
    const { text, asked } = await ask((one, index) => (index === 0 ? empty() : says(one)), streamed);
    expect([asked.length, text.includes('Hello there')]).toEqual([2, true]);
  });
});

describe('what the client is told of the time', () => {
  const frontSays = (status: number, seconds: string) => () =>
    new Response('busy', { status, headers: { 'retry-after': seconds } });

  test.each([
    ['a busy model', frontSays(503, '7'), 529, '7', null],
    ['a busy model, for an hour', frontSays(503, '3600'), 529, '60', null],
    ['a quota of a minute', frontSays(429, '45'), 429, '45', null],
    ['a quota of minutes', frontSays(429, '200'), 429, '60', null],
    ['a quota of hours', frontSays(429, '7200'), 429, null, 'false'],
  ] as const)('%s', async (_name, reply, status, retryAfter, shouldRetry) => {
    const env = { MAX_STREAMING_RETRIES: '0' };
    const { response } = await ask(reply, streamed, env);
    expect([
      response.status,
      response.headers.get('retry-after'),
      response.headers.get('x-should-retry'),
    ]).toEqual([status, retryAfter, shouldRetry]);
  });
});

describe('a quota that is back at once, says Google', () => {
  const soon = () => googleError(429, 'RESOURCE_EXHAUSTED', 'Please retry in 853.18ms.');

  test.each([
    [0, 1],
    [2, 3],
  ])('the same key is asked again no more often than %p retries allow', async (retries, sends) => {
    const { response, asked } = await ask(soon, streamed, { MAX_STREAMING_RETRIES: String(retries) });
    expect([response.status, asked.length]).toEqual([429, sends]);
  });

  test('and where Google says nothing else, its words are not missed', async () => {
    const { text } = await ask(soon, hello, { MAX_RETRIES: '2' });
    expect(text).toContain('Gemini quota: Quota exceeded. No key may be asked');
  });

  test('and if it is, nobody hears of it', async () => {
    const { text, asked, lines } = await ask((one, index) => (index < 2 ? soon() : says(one)), streamed);
    expect([eventNames(text).at(-1), asked.length]).toEqual(['message_stop', 3]);
    expect(lineOf(lines)).toMatchObject({ retries: 2 });
  });
});

describe('an error of an odd form', () => {
  const odd = (error: object) => () => Response.json({ error }, { status: 429 });
  test.each([
    ['details that are no list', { code: 429, message: 'x', details: { a: 1 } }],
    ['a message that is no text', { code: 429, message: { text: 'x' } }],
    ['a wait that is no figure', { code: 429, message: 'Please retry in ..s.' }],
    ['a wait of millions of years', { code: 429, message: 'Please retry in 99999999999999s.' }],
  ])('%s: told as what it is, and the proxy is well', async (_what, error) => {
    const google = scriptedGoogle(odd(error));
    await using proxy = await google.start({ MODEL_FALLBACKS: 'none', MAX_RETRIES: '0' });
    const response = await google.through(proxy.send('/v1/messages', hello));
    expect(response.status).toBe(429);
    const health = await proxy.send('/health');
    expect(health.headers.get('content-type')).toContain('json');
    expect(proxy.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
