import { describe, expect, test } from 'bun:test';
import type { Fetch } from '../../src/lib/ports.ts';
import { heldUpstream, turns, until } from '../support/google/held-upstream.ts';
import { eventNames, googleError, googleStream, hello, startProxy, textChunk } from '../support/proxy.ts';

const streamed = { ...hello, stream: true };

const answers =
  (...replies: (() => Response | Promise<Response>)[]): Fetch =>
  async () => {
    const reply = replies.shift();
    if (!reply) throw new Error('asked once too often');
    return reply();
  };

const happy = () => googleStream(textChunk('Hello '), textChunk('there', 'STOP'));

describe('a streamed answer', () => {
  test('has the headers, the grammar and the model that was asked for', async () => {
    await using proxy = await startProxy({ fetch: answers(happy) });
    const response = await proxy.send('/v1/messages', streamed);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    const text = await response.text();
    expect(eventNames(text)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(text).toContain('"model":"claude-opus-5-5"');
  });

  test('without stream: the same, folded', async () => {
    await using proxy = await startProxy({ fetch: answers(happy) });
    const response = await proxy.send('/v1/messages', hello);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toMatchObject({
      type: 'message',
      content: [{ type: 'text', text: 'Hello there' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 20, cache_read_input_tokens: 10, output_tokens: 4 },
    });
  });

  test('max_tokens 0 asks nothing of upstream, streamed or not', async () => {
    await using proxy = await startProxy({ fetch: answers() });
    const whole = await proxy.send('/v1/messages', { ...hello, max_tokens: 0 });
    expect(await whole.json()).toMatchObject({ content: [], stop_reason: 'max_tokens' });
    const events = eventNames(
      await (await proxy.send('/v1/messages', { ...streamed, max_tokens: 0 })).text(),
    );
    expect(events).toEqual(['message_start', 'message_delta', 'message_stop']);
  });

  test('FORCE_DISABLE_STREAMING calls unary, and still streams to the client', async () => {
    const urls: string[] = [];
    const fetch: Fetch = async (url) => {
      urls.push(new URL(url).pathname);
      return Response.json(textChunk('whole', 'STOP'));
    };
    await using proxy = await startProxy({ fetch, env: { FORCE_DISABLE_STREAMING: 'true' } });
    const text = await (await proxy.send('/v1/messages', streamed)).text();
    expect(eventNames(text).at(-1)).toBe('message_stop');
    expect(urls).toEqual(['/v1beta/models/gemini-4-argon:generateContent']);
  });
});

describe('failures', () => {
  test.each([true, false])('before the first frame: a true status (stream: %p)', async (stream) => {
    const refuse = () => googleError(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.');
    await using proxy = await startProxy({ fetch: answers(refuse) });
    const response = await proxy.send('/v1/messages', { ...hello, stream });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
  });

  test('a busy upstream is asked once more', async () => {
    await using proxy = await startProxy({ fetch: answers(busy, happy) });
    const text = await (await proxy.send('/v1/messages', streamed)).text();
    expect(eventNames(text).at(-1)).toBe('message_stop');
    expect(await (await proxy.send('/health')).json()).toMatchObject({ retries: 1 });
  });

  const noEvent = () =>
    new Response('data: {oops\r\n\r\n', { headers: { 'content-type': 'text/event-stream' } });
  const noEnd = () => googleStream({ candidates: [{ content: { parts: [{ text: 'Hm', thought: true }] } }] });
  const busy = () => googleError(503, 'UNAVAILABLE', 'The model is overloaded.');

  test.each([
    ['a broken event', noEvent, 'generateContent'],
    ['no end', noEnd, 'generateContent'],
    ['a busy upstream', busy, 'streamGenerateContent'],
  ])('after %s in a stream the next attempt calls the right method', async (_name, failure, method) => {
    const methods: (string | undefined)[] = [];
    const replies = answers(failure, () => Response.json(textChunk('All of it', 'STOP')));
    const fetch: Fetch = (url, init, exchange) => {
      methods.push(new URL(url).pathname.split(':')[1]);
      return replies(url, init, exchange);
    };
    await using proxy = await startProxy({ fetch });
    const response = await proxy.send('/v1/messages', { ...streamed, thinking: { type: 'adaptive' } });
    expect(response.headers.get('content-type')).toStartWith('text/event-stream');
    const text = await response.text();
    expect(eventNames(text).filter((name) => name === 'message_start')).toHaveLength(1);
    expect(eventNames(text).at(-1)).toBe('message_stop');
    expect(text).toContain('All of it');
    expect(methods).toEqual(['streamGenerateContent', method]);
  });

  test.each([
    ['STOP', [{ text: '' }]],
    ['STOP', [{ text: 'Hm', thought: true }]],
    ['MALFORMED_FUNCTION_CALL', []],
  ])('%s with %j: one more attempt, then overloaded_error', async (finishReason, parts) => {
    let asked = 0;
    const fetch: Fetch = async () => {
      asked++;
      return googleStream({ candidates: [{ content: { parts }, finishReason }] });
    };
    await using proxy = await startProxy({ fetch });
    for (const stream of [true, false]) {
      asked = 0;
      const text = await (await proxy.send('/v1/messages', { ...hello, stream })).text();
      expect(text).toContain('"type":"overloaded_error"');
      expect(asked).toBe(2);
    }
  });

  test('after content: an error event ends the stream, and nothing follows', async () => {
    const cut = () => googleStream(textChunk('half a sen'));
    await using proxy = await startProxy({ fetch: answers(cut) });
    const text = await (await proxy.send('/v1/messages', streamed)).text();
    expect(eventNames(text).at(-1)).toBe('error');
    expect(text).toContain('"type":"overloaded_error"');
    expect(text).toMatch(/"request_id":"req_\w+"/);
  });

  test('after content, not streamed: the attempt is taken back, and another made', async () => {
    const broken = () => googleStream(textChunk('Hel'));
    await using proxy = await startProxy({ fetch: answers(broken, happy) });
    const response = await proxy.send('/v1/messages', hello);
    expect(await response.json()).toMatchObject({ content: [{ type: 'text', text: 'Hello there' }] });
  });

  test('failing twice, not streamed: a true status', async () => {
    const broken = () => googleStream(textChunk('Hel'));
    await using proxy = await startProxy({ fetch: answers(broken, broken) });
    expect((await proxy.send('/v1/messages', hello)).status).toBe(529);
  });

  test('refused signatures: asked once more without them', async () => {
    const bodies: string[] = [];
    const refuse = () => googleError(400, 'INVALID_ARGUMENT', 'Corrupted thought signature.');
    const replies = answers(refuse, happy, refuse, refuse);
    const fetch: Fetch = (url, init, exchange) => {
      bodies.push(String(init.body));
      return replies(url, init, exchange);
    };
    await using proxy = await startProxy({ fetch });
    expect((await proxy.send('/v1/messages', streamed)).status).toBe(200);
    expect(bodies.length).toBe(2);
    expect((await proxy.send('/v1/messages', streamed)).status).toBe(400);
    expect(bodies.length).toBe(4);
  });

  test('quota tells when to come back', async () => {
    const quota = () =>
      Response.json(
        {
          error: {
            code: 429,
            status: 'RESOURCE_EXHAUSTED',
            message: 'Quota exceeded',
            details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '47s' }],
          },
        },
        { status: 429 },
      );
    await using proxy = await startProxy({ fetch: answers(quota) });
    const response = await proxy.send('/v1/messages', streamed);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '48']);
  });

  test('more than STREAMS_MAX at once are told 529', async () => {
    const upstream = heldUpstream();
    await using proxy = await startProxy({ fetch: upstream.fetch, env: { STREAMS_MAX: '1' } });
    const first = proxy.send('/v1/messages', streamed);
    await upstream.asked;
    const second = await proxy.send('/v1/messages', streamed);
    expect([second.status, second.headers.get('retry-after')]).toEqual([529, '15']);
    const unread = await proxy.send('/v1/messages', 'no request at all');
    expect(unread.status).toBe(529);
    upstream.openHead();
    await turns();
    upstream.push(textChunk('done', 'STOP'));
    upstream.close();
    expect(eventNames(await (await first).text()).at(-1)).toBe('message_stop');
    await until(() => proxy.lines.some((line) => line['status'] === 200));
    expect(await (await proxy.send('/health')).json()).toMatchObject({ streams_in_flight: 0 });
  });
});
