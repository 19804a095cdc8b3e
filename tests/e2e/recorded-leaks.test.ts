/**
 * The real Claude Code prints `.env` in base64, in dumps and with a token in it. The recording of the session holds
 * none of it.
 */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fetch } from '../../src/lib/ports.ts';
import { listRecording } from '../../src/sim/cassette/read.ts';
import { installClaudeCode, requireE2e, runClaude } from '../support/clients/claude-code.ts';
import { filesIn } from '../support/files-in.ts';
import { GEMINI_KEY, googleStream, startProxy, textChunk } from '../support/proxy.ts';

const RUN_MS = 120_000;
const installed = await installClaudeCode('2.1.330');
if (!installed.ok && requireE2e) throw new Error(`Claude Code: ${installed.reason}`);
if (!installed.ok)
  console.warn(`skipped: a recording of Claude Code that holds no secret (${installed.reason})`);
const claude = installed.ok ? installed.path : '';

const folder = mkdtempSync(join(tmpdir(), 'leaks-e2e-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const JWT = ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiJjYW5hcnkifQ', 'c2lnbmF0dXJlLW9mLWNhbmFyeQ'].join('.');
const ENV = `GEMINI_API_KEY=${GEMINI_KEY}\nTOKEN=${JWT}\n`;
const COMMANDS = [
  'base64 .env',
  'base64 -w 20 .env',
  'od -c .env',
  'xxd .env || od -A x -t x1z .env',
  'cat .env',
];

const call = (command: string) => ({
  candidates: [
    {
      content: {
        role: 'model',
        parts: [{ functionCall: { name: 'Bash', args: { command, description: 'look' } } }],
      },
      finishReason: 'STOP',
    },
  ],
  usageMetadata: { promptTokenCount: 30, candidatesTokenCount: 4, totalTokenCount: 34 },
});

/** A model that runs one command after another, and then says what it saw. */
const model: Fetch = async (_url, init) => {
  const body = JSON.parse(String(init.body));
  const asked = JSON.stringify(body);
  if (!asked.includes('"name":"Bash"')) return googleStream(textChunk('A title', 'STOP'));
  const done = asked.split('"functionResponse"').length - 1;
  const command = COMMANDS[done];
  return googleStream(command === undefined ? textChunk(`It says ${ENV}`, 'STOP') : call(command));
};

/** Short pieces of each secret, in each encoding in which it was printed. */
function traces(): string[] {
  const encoded = Buffer.from(ENV).toString('base64');
  const at = Math.ceil((ENV.indexOf(GEMINI_KEY) * 4) / 3);
  return [
    GEMINI_KEY.slice(5, 15),
    ...JWT.split('.').map((part) => part.slice(5, 15)),
    encoded.slice(at + 4, at + 12),
    [...GEMINI_KEY.slice(6, 12)].join('   '),
    '6361 6e61 7279',
    '2d63 616e 6172',
  ];
}

describe.skipIf(!installed.ok)('a session of Claude Code', () => {
  test(
    'that printed secrets leaves none of them in its recording',
    async () => {
      const [cwd, home, recording] = ['project', 'home', 'recording'].map((name) => join(folder, name));
      for (const path of [cwd, home]) mkdirSync(path ?? '', { recursive: true });
      writeFileSync(join(cwd ?? '', '.env'), ENV);
      {
        await using proxy = await startProxy({ fetch: model, env: { RECORD: recording ?? '', CI: '' } });
        const { exitCode, stdout } = await runClaude({
          path: claude,
          prompt: 'what is in .env?',
          cwd: cwd ?? '',
          home: home ?? '',
          baseUrl: proxy.url,
          timeoutMs: RUN_MS - 10_000,
        });
        expect(exitCode).toBe(0);
        expect(stdout).toContain(GEMINI_KEY.slice(5, 15));
      }
      expect(listRecording(recording ?? '').length).toBeGreaterThanOrEqual(COMMANDS.length + 1);
      const texts = Object.values(filesIn(recording ?? ''));
      for (const trace of traces()) expect(texts.filter((text) => text.includes(trace)).length).toBe(0);
      // The text beside the secrets is there: the commands ran, and their output was kept.
      expect(texts.some((text) => text.includes('G   E   M   I   N   I'))).toBe(true);
      expect(texts.some((text) => text.includes('GEMINI_API_KEY=xxx'))).toBe(true);
    },
    RUN_MS,
  );
});
