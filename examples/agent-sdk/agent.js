/** The program under test: an agent that does a task in a folder. */
import { query } from '@anthropic-ai/claude-agent-sdk';

export async function doTask(prompt, { cwd, env, claude }) {
  const messages = [];
  const options = {
    cwd,
    env,
    allowedTools: ['Write', 'Bash'],
    permissionMode: 'acceptEdits',
    ...(claude ? { pathToClaudeCodeExecutable: claude } : {}),
  };
  for await (const message of query({ prompt, options })) messages.push(message);
  return messages.at(-1);
}
