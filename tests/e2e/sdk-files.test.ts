/** The files of the official Anthropic SDK. The proxy is a process of its own, before a scripted Gemini. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic, { toFile } from '@anthropic-ai/sdk';
import { scriptedGemini } from '../support/google/scripted-gemini.ts';
import { KEY, serveUpstream } from '../support/google/upstream.ts';
import { type ProxyProcess, startProxy } from '../support/programs/proxy-process.ts';

const CLIENT_KEY = 'a-key-of-the-proxy';
const folder = mkdtempSync(join(tmpdir(), 'sdk-files-'));
const upstream = serveUpstream(scriptedGemini);
let proxy: ProxyProcess;
let client: Anthropic;

beforeAll(async () => {
  const env = { GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: upstream.url, PROXY_API_KEY: CLIENT_KEY };
  proxy = await startProxy({ folder, env: { ...env, DATA_DIR: join(folder, 'data') } });
  client = new Anthropic({ baseURL: proxy.url, apiKey: CLIENT_KEY, maxRetries: 0 });
});

afterAll(async () => {
  await proxy?.stop();
  upstream[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const textFile = (name: string) => toFile(Buffer.from('All is well.'), name, { type: 'text/plain' });

const idsOf = async (list: AsyncIterable<{ id: string }>) => {
  const ids: string[] = [];
  for await (const { id } of list) ids.push(id);
  return ids;
};

test('uploads, reads, lists over pages and deletes, in both places of the SDK', async () => {
  const first = await client.files.upload({ file: await textFile('a.txt'), expires_in_seconds: 3600 });
  const second = await client.beta.files.upload({ file: await textFile('b.txt') });
  expect(first).toMatchObject({ type: 'file', filename: 'a.txt', mime_type: 'text/plain', size_bytes: 12 });
  expect(await client.files.retrieveMetadata(first.id)).toEqual(first);
  expect(await idsOf(client.files.list({ limit: 1 }))).toEqual([second.id, first.id]);
  expect(await idsOf(client.beta.files.list({ ids: [first.id, 'file_none'] }))).toEqual([first.id]);
  expect(await client.beta.files.delete(second.id)).toEqual({ id: second.id, type: 'file_deleted' });
  expect(await idsOf(client.files.list())).toEqual([first.id]);
});

test('is told in its own errors what is wrong', async () => {
  const { id } = await client.files.upload({ file: await textFile('a.txt') });
  const why = (error: unknown) => error;
  expect(await client.files.download(id).catch(why)).toBeInstanceOf(Anthropic.FileNotDownloadableError);
  expect(await client.files.retrieveMetadata('file_none').catch(why)).toBeInstanceOf(Anthropic.NotFoundError);
});

test('names a file in a message', async () => {
  const { id } = await client.files.upload({ file: await textFile('a.txt') });
  const message = await client.messages.create({
    model: 'claude-opus-5-5',
    max_tokens: 1000,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'document', source: { type: 'file', file_id: id } },
          { type: 'text', text: 'count' },
        ],
      },
    ],
  });
  expect(message.stop_reason).toBe('end_turn');
  expect(upstream.requests.at(-1)?.body).toContain('<document>\\nAll is well.\\n</document>');
});
