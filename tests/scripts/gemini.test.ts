import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { startProxy } from '../support/proxy.ts';

const SCRIPT = join(import.meta.dir, '../../scripts/gemini.ts');

/** Resolves with the URL that the script prints. */
async function urlOf(out: ReadableStream<Uint8Array>): Promise<string> {
  for await (const bytes of out) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(new TextDecoder().decode(bytes))?.[0];
    if (url !== undefined) return url;
  }
  throw new Error('the script has ended and told no URL');
}

test('the stand-in for Google answers a proxy with any key, and refuses a bad one as Google does', async () => {
  await using google = Bun.spawn([process.execPath, SCRIPT, '--port', '0'], { stdout: 'pipe', env: {} });
  const GOOGLE_GEMINI_BASE_URL = await urlOf(google.stdout);
  const withKey = (key: string) =>
    startProxy({ env: { BACKEND: 'gemini', GEMINI_API_KEY: key, GOOGLE_GEMINI_BASE_URL } });
  const request = {
    model: 'claude-opus-5',
    max_tokens: 500,
    messages: [{ role: 'user', content: 'create a.txt with milk' }],
    tools: [
      {
        name: 'Write',
        input_schema: {
          type: 'object',
          properties: { file_path: { type: 'string' }, content: { type: 'string' } },
          required: ['file_path', 'content'],
        },
      },
    ],
  };
  await using proxy = await withKey('any');
  expect(await (await proxy.send('/v1/messages', request)).json()).toMatchObject({ stop_reason: 'tool_use' });
  const hello = { ...request, messages: [{ role: 'user', content: 'hello' }] };
  const greeting = await (await proxy.send('/v1/messages', hello)).text();
  expect(greeting).toContain('This is the stand-in for Google (GOOGLE_GEMINI_BASE_URL)');
  expect(greeting).not.toContain('no key');
  await using refused = await withKey('bad-1');
  expect(await (await refused.send('/v1/messages', request)).json()).toMatchObject({
    error: {
      type: 'authentication_error',
      message: expect.stringContaining('API key not valid. Please pass a valid API key.'),
    },
  });
});
