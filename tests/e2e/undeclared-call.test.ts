/**
 * The real Claude Code, offline, when the model calls a tool that the client did not declare or not load: the client
 * says so, and the turn ends well.
 */
import { describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GenerateContentRequest } from '../../src/gemini/wire.ts';
import {
  CLAUDE_CODE_VERSIONS,
  installClaudeCode,
  requireE2e,
  runClaude,
  streamJson,
} from '../support/clients/claude-code.ts';
import { googleStream, startProxy } from '../support/proxy.ts';

const RUN_MS = 100_000;
const DONE = 'That tool is not there, so I am done.';

type Asked = { tools: boolean; answered: string | undefined };

/** The model calls `tool` until the tool's result says something. */
function modelThatCalls(tool: string) {
  const asked: Asked[] = [];
  const reply = (body: GenerateContentRequest): Response => {
    const responses = body.contents.at(-1)?.parts.flatMap((part) => part.functionResponse ?? []) ?? [];
    const answered = responses.find(({ name }) => name === tool);
    asked.push({ tools: body.tools !== undefined, answered: answered && JSON.stringify(answered.response) });
    const part =
      body.tools && !answered
        ? { functionCall: { name: `default_api:${tool}`, args: { note: 'x' } } }
        : { text: DONE };
    return googleStream({
      candidates: [{ index: 0, content: { role: 'model', parts: [part] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 30, candidatesTokenCount: 4 },
    });
  };
  return { asked, reply };
}

async function runTurn(path: string, tool: string) {
  const folder = mkdtempSync(join(tmpdir(), 'undeclared-'));
  const [cwd, home] = [join(folder, 'project'), join(folder, 'home')];
  for (const made of [cwd, home]) mkdirSync(made, { recursive: true });
  const model = modelThatCalls(tool);
  await using proxy = await startProxy({
    fetch: async (url, init) =>
      String(url).includes(':countTokens')
        ? Response.json({ totalTokens: 30 })
        : model.reply(JSON.parse(String(init.body))),
  });
  try {
    const args = ['--output-format', 'stream-json', '--verbose'];
    const run = { path, baseUrl: proxy.url, cwd, home, prompt: 'save a note', args, timeoutMs: RUN_MS };
    const { exitCode, stdout } = await runClaude(run);
    const result = streamJson(stdout).find((line) => line['type'] === 'result');
    return { exitCode, result: result?.['result'], asked: model.asked.filter(({ tools }) => tools) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const version of CLAUDE_CODE_VERSIONS) {
  const installed = await installClaudeCode(version);
  if (!installed.ok && requireE2e) throw new Error(`Claude Code ${version}: ${installed.reason}`);
  if (!installed.ok)
    console.warn(`skipped: undeclared calls of Claude Code ${version} (${installed.reason})`);
  const claude = installed.ok ? installed.path : '';

  describe.skipIf(!installed.ok)(`Claude Code ${version}`, () => {
    test.each([
      ['a tool that nobody declared', 'SaveNote', /No such tool available/],
      // One version defers the tool; the other declares it at once, and refuses the arguments.
      ['a tool that it defers', 'WebFetch', /InputValidationError|load|schema/i],
    ])(
      '%s: the turn ends well after one more request',
      async (_name, tool, says) => {
        const { exitCode, result, asked } = await runTurn(claude, tool);
        expect({ exitCode, result }).toEqual({ exitCode: 0, result: DONE });
        expect(asked.at(-1)?.answered).toMatch(says);
        // The call (once more, if not all names are deferred) and its answer.
        expect(asked.length).toBeLessThanOrEqual(3);
      },
      RUN_MS,
    );
  });
}
