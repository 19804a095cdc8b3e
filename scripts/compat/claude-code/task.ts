/** A task with an edit and a command. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, type Case, must, mustContain } from '../case.ts';
import { ask, mustBeServed } from './claude.ts';

async function run(bench: Bench): Promise<void> {
  const google = bench.google();
  const proxy = await bench.proxy(google);
  const notes = join(bench.project, 'notes.txt');
  writeFileSync(notes, 'alpha – 一\nbèta – 二\n');
  const said = await ask(bench, proxy, { prompt: 'compat: mend the notes' });
  mustContain(said.result, 'The second line is: gamma – 三', 'the answer');
  const left = readFileSync(notes, 'utf8');
  must(left === 'alpha – 一\ngamma – 三\n', () => `the file holds ${JSON.stringify(left)}`);
  mustContain(readFileSync(join(bench.project, 'second.txt'), 'utf8'), 'gamma – 三', 'what the command left');
  const tools = said.blocks.flatMap(({ type, name }) => (type === 'tool_use' ? [name] : []));
  must(tools.join() === 'Read,Edit,Bash', () => `the tools that ran: ${tools.join(', ')}`);
  must(
    (said.usage['output_tokens'] ?? 0) > 0 &&
      (said.usage['input_tokens'] ?? 0) + (said.usage['cache_read_input_tokens'] ?? 0) > 1_000,
    () => `the usage is ${JSON.stringify(said.usage)}`,
  );
  mustBeServed(proxy);
}

export const task: Case = { name: 'task', what: 'A task: a file edited, a command run', seconds: 90, run };
