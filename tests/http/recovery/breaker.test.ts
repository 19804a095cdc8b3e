/**
 * A model that fails for a while, and streams that keep breaking: who is asked, who waits, and what clients are told.
 */
import { describe, expect, test } from 'bun:test';
import { turns, until } from '../../support/google/held-upstream.ts';
import { busy, cut, says, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { eventNames, googleStream, hello, type TestProxy } from '../../support/proxy.ts';

const ARGON = 'gemini-4-argon';
const HYDROGEN = 'gemini-4-hydrogen';
const streamed = { ...hello, stream: true };
/** A thought, and then the connection breaks. */
function resets(): Response {
  const { body, headers } = googleStream({
    candidates: [{ content: { parts: [{ text: 'Hm', thought: true }] } }],
  });
  const reader = body?.getReader();
  const broken = new ReadableStream({
    async pull(controller) {
      const next = await reader?.read();
      if (next?.value) controller.enqueue(next.value);
      else controller.error(new Error('ECONNRESET'));
    },
  });
  return new Response(broken, { headers });
}
const alone = { MODEL_FALLBACKS: 'none' };

type Google = ReturnType<typeof scriptedGoogle>;

const send = (proxy: TestProxy, body: object = streamed) =>
  proxy
    .send('/v1/messages', body)
    .then(async (response) => ({ response, status: response.status, text: await response.text() }));

const ask = (google: Google, proxy: TestProxy, body?: object) => google.through(send(proxy, body));

type Health = {
  breakers: Record<string, string>;
  asked_unary: string[];
  keys: { models: { model: string; state: string; until: string }[] }[];
};
const health = async (proxy: TestProxy): Promise<Health> => (await proxy.send('/health')).json();

describe('a model that fails, where another can answer', () => {
  test('it is tried until it is known to fail, and the other answers the same request', async () => {
    const google = scriptedGoogle((asked) => (asked.model === ARGON ? busy() : says(asked)));
    await using proxy = await google.start();
    const { text } = await ask(google, proxy);
    expect(eventNames(text).at(-1)).toBe('message_stop');
    // The wait before a retry may last until the model is tried again.
    const [last, ...before] = google.models().reverse();
    expect([last, new Set(before)]).toEqual([HYDROGEN, new Set([ARGON])]);
    expect(before.length).toBeWithin(5, 7);
    const [line] = proxy.lines.filter(({ path }) => path === '/v1/messages');
    expect(line).toMatchObject({ gemini_model: HYDROGEN, in_place_of: ARGON });
  });

  test('nobody waits meanwhile, and later one request tries it', async () => {
    let held: PromiseWithResolvers<void> | undefined;
    const google = scriptedGoogle((asked) => {
      if (asked.model !== ARGON) return says(asked);
      return held ? held.promise.then(() => says(asked)) : busy();
    });
    await using proxy = await google.start();
    await ask(google, proxy);
    const opened = google.clock.monotonic();
    google.asked.length = 0;
    for (let i = 0; i < 3; i++) await send(proxy);
    expect([google.models(), google.clock.monotonic()]).toEqual([Array<string>(3).fill(HYDROGEN), opened]);

    await google.clock.advance(10_000);
    held = Promise.withResolvers<void>();
    google.asked.length = 0;
    const probe = send(proxy);
    await until(() => google.asked.length === 1);
    for (let i = 0; i < 3; i++) await send(proxy);
    expect(google.models()).toEqual([ARGON, HYDROGEN, HYDROGEN, HYDROGEN]);
    held.resolve();
    expect((await probe).text).toContain('Hello there');
    await send(proxy);
    expect(google.models().at(-1)).toBe(ARGON);
  });

  test('/health tells which, and until when', async () => {
    const google = scriptedGoogle((asked) => (asked.model === ARGON ? busy() : says(asked)));
    await using proxy = await google.start();
    expect((await health(proxy)).breakers).toEqual({});
    await ask(google, proxy);
    const told = await health(proxy);
    expect(told.breakers).toEqual({ [ARGON]: 'open' });
    expect(told.keys[0]?.models).toMatchObject([{ model: ARGON, state: 'open' }]);
    await google.clock.advance(10_000);
    expect((await health(proxy)).breakers).toEqual({ [ARGON]: 'half-open' });
  });
});

describe('a model that fails, where no other can answer', () => {
  test('the request waits until it may be tried, with pings, and is answered', async () => {
    const google = scriptedGoogle((asked, index) => (index < 6 ? busy() : says(asked)));
    await using proxy = await google.start(alone);
    const { status, text } = await ask(google, proxy);
    const names = eventNames(text);
    expect([status, google.asked.length, names.at(-1)]).toEqual([200, 7, 'message_stop']);
    expect(names).toContain('ping');
    const moments = google.asked.map(({ at }) => at);
    const [fifth = 0, sixth = 0, seventh = 0] = moments.slice(4);
    expect(sixth - fifth).toBeGreaterThanOrEqual(5_000);
    expect(seventh - sixth).toBeGreaterThanOrEqual(10_000);
  });

  test('a crowd waits for one', async () => {
    const google = scriptedGoogle((asked, index) => (index < 5 ? busy() : says(asked)));
    await using proxy = await google.start(alone);
    const crowd = Promise.all(Array.from({ length: 30 }, () => send(proxy)));
    const answers = await google.through(crowd);
    const well = answers.filter(({ text }) => eventNames(text).at(-1) === 'message_stop');
    expect(well.length).toBeGreaterThan(0);
    expect(google.asked.length).toBeLessThanOrEqual(30 * 1.2 + 5);
    expect(google.clock.sleeping).toBe(0);
  });

  test('after three openings nobody waits any more: 503 at once, with when to come back', async () => {
    const google = scriptedGoogle(busy);
    await using proxy = await google.start(alone);
    const { text } = await ask(google, proxy);
    expect([google.asked.length, eventNames(text).at(-1)]).toEqual([7, 'error']);
    const now = google.clock.monotonic();
    const next = await send(proxy);
    expect([next.status, google.asked.length, google.clock.monotonic()]).toEqual([503, 7, now]);
    expect(Number(next.response.headers.get('retry-after'))).toBeGreaterThan(15);
    expect(next.text).toContain('keeps failing');
    await google.clock.advance(20_000);
    await ask(google, proxy);
    expect(google.asked.length).toBe(8);
  });

  test('a client that leaves while it waits leaves no timer', async () => {
    const google = scriptedGoogle(busy);
    await using proxy = await google.start(alone);
    const client = new AbortController();
    const pending = fetch(`${proxy.url}/v1/messages`, {
      method: 'POST',
      body: JSON.stringify(streamed),
      headers: { 'anthropic-version': '2023-06-01' },
      signal: client.signal,
    });
    pending.catch(() => {});
    await until(() => google.asked.length === 1);
    while (google.asked.length < 5) {
      await turns();
      await google.clock.skip();
    }
    await turns();
    client.abort();
    await until(() => google.clock.sleeping === 0);
  });

  test('a count is estimated', async () => {
    const google = scriptedGoogle(busy);
    await using proxy = await google.start(alone);
    await ask(google, proxy);
    const response = await proxy.send('/v1/messages/count_tokens', hello);
    expect([response.status, await response.json()]).toEqual([200, { input_tokens: expect.any(Number) }]);
  });
});

test('counts that fail say nothing of answers: the model answers all the same', async () => {
  const google = scriptedGoogle((asked) => (asked.count ? busy() : says(asked)));
  await using proxy = await google.start();
  for (let i = 0; i < 12; i++) await google.through(proxy.send('/v1/messages/count_tokens', hello));
  await ask(google, proxy);
  expect(google.models().at(-1)).toBe(ARGON);
});

describe('streams that keep breaking', () => {
  test('a connection that breaks behind the head: the next attempt asks for the whole answer', async () => {
    const google = scriptedGoogle((asked) => (asked.stream ? resets() : says(asked)));
    await using proxy = await google.start(alone);
    const { text } = await ask(google, proxy);
    expect(eventNames(text).at(-1)).toBe('message_stop');
    expect(google.asked.map(({ stream }) => stream)).toEqual([true, false]);
  });

  test('after three in a row, answers are asked for whole for a minute; then one is a stream again', async () => {
    let well = false;
    const google = scriptedGoogle((asked) => (well ? says(asked) : cut(asked)));
    await using proxy = await google.start(alone);
    const forms = () => google.asked.splice(0).map(({ stream }) => (stream ? 'stream' : 'whole'));
    for (let i = 0; i < 3; i++) {
      const { text } = await ask(google, proxy);
      expect(eventNames(text).at(-1)).toBe('message_stop');
    }
    expect(forms()).toEqual(['stream', 'whole', 'stream', 'whole', 'stream', 'whole']);
    expect((await health(proxy)).asked_unary).toEqual([ARGON]);

    const { text } = await ask(google, proxy);
    expect([forms(), eventNames(text).at(0), eventNames(text).at(-1)]).toEqual([
      ['whole'],
      'message_start',
      'message_stop',
    ]);
    await google.clock.advance(60_000);
    await ask(google, proxy);
    expect(forms()).toEqual(['stream', 'whole']);

    well = true;
    await ask(google, proxy);
    expect(forms()).toEqual(['whole']);
    await google.clock.advance(120_000);
    for (let i = 0; i < 2; i++) await ask(google, proxy);
    expect(forms()).toEqual(['stream', 'stream']);
    expect((await health(proxy)).asked_unary).toEqual([]);
  });

  test('of one model say nothing of another', async () => {
    const google = scriptedGoogle((asked) => (asked.model === ARGON ? cut(asked) : says(asked)));
    await using proxy = await google.start(alone);
    for (let i = 0; i < 3; i++) await ask(google, proxy);
    await ask(google, proxy, { ...streamed, model: 'claude-haiku-5-5' });
    expect(google.asked.at(-1)).toMatchObject({ model: HYDROGEN, stream: true });
  });

  test('do not count where the key or the model was to blame', async () => {
    const google = scriptedGoogle((asked, index) => (index % 2 === 0 ? busy() : says(asked)));
    await using proxy = await google.start(alone);
    for (let i = 0; i < 4; i++) await ask(google, proxy);
    expect((await health(proxy)).asked_unary).toEqual([]);
  });
});

describe('of two keys one fails', () => {
  test('once its breaker is open, the other is asked at once', async () => {
    const google = scriptedGoogle((asked) => (asked.key === 'key-one' ? busy() : says(asked)));
    await using proxy = await google.start({ ...alone, API_KEYS: 'key-one,key-two' });
    const { text } = await ask(google, proxy);
    expect(eventNames(text).at(-1)).toBe('message_stop');
    const [last, before] = google.asked.slice(-2).reverse();
    expect([last?.key, before?.key, last?.at]).toEqual(['key-two', 'key-one', before?.at]);
    expect(google.asked).toHaveLength(6);
  });
});

test('a whole answer whose retries are spent is asked of the next model, once', async () => {
  const google = scriptedGoogle((asked) => (asked.model === ARGON ? busy() : says(asked)));
  await using proxy = await google.start();
  const { status } = await ask(google, proxy, hello);
  expect([status, ...google.models()]).toEqual([200, ARGON, ARGON, ARGON, HYDROGEN]);
});
