/**
 * A small coding client, for machines without Claude Code. It streams answers, runs the tools that they call inside one
 * folder, and tries again where it is told to.
 */
import { mkdirSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { isObject, tryParseJson } from '../../lib/json.ts';
import { SseDecoder } from '../../lib/sse-decoder.ts';
import type { Told } from './progress.ts';

export type ScriptedRun = {
  baseUrl: string;
  /** The only folder in which it reads and writes files. */
  cwd: string;
  prompt: string;
  tell(told: Told): void;
  signal: AbortSignal;
};

export type ScriptedResult = { ok: boolean; text: string };

type Block = { type: string; text?: string; id?: string; name?: string; input?: Record<string, unknown> };
type Result = { type: 'tool_result'; tool_use_id: string; content: string; is_error: boolean };

const MOST_TURNS = 40;
const MOST_TRIES = 8;
const COMMAND_MS = 60_000;

const text = { type: 'string' };
const tool = (name: string, description: string, properties: Record<string, object>) => ({
  name,
  description,
  input_schema: {
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  },
});

const TOOLS = [
  tool('Write', 'Writes a file.', { file_path: text, content: text }),
  tool('Read', 'Reads a file.', { file_path: text }),
  tool('Edit', 'Replaces a text in a file.', { file_path: text, old_string: text, new_string: text }),
  tool('Bash', 'Runs a shell command.', { command: text }),
];

/** An answer could not be had. (Failures of tools are not errors here: they go back to the model.) */
class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly waitMs: number | undefined;

  /** `waitMs`: how long to wait before trying again; undefined where that would be useless. */
  constructor(message: string, waitMs: number | undefined) {
    super(message);
    this.waitMs = waitMs;
  }
}

/** Talks until an answer calls no tool. `ok` is false where no answer could be had. */
export async function runScripted(run: ScriptedRun): Promise<ScriptedResult> {
  const messages: object[] = [{ role: 'user', content: run.prompt }];
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const answer = await persist(run, messages);
    if (answer instanceof NoAnswer) return { ok: false, text: answer.message };
    for (const block of answer) if (block.type === 'text') run.tell({ kind: 'text', text: block.text ?? '' });
    const calls = answer.filter((block) => block.type === 'tool_use');
    if (calls.length === 0) return { ok: true, text: answer.map((block) => block.text ?? '').join('') };
    messages.push(
      { role: 'assistant', content: answer },
      { role: 'user', content: await Promise.all(calls.map((call) => runTool(run, call))) },
    );
  }
  return { ok: false, text: `no end after ${MOST_TURNS} turns` };
}

async function persist(run: ScriptedRun, messages: readonly object[]): Promise<Block[] | NoAnswer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask(run, messages);
    } catch (error) {
      const failure = error instanceof NoAnswer ? error : new NoAnswer(String(error), 1_000);
      run.signal.throwIfAborted();
      if (failure.waitMs === undefined || attempt === MOST_TRIES) return failure;
      run.tell({ kind: 'note', text: `asks again: ${failure.message}` });
      await Bun.sleep(failure.waitMs);
    }
  }
}

async function ask(run: ScriptedRun, messages: readonly object[]): Promise<Block[]> {
  const response = await fetch(`${run.baseUrl}/v1/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'x-api-key': 'dummy',
      'user-agent': 'scripted-demo-client',
    },
    body: JSON.stringify({
      model: 'claude-opus-5-5',
      max_tokens: 32_000,
      stream: true,
      system: `Primary working directory: ${run.cwd}`,
      tools: TOOLS,
      messages,
    }),
    signal: run.signal,
  });
  if (!response.ok) throw refusalOf(response, await response.text());
  return readAnswer(response);
}

function refusalOf({ status, headers }: Response, body: string): NoAnswer {
  const parsed = tryParseJson(body);
  const error = isObject(parsed) ? parsed['error'] : undefined;
  const message = isObject(error) ? String(error['message']) : body.slice(0, 200);
  const hopeless = headers.get('x-should-retry') === 'false' || (status < 500 && status !== 429);
  const wait = Number(headers.get('retry-after') ?? 0.5) * 1000;
  return new NoAnswer(`${status} ${message}`, hopeless ? undefined : wait);
}

/** Folds the stream. Throws at an error in it, or where it breaks off: a torn answer is not used at all. */
async function readAnswer(response: Response): Promise<Block[]> {
  const decoder = new SseDecoder();
  const utf8 = new TextDecoder();
  const blocks: Block[] = [];
  const inputs: string[] = [];
  let ended = false;
  for await (const bytes of response.body ?? []) {
    for (const item of decoder.feed(utf8.decode(bytes, { stream: true }))) {
      if (item.type !== 'event') continue;
      const event = JSON.parse(item.data.join('\n'));
      if (event.type === 'error') throw new NoAnswer(event.error.message, 500);
      if (event.type === 'content_block_start') blocks[event.index] = event.content_block;
      const block = blocks[event.index];
      if (block && event.delta?.type === 'text_delta') block.text = (block.text ?? '') + event.delta.text;
      if (event.delta?.type === 'input_json_delta')
        inputs[event.index] = (inputs[event.index] ?? '') + event.delta.partial_json;
      if (event.type === 'message_stop') ended = true;
    }
  }
  if (!ended) throw new NoAnswer('the answer broke off', 500);
  for (const [index, input] of inputs.entries()) {
    const block = blocks[index];
    if (block && input) block.input = JSON.parse(input);
  }
  return blocks;
}

async function runTool(run: ScriptedRun, { id = '', name = '', input = {} }: Block): Promise<Result> {
  const about = String(input['file_path'] ?? input['command'] ?? '');
  run.tell({ kind: 'call', tool: name, about });
  let content: string;
  let failed = false;
  try {
    content = await useTool(run, name, input);
  } catch (error) {
    content = error instanceof Error ? error.message : String(error);
    failed = true;
  }
  run.tell({ kind: 'result', text: content, failed });
  return { type: 'tool_result', tool_use_id: id, content, is_error: failed };
}

async function useTool(run: ScriptedRun, name: string, input: Record<string, unknown>): Promise<string> {
  if (name === 'Bash') return runCommand(run, String(input['command']));
  const path = resolve(run.cwd, String(input['file_path']));
  if (relative(run.cwd, path).startsWith('..')) throw new Error(`${path} is outside of the folder`);
  if (name === 'Read') return Bun.file(path).text();
  if (name === 'Edit') {
    const before = await Bun.file(path).text();
    const old = String(input['old_string']);
    if (!before.includes(old)) throw new Error('old_string is not in the file');
    await Bun.write(
      path,
      before.replace(old, () => String(input['new_string'])),
    );
    return `${path} was changed`;
  }
  if (name !== 'Write') throw new Error(`there is no tool called ${name}`);
  mkdirSync(dirname(path), { recursive: true });
  await Bun.write(path, String(input['content']));
  return `${path} was written`;
}

async function runCommand({ cwd }: ScriptedRun, command: string): Promise<string> {
  const child = Bun.spawn(['sh', '-c', command], {
    cwd,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: COMMAND_MS,
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`Exit code ${code}\n${out}${err}`);
  return `${out}${err}`;
}
