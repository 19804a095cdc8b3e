/** Batches with the official Anthropic SDK. The proxy is a process of its own, before a scripted Gemini. */
import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { scriptedGemini } from '../support/google/scripted-gemini.ts';
import { KEY, serveUpstream } from '../support/google/upstream.ts';
import { startProxy } from '../support/programs/proxy-process.ts';

const CLIENT_KEY = 'a-key-of-the-proxy';
const folder = mkdtempSync(join(tmpdir(), 'sdk-batches-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const request = (custom_id: string, content: string): Anthropic.Messages.BatchCreateParams.Request => ({
  custom_id,
  params: { model: 'claude-opus-5-5', max_tokens: 1000, messages: [{ role: 'user', content }] },
});

async function ended(client: Anthropic, id: string): Promise<Anthropic.Messages.MessageBatch> {
  for (let look = 0; look < 2_000; look++) {
    const batch = await client.messages.batches.retrieve(id);
    if (batch.processing_status === 'ended') return batch;
  }
  throw new Error('the batch does not end');
}

test('creates, follows, reads, lists and deletes; a batch outlives the process that was given it', async () => {
  const held = Promise.withResolvers<void>();
  let asked = 0;
  using upstream = serveUpstream(async (given, seen) => {
    if (seen.method === 'POST' && ++asked === 2) await held.promise;
    return scriptedGemini(given, seen);
  });
  const env = { GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: upstream.url, PROXY_API_KEY: CLIENT_KEY };
  const start = async () => {
    const proxy = await startProxy({ folder, env: { ...env, BATCH_CONCURRENCY: '1' } });
    return { proxy, client: new Anthropic({ baseURL: proxy.url, apiKey: CLIENT_KEY, maxRetries: 0 }) };
  };
  const first = await start();
  const requests = [
    request('one', 'count'),
    request('two', 'count'),
    request('odd', 'nothing that is scripted'),
  ];
  const { id } = await first.client.messages.batches.create({ requests });
  while (asked < 2) await first.client.messages.batches.retrieve(id);
  // Google answers once the process has been told to end: what is under way comes to its end.
  first.proxy.signal('SIGTERM');
  held.resolve();
  await first.proxy.exited;

  const { proxy, client } = await start();
  try {
    const batch = await ended(client, id);
    expect(batch.request_counts).toEqual({
      processing: 0,
      succeeded: 2,
      errored: 1,
      canceled: 0,
      expired: 0,
    });
    const outcomes: unknown[] = [];
    for await (const { custom_id, result } of await client.messages.batches.results(id)) {
      const text = result.type === 'succeeded' && result.message.content.find(({ type }) => type === 'text');
      outcomes.push([custom_id, result.type, text && 'text' in text ? text.text : undefined]);
    }
    expect(outcomes).toEqual([
      ['one', 'succeeded', 'one, two, three, four'],
      ['two', 'succeeded', 'one, two, three, four'],
      ['odd', 'errored', undefined],
    ]);
    const ids: string[] = [];
    for await (const one of client.messages.batches.list({ limit: 1 })) ids.push(one.id);
    expect(ids).toEqual([id]);
    const more = await client.messages.batches.create({ requests: [request('late', 'count')] });
    await client.messages.batches.cancel(more.id).catch(() => {}); // it may have ended before
    await ended(client, more.id);
    expect(await client.messages.batches.delete(id)).toEqual({ id, type: 'message_batch_deleted' });
    expect(await client.messages.batches.retrieve(id).catch((error: unknown) => error)).toBeInstanceOf(
      Anthropic.NotFoundError,
    );
  } finally {
    await proxy.stop();
  }
}, 60_000);
