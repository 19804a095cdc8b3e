/** One run of the real Claude Code through the survival task, and everything that the tests judge. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClaudeResult, runClaude, streamJson } from '../clients/claude-code.ts';
import { type Files, filesIn } from '../files-in.ts';
import { startProxy } from '../proxy.ts';
import { type Asked, createGoogle, type Trouble } from './google.ts';
import { PROMPT } from './task.ts';

type Line = Record<string, unknown>;

export type SurvivalCase = {
  trouble: Trouble;
  env?: Readonly<Record<string, string>>;
  /** Prompts of one session, one after the other; only the task's unless others are given. */
  prompts?: readonly string[];
  /** Further arguments for the client. */
  args?: readonly string[];
  /** Files that are in the project before: names and texts. */
  project?: Readonly<Record<string, string>>;
};

export type Survival = {
  claude: ClaudeResult;
  /** Of all prompts together. */
  seconds: number;
  /** Files of the project. */
  files: Files;
  /** The client's requests, one log line each. */
  requests: Line[];
  /** Google's requests. */
  asked: Asked[];
  /** Texts of the model, as the client shows them while it works. */
  said: string[];
  /** The client's last line: `result`, `is_error`. */
  end: Line;
  /** Names of the tools that the client ran. */
  tools: string[];
  log: Line[];
};

const RUN_MS = 60_000;
/** Not as in a sandbox: there the client waits longer for an overloaded API than elsewhere. */
const AS_AT_HOME = ['--permission-mode', 'acceptEdits', '--allowedTools', 'Bash'];
const STREAMED = ['--output-format', 'stream-json', '--verbose'];

const isObject = (value: unknown): value is Line => typeof value === 'object' && value !== null;

/** Content blocks of what the model said, as the client reports them. */
const spoken = (lines: readonly Line[]): Line[] =>
  lines.flatMap((line) => {
    const message = line['type'] === 'assistant' ? line['message'] : undefined;
    const content = isObject(message) ? message['content'] : undefined;
    return Array.isArray(content) ? content.filter(isObject) : [];
  });

async function survive(path: string, given: SurvivalCase): Promise<Survival> {
  const { trouble, env = {}, prompts = [PROMPT], args: more = [], project = {} } = given;
  const folder = mkdtempSync(join(tmpdir(), 'survival-'));
  const [cwd, home] = [join(folder, 'project'), join(folder, 'home')];
  for (const place of [cwd, home]) mkdirSync(place);
  for (const [name, text] of Object.entries(project)) writeFileSync(join(cwd, name), text);
  const google = createGoogle(trouble);
  try {
    await using proxy = await startProxy({ fetch: google.fetch, env });
    const started = performance.now();
    const results: ClaudeResult[] = [];
    for (const [index, prompt] of prompts.entries()) {
      const args = [...AS_AT_HOME, ...STREAMED, ...more, ...(index > 0 ? ['--continue'] : [])];
      results.push(await runClaude({ path, baseUrl: proxy.url, cwd, home, prompt, args, timeoutMs: RUN_MS }));
    }
    return toSurvival(results, google.asked, proxy.lines, (performance.now() - started) / 1_000, cwd);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All of them, two at a time: one client keeps a core busy. */
export async function surviveAll<Name extends string>(
  path: string,
  cases: Readonly<Record<Name, SurvivalCase>>,
): Promise<Record<Name, Survival>> {
  const waiting = Object.entries<SurvivalCase>(cases);
  const done: Record<string, Survival> = {};
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      done[next[0]] = await survive(path, next[1]);
  };
  await Promise.all([work(), work()]);
  return done;
}

function toSurvival(
  results: readonly ClaudeResult[],
  asked: Asked[],
  log: Line[],
  seconds: number,
  cwd: string,
): Survival {
  const lines = results.flatMap(({ stdout }) => streamJson(stdout));
  const blocks = spoken(lines);
  const last = results.at(-1) ?? { exitCode: null, stdout: '', stderr: 'no prompt' };
  return {
    claude: last,
    seconds,
    files: filesIn(cwd),
    requests: log.filter((line) => line['method'] === 'POST' && line['path'] === '/v1/messages'),
    asked,
    said: blocks.flatMap((block) => (block['type'] === 'text' ? [String(block['text'])] : [])),
    end: lines.findLast((line) => line['type'] === 'result') ?? {},
    tools: blocks.flatMap((block) => (block['type'] === 'tool_use' ? [String(block['name'])] : [])),
    log: [...log],
  };
}
