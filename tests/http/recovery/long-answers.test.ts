/** A long answer of Gemini 4 comes over several requests, and is one answer for the client. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Fetch, systemClock } from '../../../src/lib/ports.ts';
import { eventNames, googleError, googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';

const asks = { ...hello, max_tokens: 128_000, stream: true };
const TOKEN = 'dG9rZW4=';

const cutAnswer = (text: string, continuationToken = TOKEN) => {
  const { candidates, usageMetadata } = textChunk(text, 'CONTINUATION');
  return googleStream({
    candidates: candidates.map((one) => ({ ...one, continuationToken })),
    usageMetadata,
  });
};

type Asked = { key: string | null; url: string; body: Record<string, unknown> };

/** Google that gives these answers in turn, the last one again and again. */
function google(...answers: (() => Response)[]) {
  const asked: Asked[] = [];
  const fetch: Fetch = async (url, init) => {
    const key = new Headers(init.headers).get('x-goog-api-key');
    asked.push({ key, url, body: JSON.parse(String(init.body)) });
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    if (!answer) throw new Error('no answer');
    return answer();
  };
  return { asked, fetch };
}

const ending = (text: string) =>
  JSON.parse(/data: (\{"type":"message_delta".*)/.exec(text)?.[1] ?? 'null') as Record<string, never>;

describe('a long answer', () => {
  test('is asked for with the same request, the token of the last answer, and the same key', async () => {
    const { asked, fetch } = google(
      () => cutAnswer('one, '),
      () => cutAnswer('two, ', 'bmV4dA=='),
      () => googleStream(textChunk('three.', 'STOP')),
    );
    await using proxy = await startProxy({ fetch, env: { API_KEYS: 'AIza-key-a,AIza-key-b,AIza-key-c' } });
    const text = await (await proxy.send('/v1/messages', asks)).text();
    expect(asked).toHaveLength(3);
    const [first] = asked;
    expect(asked.map(({ key, url, body: { continuationToken, ...body } }) => ({ key, url, body }))).toEqual(
      asked.map(() => ({ ...first }) as Asked),
    );
    expect(asked.map(({ body }) => body['continuationToken'])).toEqual([undefined, TOKEN, 'bmV4dA==']);
    expect(eventNames(text).filter((name) => name === 'message_start')).toHaveLength(1);
    expect([...text.matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, piece]) => piece)).toEqual([
      'one, ',
      'two, ',
      'three.',
    ]);
    expect(ending(text)).toMatchObject({
      delta: { stop_reason: 'end_turn' },
      usage: { input_tokens: 60, cache_read_input_tokens: 30, output_tokens: 12 },
    });
  });

  test('may have more tokens than one request gives, as many as the client allows', async () => {
    const { asked, fetch } = google(() => googleStream(textChunk('all', 'STOP')));
    await using proxy = await startProxy({ fetch });
    for (const model of ['claude-opus-5-5', 'gemini-3.8-flash'])
      await (await proxy.send('/v1/messages', { ...asks, model })).text();
    const limits = asked.map(({ body }) => Object(body['generationConfig']).maxOutputTokens);
    expect(limits).toEqual([132_096, 65_536]);
  });

  test('is told in the story and in the log', async () => {
    const { fetch } = google(
      () => cutAnswer('one, '),
      () => googleStream(textChunk('two.', 'STOP')),
    );
    await using proxy = await startProxy({ fetch });
    await (await proxy.send('/v1/messages', asks)).text();
    const kinds = proxy.story().map(({ type }) => type);
    expect(kinds.filter((type) => ['attempt', 'continued', 'head'].includes(type))).toEqual([
      'attempt',
      'head',
      'continued',
      'head',
    ]);
    const line = proxy.lines.find(({ path }) => path === '/v1/messages');
    expect(line).toMatchObject({ continued: 1, status: 200 });
    expect(line).not.toHaveProperty('retries');
  });

  test('whose first request gives no content yet is one for a client that wants no stream, too', async () => {
    const { fetch } = google(
      () => cutAnswer('one, '),
      () => googleStream(textChunk('two.', 'STOP')),
    );
    await using proxy = await startProxy({ fetch });
    const response = await proxy.send('/v1/messages', { ...asks, stream: false });
    expect(await response.json()).toMatchObject({
      content: [{ type: 'text', text: 'one, two.' }],
      stop_reason: 'end_turn',
      usage: { output_tokens: 8 },
    });
  });

  test('that never ends is ended after 32 further requests, as one that reached max_tokens', async () => {
    const { asked, fetch } = google(() => cutAnswer('more '));
    await using proxy = await startProxy({ fetch });
    const text = await (await proxy.send('/v1/messages', asks)).text();
    expect(asked).toHaveLength(33);
    expect(ending(text)).toMatchObject({ delta: { stop_reason: 'max_tokens' } });
  });

  test('is not gone on with an hour after the request', async () => {
    let skew = 0;
    const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + skew };
    const { asked, fetch } = google(() => {
      skew += 1_900_000;
      return cutAnswer('more ');
    });
    await using proxy = await startProxy({ fetch, clock });
    const text = await (await proxy.send('/v1/messages', asks)).text();
    expect(asked).toHaveLength(2);
    expect(ending(text)).toMatchObject({ delta: { stop_reason: 'max_tokens' } });
  });

  test('of which the rest is refused ends with an error that makes the client ask again', async () => {
    const { fetch } = google(
      () => cutAnswer('one, '),
      () => googleError(400, 'INVALID_ARGUMENT', 'Continuation token expired.'),
    );
    await using proxy = await startProxy({ fetch });
    const text = await (await proxy.send('/v1/messages', asks)).text();
    expect([eventNames(text).at(-1) ?? '', text.includes('end_turn')]).toEqual(['error', false]);
    expect(text).toContain('overloaded_error');
    expect(text).toContain('Continuation token expired.');
  });

  test.each([
    ['a number', 7],
    ['empty', ''],
    ['an object', {}],
  ])('with a token that is %s is not gone on with', async (_what, token) => {
    const { asked, fetch } = google(() => cutAnswer('one', token as string));
    await using proxy = await startProxy({ fetch });
    const text = await (await proxy.send('/v1/messages', asks)).text();
    expect(asked).toHaveLength(1);
    expect(ending(text)).toMatchObject({ delta: { stop_reason: 'max_tokens' } });
  });
});

describe('over the mock', () => {
  const folder = mkdtempSync(join(tmpdir(), 'long-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What the mock says, where a request gives so many tokens. */
  async function said(outputTokens: number, body: object) {
    const file = join(folder, 'models.json');
    writeFileSync(file, JSON.stringify([{ id: 'gemini-4-argon', outputTokens }]));
    await using proxy = await startProxy({ env: { MODELS_FILE: file } });
    const messages = [{ role: 'user', content: 'Tell me about yourself, at length' }];
    const response = await proxy.send('/v1/messages', { ...hello, messages, max_tokens: 2_000, ...body });
    return { message: await response.json(), continued: proxy.told('continued').length };
  }

  test.each([5, 20])(
    'an answer that comes %p tokens a request says what one request would',
    async (tokens) => {
      const whole = await said(65_536, {});
      const pieces = await said(tokens, {});
      expect([whole.continued, pieces.continued > 0]).toEqual([0, true]);
      expect(pieces.message.content).toEqual(whole.message.content);
      expect(pieces.message.usage.output_tokens).toBe(whole.message.usage.output_tokens);
      expect(pieces.message.stop_reason).toBe(whole.message.stop_reason);
    },
  );
});
