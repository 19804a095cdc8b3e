/** One start of Claude Code, and how long its first answer takes. */
import { isObject, tryParseJson } from '../../src/lib/json.ts';

/** Milliseconds that a first answer may take, as the README promises. */
export const LIMIT_MS = 60_000;

export type Start = {
  command: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
};

export type FirstAnswer =
  | { ok: true; seconds: number; text: string; output: string }
  | { ok: false; why: string; output: string };

/** So that lines come as they are made, and not all at the end. */
export const PRINT = ['-p', 'Say hello', '--output-format', 'stream-json', '--verbose'];

const LAST_CHARACTERS = 1_500;

/** The text of the model in a line of `stream-json`. */
function answerIn(line: string): string | undefined {
  const event = tryParseJson(line);
  if (!isObject(event) || event['type'] !== 'assistant' || !isObject(event['message'])) return undefined;
  const { content } = event['message'];
  const texts = Array.isArray(content) ? content.filter(isObject).map((block) => block['text']) : [];
  return texts.find((text): text is string => typeof text === 'string' && text !== '');
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** `since`: the time of `performance.now()` from which on the user waits. The run must end well, too. */
export async function firstAnswer(
  { command, cwd, env }: Start,
  since = performance.now(),
): Promise<FirstAnswer> {
  const child = Bun.spawn([...command], {
    cwd,
    env: { ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    // A process group of its own, so that nothing is left behind.
    detached: true,
  });
  const left = LIMIT_MS - (performance.now() - since);
  const killer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), Math.max(0, left));
  const errors = new Response(child.stderr).text();
  let output = '';
  let first: { seconds: number; text: string } | undefined;
  for await (const line of linesOf(child.stdout)) {
    output += `${line}\n`;
    const text = first ? undefined : answerIn(line);
    if (text !== undefined) first = { seconds: (performance.now() - since) / 1_000, text };
  }
  await child.exited;
  clearTimeout(killer);
  output = `${output.slice(-LAST_CHARACTERS)}${(await errors).slice(-LAST_CHARACTERS)}`;
  if (child.signalCode !== null) return { ok: false, why: `no answer in ${LIMIT_MS / 1_000} s`, output };
  if (child.exitCode !== 0) return { ok: false, why: `exit ${child.exitCode}`, output };
  return first ? { ok: true, ...first, output } : { ok: false, why: 'it ended without an answer', output };
}
