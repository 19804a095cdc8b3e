/**
 * A session in which a shell printed `.env` in base64 and as dumps, and a token, run through the real recorder: the
 * client's request, what upstream was sent and answered, and what the client was answered. None of the secrets is on
 * the disk.
 */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fetch } from '../../../src/lib/ports.ts';
import { listRecording, readRecordedRequest } from '../../../src/sim/cassette/read.ts';
import { filesIn } from '../../support/files-in.ts';
import { DUMPS } from '../../support/made/dumps.ts';
import { GEMINI_KEY, googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';

const folder = mkdtempSync(join(tmpdir(), 'leaks-'));
afterAll(() => rmSync(folder, { recursive: true }));

const OTHER_KEY = `sk-proj-${'canary0123456789abcdefghij'}`;
const JWT = ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiJjYW5hcnkifQ', 'c2lnbmF0dXJlLW9mLWNhbmFyeQ'].join('.');
const TICKET = 'ACME-20417';
const ENV = `GEMINI_API_KEY=${GEMINI_KEY}\nOPENAI_API_KEY=${OTHER_KEY}\n`;

const PRINTED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['base64', 'base64, with the numbers of a reader', 'xxd', 'hexdump -C', 'od', 'od -c'].map((name) => [
      name,
      DUMPS[name]?.(Buffer.from(ENV)) ?? '',
    ]),
  ),
  cat: ENV,
  token: `export TOKEN=${JWT}`,
  ticket: `see ${TICKET} at https://deploy:hunter-2-canary@git.example/x`,
};

/** A short piece of each encoding of each secret, which proves that this encoding was there. */
const TRACES: readonly string[] = [
  GEMINI_KEY.slice(5, 15),
  OTHER_KEY.slice(9, 19),
  ...JWT.split('.').map((part) => part.slice(4, 14)),
  TICKET,
  'hunter-2',
  ...[GEMINI_KEY, OTHER_KEY].flatMap((key) => {
    const at = ENV.indexOf(key) + 3;
    const encoded = Buffer.from(ENV).toString('base64');
    return [encoded.slice(Math.ceil(((at + 2) * 4) / 3), Math.ceil(((at + 2) * 4) / 3) + 10)];
  }),
  '6361 6e61 7279',
  '63 61 6e 61',
  '2d63 616e 6172',
  '060543 060556',
  '061455 067141',
  // The character columns of xxd and of `od -c`.
  ...['|', '  '].map((before) => `${before}${ENV.slice(16, 32).replace('\n', '.')}`),
  [...GEMINI_KEY.slice(6, 12)].join('   '),
];

const messages = [
  { role: 'user', content: 'What is in .env?' },
  ...Object.entries(PRINTED).flatMap(([name, content], index) => [
    {
      role: 'assistant',
      content: [{ type: 'tool_use', id: `toolu_${index}`, name: 'Bash', input: { command: `${name} .env` } }],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: `toolu_${index}`, content }] },
  ]),
];
const request = {
  ...hello,
  max_tokens: 8_000,
  stream: true,
  messages,
  tools: [{ name: 'Bash', input_schema: { type: 'object', properties: { command: { type: 'string' } } } }],
};

/** Says everything back, as text and as the argument of a call. */
const upstream: Fetch = async () =>
  googleStream(...Object.values(PRINTED).map((text) => textChunk(text)), {
    candidates: [
      {
        content: {
          parts: [{ functionCall: { name: 'Bash', args: { command: Object.values(PRINTED).join('\n') } } }],
        },
        finishReason: 'STOP',
      },
    ],
  });

const env = (more: Record<string, string>) => ({ REDACT: 'ACME-\\d+', CI: '', ...more });

describe('a session that printed secrets', () => {
  test('holds none of them, on no side, and plays', async () => {
    const recording = join(folder, 'session');
    let answered = '';
    {
      await using proxy = await startProxy({ fetch: upstream, env: env({ RECORD: recording }) });
      answered = await (await proxy.send('/v1/messages', request)).text();
    }
    // The client's answer is complete; otherwise this would prove nothing.
    expect(answered).toContain(GEMINI_KEY.slice(5, 15));
    const [path = ''] = listRecording(recording);
    const { request: asked, answer, upstream: exchanges } = readRecordedRequest(path);
    const sides = {
      asked: asked.body,
      answer: Buffer.from(answer.bytes).toString(),
      sent: exchanges[0]?.request.body ?? '',
      said: Buffer.concat((exchanges[0]?.reads ?? []).map(({ bytes }) => bytes)).toString(),
    };
    for (const [side, text] of Object.entries({ ...sides, ...filesIn(recording) })) {
      for (const trace of TRACES) expect(`${side}: ${text.includes(trace) ? trace : ''}`).toBe(`${side}: `);
    }
    expect(Object.values(sides).every((text) => text.includes('GEMINI_API_KEY='))).toBe(true);
    await using replay = await startProxy({
      env: env({ BACKEND: 'replay', REPLAY: recording, GEMINI_API_KEY: GEMINI_KEY }),
    });
    const again = await replay.send('/v1/messages', request);
    expect([again.status, (await again.text()).includes('message_stop')]).toEqual([200, true]);
  });

  test('the traces are in what is printed', () => {
    const printed = Object.values(PRINTED).join('\n');
    for (const trace of TRACES) expect(printed).toContain(trace);
  });
});
