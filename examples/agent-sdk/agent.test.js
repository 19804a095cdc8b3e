import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startMock } from 'gemini-claude-proxy';
import { doTask } from './agent.js';

let mock;
let cwd;
before(async () => {
  mock = await startMock();
  cwd = mkdtempSync(join(tmpdir(), 'agent-'));
});
after(async () => {
  await mock?.stop();
  rmSync(cwd, { recursive: true, force: true });
});

test('the agent writes a file and runs it', async () => {
  const env = {
    PATH: process.env.PATH,
    HOME: cwd,
    ANTHROPIC_BASE_URL: mock.url,
    ANTHROPIC_API_KEY: 'any',
    ANTHROPIC_CUSTOM_HEADERS: 'x-test-id: hello',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  };
  const prompt = 'create hello.py that prints hello and run it';
  const result = await doTask(prompt, { cwd, env, claude: process.env.CLAUDE_CODE });
  assert.equal(result.subtype, 'success', JSON.stringify(result));
  assert.match(readFileSync(join(cwd, 'hello.py'), 'utf8'), /print/);
  const requests = await mock.requests({ testId: 'hello' });
  const turns = requests.filter(({ caller }) => caller === 'main' || caller === 'sdk');
  assert.deepEqual(
    turns.map(({ answer }) => answer.stop_reason),
    ['tool_use', 'tool_use', 'end_turn'],
  );
});
