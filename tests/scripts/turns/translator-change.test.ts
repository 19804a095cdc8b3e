/** What somebody sees who changes one line of the translation: in a copy of this repository, with the real test run. */
import { afterAll, expect, test } from 'bun:test';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dir, '../../..');
const COPIED = ['src', 'scripts', 'tests', 'fixtures/turns', 'package.json', 'bunfig.toml', 'tsconfig.json'];

const copy = mkdtempSync(join(tmpdir(), 'change-'));
afterAll(() => rmSync(copy, { recursive: true }));

function changeLine(file: string, from: string, to: string): void {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} does not say ${from} any more`);
  writeFileSync(path, text.replace(from, to));
}

async function runTurns(): Promise<{ code: number; output: string }> {
  const command = [process.execPath, 'test', 'tests/turns.test.ts', '-t', 'asked and answered'];
  const child = Bun.spawn(command, { cwd: copy, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, output: `${out}${err}` };
}

test('the failing goldens show what the client would have seen, and what Gemini would have been sent', async () => {
  for (const path of COPIED) cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  changeLine('src/translate/response/stop-reason.ts', "sawCall ? 'tool_use' : 'end_turn'", "'end_turn'");
  changeLine('src/translate/request/signature-placement.ts', "'skip_thought_signature_validator'", "'none'");
  const { code, output } = await runTurns();
  expect(code).toBe(1);
  expect(output).toContain(
    '  - message_delta delta.stop_reason "tool_use"\n  + message_delta delta.stop_reason "end_turn"',
  );
  expect(output).toContain(
    '~ contents[1].parts[0].thoughtSignature\n      was "skip_thought_signature_validator"\n      is  "none"',
  );
  expect(output).toContain('bun run bless, if this is meant');
}, 60_000);
