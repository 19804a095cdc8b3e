/** Claude Code as a user without a history has it, told of the proxy by the environment alone; and what a run of it shows. */
import { join } from 'node:path';
import { streamJson } from '../../../tests/support/clients/claude-code.ts';
import type { ProxyProcess } from '../../../tests/support/programs/proxy-process.ts';
import { type Bench, must, oneLine } from '../case.ts';

type Line = Record<string, unknown>;
type Block = Record<string, unknown>;

export type Said = {
  /** The last text, as `claude -p` shows it. */
  result: string;
  session: string;
  usage: Record<string, number>;
  /** The client's last line. */
  end: Line;
  /** Blocks of the model, and the results of tools as the client gives them to the model. */
  blocks: Block[];
  results: string[];
  /** What a slash command shows: newer versions give it as the result, older ones as a line of its own. */
  command: string;
};

export type Ask = { prompt: string; args?: readonly string[]; env?: Readonly<Record<string, string>> };

/** All that Claude Code sees of the environment. */
export const environment = (bench: Bench, proxy: ProxyProcess): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: bench.home,
  CLAUDE_CONFIG_DIR: join(bench.home, '.claude'),
  TMPDIR: bench.home,
  LANG: 'C.UTF-8',
  ANTHROPIC_BASE_URL: proxy.url,
  ANTHROPIC_API_KEY: 'dummy',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_AUTOUPDATER: '1',
  IS_SANDBOX: '1',
});

const isObject = (value: unknown): value is Line => typeof value === 'object' && value !== null;

function blocksOf(lines: readonly Line[], type: string): Block[] {
  return lines.flatMap((line) => {
    const message = line['type'] === type ? line['message'] : undefined;
    const content = isObject(message) ? message['content'] : undefined;
    return Array.isArray(content) ? content.filter(isObject) : [];
  });
}

/** The output of a command that the client runs by itself. */
function printed(line: Line): string {
  const message = line['type'] === 'user' ? line['message'] : undefined;
  const content = isObject(message) ? message['content'] : undefined;
  return typeof content === 'string' ? content : '';
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** One `claude -p`. Throws where it does not end well. */
export async function ask(
  bench: Bench,
  proxy: ProxyProcess,
  { prompt, args = [], env = {} }: Ask,
): Promise<Said> {
  const streamed = ['--output-format', 'stream-json', '--verbose'];
  const { code, stdout, stderr } = await bench.run({
    command: [...bench.ready.command, '-p', prompt, '--dangerously-skip-permissions', ...streamed, ...args],
    cwd: bench.project,
    env: { ...environment(bench, proxy), ...bench.ready.env, ...env },
    label: 'claude',
  });
  const lines = streamJson(stdout);
  const end = lines.findLast((line) => line['type'] === 'result') ?? {};
  must(
    code === 0,
    () => `Claude Code ends with ${code}: ${oneLine(shown(end['result'] ?? `${stdout}${stderr}`))}`,
  );
  must(end['is_error'] === false, () => `Claude Code tells an error: ${oneLine(shown(end['result']))}`);
  must(stderr.trim() === '', () => `Claude Code complains: ${oneLine(stderr)}`);
  return {
    result: String(end['result'] ?? ''),
    session: String(end['session_id'] ?? ''),
    usage: (end['usage'] ?? {}) as Record<string, number>,
    end,
    blocks: blocksOf(lines, 'assistant'),
    results: blocksOf(lines, 'user')
      .filter((block) => block['type'] === 'tool_result')
      .map((block) => shown(block['content'])),
    command: [...lines.map(printed), String(end['result'] ?? '')].join('\n'),
  };
}

/** Every answer of the proxy has been a 200, but for `but`. */
export function mustBeServed(proxy: ProxyProcess, but: readonly number[] = []): void {
  const bad = proxy
    .log()
    .filter(({ status }) => typeof status === 'number' && status !== 200 && !but.includes(status));
  must(bad.length === 0, () => `the proxy answers ${oneLine(JSON.stringify(bad[0]))}`);
}
