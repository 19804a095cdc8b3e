/** Three keys behind the real server, and a Google that tells each of them something else. */
import { describe, expect, test } from 'bun:test';
import type { Fetch } from '../../../src/lib/ports.ts';
import { reader, turns, until } from '../../support/google/held-upstream.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { eventNames, googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';

const KEYS = ['key-one', 'key-two', 'key-three'] as const;
type KeyName = (typeof KEYS)[number];
type Reply = () => Response;
const streamed = { ...hello, stream: true };
const session = { 'x-claude-code-session-id': 'session-1' };

const refuse = (code: number, message: string, ...details: object[]): Response =>
  Response.json({ error: { code, message, details } }, { status: code });
const badKey = () => refuse(400, 'API key not valid. Please pass a valid API key.');
const perMinute = (seconds: number) => () => refuse(429, `Quota exceeded. Please retry in ${seconds}s.`);
const perDay = () =>
  refuse(429, 'Quota exceeded.', { violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel' }] });
const happy = () => googleStream(textChunk('Hello there', 'STOP'));

/** Answers by the key that it was asked with; the last reply of a key repeats. */
function threeKeys(script: Partial<Record<KeyName, Reply[]>>, clock = new ManualClock()) {
  const asked: { key: string; body: string }[] = [];
  const fetch: Fetch = async (_url, init) => {
    const key = new Headers(init.headers).get('x-goog-api-key') ?? '';
    asked.push({ key, body: String(init.body) });
    const replies = script[key as KeyName] ?? [];
    const reply = replies.length > 1 ? replies.shift() : replies[0];
    return (reply ?? happy)();
  };
  const names = () => asked.map(({ key }) => key);
  return {
    asked,
    names,
    clock,
    start: () => startProxy({ fetch, clock, env: { API_KEYS: KEYS.join(',') } }),
  };
}

type Health = { keys: { state: string; models: { state: string; until: string | null }[] }[] };

describe('several keys', () => {
  test('sessions are dealt to keys, and stay', async () => {
    const google = threeKeys({});
    await using proxy = await google.start();
    for (const id of ['s1', 's2', 's1', 's3', 's2']) {
      const user_id = JSON.stringify({ device_id: 'd', session_id: id });
      await (await proxy.send('/v1/messages', { ...streamed, metadata: { user_id } })).text();
    }
    expect(google.names()).toEqual(['key-one', 'key-two', 'key-one', 'key-three', 'key-two']);
  });

  test.each([true, false])(
    'a refused key is not seen by the client, and not asked again (stream %p)',
    async (stream) => {
      const whole = () => Response.json(textChunk('Hello there', 'STOP'));
      const answer = stream ? happy : whole;
      const google = threeKeys({ 'key-one': [badKey], 'key-two': [answer] });
      await using proxy = await google.start();
      const first = await proxy.send('/v1/messages', { ...hello, stream }, session);
      expect([first.status, (await first.text()).includes('Hello there')]).toEqual([200, true]);
      await (await proxy.send('/v1/messages', { ...hello, stream }, session)).text();
      expect(google.names()).toEqual(['key-one', 'key-two', 'key-two']);
      const { keys }: Health = await (await proxy.send('/health')).json();
      expect(keys.map(({ state }) => state)).toEqual(['out', 'in use', 'in use']);
      const text = JSON.stringify([keys, proxy.lines]);
      for (const key of KEYS) expect(text).not.toContain(key);
      const [line] = proxy.lines.filter(({ status }) => status === 200);
      expect(line).toMatchObject({ failovers: 1 });
      expect(line).not.toHaveProperty('retries');
    },
  );

  test('a quota error inside a 200, before content: the next key answers', async () => {
    const broken = () =>
      googleStream({ error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'gone' } });
    const google = threeKeys({ 'key-one': [broken] });
    await using proxy = await google.start();
    const text = await (await proxy.send('/v1/messages', streamed)).text();
    expect(eventNames(text).at(-1)).toBe('message_stop');
    expect(google.names()).toEqual(['key-one', 'key-two']);
  });

  test('a signature goes to the key that made it, and to no other', async () => {
    const signed = () =>
      googleStream({
        candidates: [
          {
            content: {
              parts: [{ functionCall: { name: 'look', args: {} }, thoughtSignature: 'c2lnbmVk' }],
            },
            finishReason: 'STOP',
          },
        ],
      });
    const google = threeKeys({ 'key-one': [signed, happy, perDay] });
    await using proxy = await google.start();
    const tools = [{ name: 'look', input_schema: { type: 'object' } }];
    const first = await (await proxy.send('/v1/messages', { ...streamed, tools }, session)).text();
    const id = /"id":"(toolu_[^"]+)"/.exec(first)?.[1];
    const messages = [
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: [{ type: 'tool_use', id, name: 'look', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'seen' }] },
    ];
    for (let i = 0; i < 3; i++)
      await (await proxy.send('/v1/messages', { ...streamed, tools, messages }, session)).text();
    const sent = google.asked.map(({ key, body }) => `${key} ${body.includes('c2lnbmVk')}`);
    expect(sent).toEqual(['key-one false', 'key-one true', 'key-one true', 'key-two false', 'key-two false']);
  });

  test('a key whose day is over is parked until midnight in California, for that model only', async () => {
    const google = threeKeys({ 'key-one': [perDay, happy] });
    await using proxy = await google.start();
    const ask = async (model: string) =>
      (await proxy.send('/v1/messages', { ...streamed, model }, session)).text();
    await ask('claude-opus-5-5');
    const { keys }: Health = await (await proxy.send('/health')).json();
    expect(keys[0]).toMatchObject({
      state: 'in use',
      models: [{ model: 'gemini-4-argon', state: 'parked', until: '2026-11-30T08:00:00.000Z' }],
    });
    await ask('claude-opus-5-5');
    await ask('claude-haiku-5-5');
    expect(google.names()).toEqual(['key-one', 'key-two', 'key-two', 'key-one']);
  });

  test('every key out for a short time: the stream waits with pings, then the answer comes', async () => {
    const google = threeKeys({
      'key-one': [perMinute(25), happy],
      'key-two': [perMinute(22), happy],
      'key-three': [perMinute(29), happy],
    });
    const { clock } = google;
    await using proxy = await google.start();
    const pending = proxy.send('/v1/messages', streamed);
    await until(() => google.asked.length === 3);
    await turns();
    await clock.advance(8_000);
    const events = reader(await pending);
    await events.until('message_start');
    await clock.advance(10_000);
    await events.until('ping');
    expect(google.asked).toHaveLength(3);
    await clock.advance(4_000);
    const text = await events.rest();
    expect(eventNames(text).at(-1)).toBe('message_stop');
    expect(google.names()).toEqual([...KEYS, 'key-two']);
  });

  test('out for up to a minute: 429 with retry-after, and nothing more is sent until then', async () => {
    const google = threeKeys({
      'key-one': [perMinute(55)],
      'key-two': [perMinute(45)],
      'key-three': [perMinute(50)],
    });
    await using proxy = await google.start();
    for (let i = 0; i < 2; i++) {
      const response = await proxy.send('/v1/messages', streamed);
      expect([response.status, response.headers.get('retry-after')]).toEqual([429, '45']);
    }
    expect(google.asked).toHaveLength(3);
  });

  test('out for the day: 429 that is not to be retried, with when and what to do', async () => {
    const google = threeKeys({ 'key-one': [perDay], 'key-two': [perDay], 'key-three': [perDay] });
    await using proxy = await google.start();
    const response = await proxy.send('/v1/messages', streamed);
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([429, 'false']);
    expect(await response.text()).toMatch(/back at 2026-11-30T08:00:00.000Z.*API_KEYS/);
  });

  test('a client that leaves while it waits: no timer is left', async () => {
    const google = threeKeys({
      'key-one': [perMinute(20)],
      'key-two': [perMinute(20)],
      'key-three': [perMinute(20)],
    });
    await using proxy = await google.start();
    const client = new AbortController();
    const pending = fetch(`${proxy.url}/v1/messages`, {
      method: 'POST',
      body: JSON.stringify(streamed),
      headers: { 'anthropic-version': '2023-06-01' },
      signal: client.signal,
    });
    pending.catch(() => {});
    await until(() => google.asked.length === 3);
    await turns();
    client.abort();
    await until(() => google.clock.sleeping === 0);
  });

  test('a count takes the next key, and is estimated where none is free', async () => {
    const counted = () => Response.json({ totalTokens: 7 });
    const google = threeKeys({ 'key-one': [perDay], 'key-two': [counted, perDay], 'key-three': [perDay] });
    await using proxy = await google.start();
    const count = async (content = 'one') =>
      (
        await proxy.send('/v1/messages/count_tokens', { ...hello, messages: [{ role: 'user', content }] })
      ).json();
    expect(await count()).toEqual({ input_tokens: 7 });
    expect(await count('two')).toEqual({ input_tokens: expect.any(Number) });
    expect(google.asked).toHaveLength(4);
  });

  test('/test-connection tries every key, and takes back one that works again', async () => {
    const google = threeKeys({
      'key-one': [badKey, happyWhole],
      'key-two': [perDay],
      'key-three': [happyWhole],
    });
    await using proxy = await google.start();
    const tested = async () => {
      const response = await proxy.send('/test-connection');
      return { code: response.status, ...(await response.json()) };
    };
    expect(await tested()).toMatchObject({
      code: 200,
      message: 'Gemini answered to 1 of 3 keys',
      keys: [
        { status: 'failed', state: 'out', error_type: 'authentication_error' },
        { status: 'failed', state: 'in use', models: [{ state: 'parked' }] },
        { status: 'ok', state: 'in use', models: [] },
      ],
    });
    expect(await tested()).toMatchObject({ keys: [{ status: 'ok', state: 'in use' }, {}, {}] });
  });
});

const happyWhole = () => Response.json(textChunk('Hi', 'STOP'));
