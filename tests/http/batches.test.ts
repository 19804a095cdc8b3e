/** `/v1/messages/batches`: what clients create, follow, cancel, read and delete, and how the work goes on. */
import { describe, expect, test } from 'bun:test';
import { googleError, googleStream, textChunk } from '../support/proxy.ts';
import { batchProxy, create, ended, get, plain, refusing, results, send } from '../support/talks/batches.ts';

const WHEN = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

describe('a batch', () => {
  test('is created, answered in the background, and read line by line', async () => {
    await using proxy = await batchProxy();
    const batch = await create(proxy, plain('a'), plain('b'));
    expect(batch).toEqual({
      id: expect.stringMatching(/^msgbatch_[A-Za-z0-9]{24}$/),
      type: 'message_batch',
      processing_status: 'in_progress',
      request_counts: { processing: 2, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
      created_at: WHEN,
      expires_at: WHEN,
      cancel_initiated_at: null,
      ended_at: null,
      archived_at: null,
      results_url: null,
    });
    expect(Date.parse(batch.expires_at) - Date.parse(batch.created_at)).toBe(86_400_000);
    expect(await ended(proxy, batch.id)).toEqual({
      ...batch,
      processing_status: 'ended',
      request_counts: { processing: 0, succeeded: 2, errored: 0, canceled: 0, expired: 0 },
      ended_at: WHEN,
      results_url: `${proxy.url}/v1/messages/batches/${batch.id}/results`,
    });
    expect(await results(proxy, batch.id)).toMatchObject([
      {
        custom_id: 'a',
        result: { type: 'succeeded', message: { type: 'message', content: [{ text: 'Seen a.' }] } },
      },
      {
        custom_id: 'b',
        result: { type: 'succeeded', message: { type: 'message', content: [{ text: 'Seen b.' }] } },
      },
    ]);
  });

  test('has an errored result for what is wrong with one request, in the form of an error', async () => {
    await using proxy = await batchProxy({ answer: refusing('bad', 400, 'INVALID_ARGUMENT') });
    const { id } = await create(proxy, plain('good'), plain('bad'), {
      custom_id: 'odd',
      params: { model: 'x' },
    });
    const { request_counts } = await ended(proxy, id);
    expect(request_counts).toMatchObject({ succeeded: 1, errored: 2 });
    const [, bad, odd] = await results(proxy, id);
    const error = (message: RegExp) => ({
      type: 'errored',
      error: {
        type: 'error',
        error: { type: 'invalid_request_error', message: expect.stringMatching(message) },
        request_id: expect.stringMatching(/^req_/),
      },
    });
    expect(bad?.result).toEqual(error(/refused/));
    expect(odd?.result).toEqual(error(/max_tokens: Field required|messages: Field required/));
  });

  test('keeps the digits of its numbers', async () => {
    await using proxy = await batchProxy();
    const content = '[{"type":"tool_use","id":"t","name":"n","input":{"id":9007199254740993}}]';
    const result = '[{"type":"tool_result","tool_use_id":"t","content":"ok"}]';
    const body = `{"requests":[{"custom_id":"a","params":{"model":"claude-opus-5-5","max_tokens":9,
      "tools":[{"name":"n","input_schema":{"type":"object"}}],"messages":[{"role":"user","content":"a"},
      {"role":"assistant","content":${content}},{"role":"user","content":${result}}]}}]}`;
    const { id } = await (await send(proxy, '', { method: 'POST', body })).json();
    await ended(proxy, id);
    expect(proxy.sent.at(-1)).toContain('9007199254740993');
  });

  test('is listed, newest first, over pages', async () => {
    await using proxy = await batchProxy();
    const ids = [];
    for (const name of ['a', 'b', 'c']) ids.unshift((await create(proxy, plain(name))).id);
    const { data, has_more, first_id, last_id } = (await get(proxy, '?limit=2')).body;
    expect({ ids: data.map(({ id }: { id: string }) => id), has_more, first_id, last_id }).toEqual({
      ids: ids.slice(0, 2),
      has_more: true,
      first_id: ids[0],
      last_id: ids[1],
    });
    const rest = (await get(proxy, `?limit=2&after_id=${last_id}`)).body;
    expect(rest).toMatchObject({ data: [{ id: ids[2] }], has_more: false });
    const before = (await get(proxy, `?limit=1&before_id=${ids[2]}`)).body;
    expect(before).toMatchObject({ data: [{ id: ids[1] }], has_more: true });
  });

  test('is deleted once it has ended, with its results', async () => {
    const proxy = await batchProxy({ holds: true });
    await using _ = proxy;
    const { id } = await create(proxy, plain('a'));
    expect(await send(proxy, `/${id}`, { method: 'DELETE' }).then((answer) => answer.status)).toBe(400);
    expect((await get(proxy, `/${id}/results`)).status).toBe(404);
    proxy.letGo();
    await ended(proxy, id);
    expect(await (await send(proxy, `/${id}`, { method: 'DELETE' })).json()).toEqual({
      id,
      type: 'message_batch_deleted',
    });
    for (const path of [`/${id}`, `/${id}/results`]) expect((await get(proxy, path)).status).toBe(404);
  });

  test('that is canceled lets what is under way come to its end, and runs nothing else', async () => {
    await using proxy = await batchProxy({ holds: true, env: { BATCH_CONCURRENCY: '1' } });
    const { id } = await create(proxy, plain('a'), plain('b'), plain('c'));
    await proxy.asked(1);
    const canceling = await (await send(proxy, `/${id}/cancel`, { method: 'POST' })).json();
    expect(canceling).toMatchObject({
      processing_status: 'canceling',
      cancel_initiated_at: WHEN,
      ended_at: null,
    });
    proxy.letGo();
    expect(await ended(proxy, id)).toMatchObject({ request_counts: { succeeded: 1, canceled: 2 } });
    expect((await results(proxy, id)).map(({ result }) => result.type)).toEqual([
      'succeeded',
      'canceled',
      'canceled',
    ]);
    expect(proxy.sent).toHaveLength(1);
    expect((await send(proxy, `/${id}/cancel`, { method: 'POST' })).status).toBe(400);
  });

  test('runs with the key of the proxy, which a client must have', async () => {
    await using proxy = await batchProxy({ env: { PROXY_API_KEY: 'between-us' } });
    const headers = { 'x-api-key': 'between-us' };
    expect((await get(proxy, '')).status).toBe(401);
    const body = JSON.stringify({ requests: [plain('a')] });
    const { id } = await (await send(proxy, '', { method: 'POST', body, headers })).json();
    expect(await ended(proxy, id, headers)).toMatchObject({ request_counts: { succeeded: 1 } });
  });
});

describe('a batch is refused', () => {
  test.each<[string, unknown, string]>([
    ['without requests', {}, 'requests: Field required'],
    ['with none', { requests: [] }, 'requests: List should have at least 1 item'],
    ['with something else', { requests: 'x' }, 'requests: Input should be a valid list'],
    ['without an id', { requests: [{ params: {} }] }, 'requests.0.custom_id: Field required'],
    ['without params', { requests: [{ custom_id: 'a' }] }, 'requests.0.params: Field required'],
    [
      'with an odd id',
      { requests: [plain('a'), plain('a b')] },
      "requests.1.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
    ],
    [
      'with an id twice',
      { requests: [plain('a'), plain('a')] },
      "requests.1.custom_id: 'a' is there twice; it must be unique",
    ],
    [
      'with a stream',
      { requests: [{ custom_id: 'a', params: { ...plain('a').params, stream: true } }] },
      'requests.0.params.stream: a batch cannot be streamed; leave it out',
    ],
  ])('%s', async (_, body, message) => {
    await using proxy = await batchProxy();
    const answer = await send(proxy, '', { method: 'POST', body: JSON.stringify(body) });
    expect({ status: answer.status, message: (await answer.json()).error.message }).toEqual({
      status: 400,
      message,
    });
    expect((await get(proxy, '')).body.data).toEqual([]);
  });

  test('where there is no room, until another is deleted', async () => {
    await using proxy = await batchProxy({ env: { BATCHES_TOTAL_MB: '1' } });
    const large = plain('a', 'x'.repeat(600_000));
    const { id } = await create(proxy, large);
    // What was asked is forgotten once it is answered.
    await ended(proxy, id);
    const body = JSON.stringify({ requests: [large, plain('b', 'x'.repeat(600_000))] });
    const answer = await send(proxy, '', { method: 'POST', body });
    expect((await answer.json()).error).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringContaining('1 MB (BATCHES_TOTAL_MB)'),
      details: { error_code: 'storage_quota_exceeded' },
    });
  });
});

describe('the work', () => {
  test('waits for what may succeed later: quota, load', async () => {
    let refusals = 0;
    await using proxy = await batchProxy({
      env: { MAX_RETRIES: '0', MODEL_FALLBACKS: 'none' },
      answer: () =>
        refusals++ < 2
          ? googleError(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted.')
          : googleStream(textChunk('At last.', 'STOP')),
    });
    const { id } = await create(proxy, plain('a'));
    await proxy.asked(1);
    for (let more = 0; more < 3_600; more++) await proxy.goOn(1_000);
    expect(await ended(proxy, id)).toMatchObject({ request_counts: { succeeded: 1, errored: 0 } });
    expect(await results(proxy, id)).toMatchObject([
      { result: { message: { content: [{ text: 'At last.' }] } } },
    ]);
  });

  test('runs one request at a time while others are served, and several otherwise', async () => {
    await using proxy = await batchProxy({ holds: true, env: { BATCH_CONCURRENCY: '3' } });
    const other = proxy.send('/v1/messages', plain('other').params);
    await proxy.asked(1);
    await create(proxy, ...['a', 'b', 'c', 'd'].map((name) => plain(name)));
    await proxy.asked(2);
    await proxy.settled();
    expect(proxy.sent).toHaveLength(2);
    proxy.letGo('other');
    await other;
    proxy.letGo('a');
    await proxy.asked(5);
    proxy.letGo();
  });

  test('takes turns between batches', async () => {
    await using proxy = await batchProxy({ holds: true, env: { BATCH_CONCURRENCY: '1' } });
    const first = await create(proxy, plain('a'), plain('b'), plain('c'));
    await proxy.asked(1);
    const second = await create(proxy, plain('x'));
    proxy.letGo();
    await ended(proxy, first.id);
    await ended(proxy, second.id);
    expect(proxy.askedFor()).toEqual(['a', 'x', 'b', 'c']);
  });

  test('expires after 24 hours', async () => {
    await using proxy = await batchProxy({
      env: { MAX_RETRIES: '0', MODEL_FALLBACKS: 'none' },
      answer: () => googleError(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted.'),
    });
    const { id } = await create(proxy, plain('a'));
    await proxy.asked(1);
    await proxy.settled();
    await proxy.goOn(86_400_000);
    expect(await ended(proxy, id)).toMatchObject({ request_counts: { expired: 1 } });
    expect(await results(proxy, id)).toEqual([{ custom_id: 'a', result: { type: 'expired' } }]);
    // The results are kept for 29 days, and the batch is known some time longer.
    await proxy.goOn(28 * 86_400_000);
    expect((await get(proxy, `/${id}`)).body).toMatchObject({ archived_at: WHEN, results_url: null });
    expect((await get(proxy, `/${id}/results`)).status).toBe(404);
    await proxy.goOn(40 * 86_400_000);
    expect((await get(proxy, '')).body.data).toEqual([]);
  });
});

describe('a batch survives its process', () => {
  test('that ends: what was under way runs again, and nothing twice', async () => {
    const first = await batchProxy({ holds: true, env: { BATCH_CONCURRENCY: '1' }, keeps: true });
    const { id } = await create(first, plain('a'), plain('b'), plain('c'));
    await first.asked(1);
    first.letGo('a');
    await first.asked(2);
    await first[Symbol.asyncDispose]();
    await using second = await batchProxy({ folder: first.folder });
    expect(await ended(second, id)).toMatchObject({ request_counts: { succeeded: 3 } });
    expect(first.askedFor()).toEqual(['a', 'b']);
    expect(second.askedFor().sort()).toEqual(['b', 'c']);
    expect((await results(second, id)).map(({ custom_id }) => custom_id)).toEqual(['a', 'b', 'c']);
  });

  test('and one process alone works on it: another takes over when that one is silent', async () => {
    await using first = await batchProxy({ holds: true, keeps: true });
    const { id } = await create(first, plain('a'));
    await first.asked(1);
    await using second = await batchProxy({ folder: first.folder });
    expect((await get(second, `/${id}`)).body.processing_status).toBe('in_progress');
    await second.settled();
    expect(second.sent).toEqual([]);
    // The first stands still for more than a minute, while the clock of the second goes on.
    await second.goOn(61_000);
    expect(await ended(second, id)).toMatchObject({ request_counts: { succeeded: 1 } });
    // What the first says afterwards does not count.
    first.letGo();
    await first.settled();
    expect(await results(second, id)).toMatchObject([
      { result: { message: { content: [{ text: 'Seen a.' }] } } },
    ]);
    expect(second.sent).toHaveLength(1);
  });
});
