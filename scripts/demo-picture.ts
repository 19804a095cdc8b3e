/**
 * `bun scripts/demo-picture.ts [--out file.svg]` runs the demo over a bad network in a terminal, with the real Claude Code, and draws what it
 * prints: `docs/pictures/demo.svg`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { commandLine } from './command-line/command-line.ts';
import { broken, type Line, styledLines } from './picture/styled-lines.ts';
import { terminalSvg } from './picture/terminal-svg.ts';

const ROOT = join(import.meta.dir, '..');
const COLUMNS = 104;
const RUN_MS = 120_000;
const COMMAND = 'bun run demo --scenario flaky-network';
/** In the picture; in a run the name ends in letters of chance. */
const FOLDER = '/tmp/gemini-demo';

/** Runs the command in a terminal of its own, without the line in which Bun repeats what the script does. */
async function printed(folder: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  const [program = '', ...args] = COMMAND.split(' ');
  const child = Bun.spawn([program, args[0] ?? '', '--silent', ...args.slice(1), '--folder', folder], {
    cwd: ROOT,
    // Programs in colours for every terminal, not for the one that this script happens to run in.
    env: { ...process.env, TERM: 'xterm-256color', NO_COLOR: undefined, FORCE_COLOR: undefined },
    timeout: RUN_MS,
    terminal: {
      // The lines are broken later, when the folder has its shorter name.
      cols: 400,
      rows: 100,
      data: (_terminal, bytes) => {
        text += decoder.decode(bytes, { stream: true });
      },
    },
  });
  const exitCode = await child.exited;
  if (exitCode !== 0) throw new Error(`${COMMAND} ended with ${exitCode}:\n${text}`);
  if (!text.includes('Claude Code '))
    throw new Error('no Claude Code here: npm install -g @anthropic-ai/claude-code');
  return text.replaceAll(folder, FOLDER);
}

const prompt: Line = [
  { text: '$ ', styles: ['dim'] },
  { text: COMMAND, styles: ['bold'] },
];

const { values } = commandLine({
  name: 'bun scripts/demo-picture.ts',
  about: 'Runs the demo over a bad network in a terminal, and draws what it prints',
  options: { out: { type: 'string' } },
});
const out = resolve(values.out ?? join(ROOT, 'docs/pictures/demo.svg'));
const folder = mkdtempSync(join(tmpdir(), 'gemini-demo-'));
try {
  const lines = [prompt, ...styledLines(await printed(folder))].flatMap((line) => broken(line, COLUMNS));
  const title = 'Gemini for Claude Code: the demo over a bad network';
  const description =
    'A terminal. The real Claude Code builds a small tool on the mock, while the connection is cut, refused and garbled seven times; the last lines count what happened.';
  await Bun.write(out, terminalSvg({ title, description, columns: COLUMNS, lines }));
  console.log(`${out}  ${lines.length} lines, ${Math.ceil(Bun.file(out).size / 1000)} kB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
