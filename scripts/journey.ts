/**
 * `bun scripts/journey.ts` goes a developer's way from a bad answer to a green test, in a copy of this repository, and
 * writes what was said on the way into `docs/journey.md`. `tests/scripts/journey.test.ts` goes the same way, and holds
 * the page to it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Copy, type Ran } from './journey/copy.ts';
import { lines, masked, ofTest } from './journey/shown.ts';
import { freePort } from './peers/process.ts';

const ROOT = join(import.meta.dir, '..');
export const PAGE = join(ROOT, 'docs/journey.md');

/** The bug, which is put into the copy: after a call, the answer ends as if the turn were over. */
const FILE = 'src/translate/response/stop-reason.ts';
const RIGHT = "return sawCall ? 'tool_use' : 'end_turn';";
const WRONG = "return 'end_turn';";

const CASE = 'call-that-ends-the-turn';
const ADOPT = [
  ...[
    'bun',
    'run',
    'adopt',
    'bad/1',
    CASE,
    '--trim-upstream',
    '--title',
    'A call, after thoughts and a sentence',
  ],
  ...['--expect-fail', 'an answer with a call ends with end_turn'],
  ...['--want', '+ message_delta delta.stop_reason "tool_use"'],
];
const TEST = ['bun', 'test', 'tests/turns.test.ts', '-t', `${CASE}:`];

const tool = (name: string, argument: string, does: string) => ({
  name,
  description: `${does} ${'Use it with care. '.repeat(12)}`,
  input_schema: {
    type: 'object',
    properties: { [argument]: { type: 'string', description: `The ${argument}` } },
    required: [argument],
    additionalProperties: false,
  },
});

/** What Claude Code asks in life: much that has nothing to do with what goes wrong. */
const REQUEST = {
  model: 'claude-opus-5-5',
  max_tokens: 32_000,
  stream: true,
  thinking: { type: 'adaptive' },
  metadata: { user_id: 'somebody' },
  system: [{ type: 'text', text: `You are an agent. ${'You help with code. '.repeat(200)}` }],
  tools: [
    tool('Bash', 'command', 'Runs a command.'),
    tool('Read', 'file_path', 'Reads a file.'),
    tool('Write', 'file_path', 'Writes a file.'),
    tool('Grep', 'pattern', 'Searches.'),
  ],
  messages: [{ role: 'user', content: 'run `git status`' }],
};

/** Sends the request once the proxy listens; returns how the answer ends. Throws where the proxy has ended before. */
async function ask(url: string, proxy: ReturnType<Copy['start']>): Promise<string> {
  for (;;) {
    if (proxy.exitCode !== null)
      throw new Error(`the proxy ended with ${proxy.exitCode}:\n${await new Response(proxy.stderr).text()}`);
    const response = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: {
        'anthropic-version': '2023-06-01',
        'content-type': 'application/json',
        'user-agent': 'claude-cli/2.1.330 (external, cli)',
      },
      body: JSON.stringify(REQUEST),
    }).catch(() => undefined);
    if (response && !response.ok) throw new Error(await response.text());
    if (response)
      return (await response.text())
        .split('\n')
        .filter((line) => line.includes('stop_reason":"'))
        .join('\n');
    await Bun.sleep(50);
  }
}

async function record(copy: Copy): Promise<{ end: string; summary: string }> {
  const port = await freePort();
  // Without the shell of `bun run`, which would keep the signal to itself.
  const proxy = copy.start(
    'bun',
    'src/main.ts',
    'record',
    'bad',
    '--backend',
    'mock',
    '--port',
    String(port),
  );
  const end = await ask(`http://127.0.0.1:${port}`, proxy);
  proxy.kill('SIGINT');
  const said = await new Response(proxy.stdout).text();
  await proxy.exited;
  const summary = /"msg":"(recorded[^"]*)/.exec(said)?.[1] ?? said;
  return { end, summary: summary.replaceAll(`${copy.root}/`, '') };
}

function must(ran: Ran, code: number, what: string): string {
  if (ran.code === code) return ran.text;
  throw new Error(`${what} ended with ${ran.code}, not ${code}:\n${ran.text}`);
}

/** The page, as a run of all commands makes it. */
export async function journey(): Promise<string> {
  using copy = new Copy();
  await copy.run('bun', 'scripts/docs.ts');
  copy.change(FILE, RIGHT, WRONG);
  const git = async (...rest: string[]) => must(await copy.run('git', ...rest), 0, `git ${rest[0]}`);
  await git('init', '--quiet');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'As it was');

  const { end, summary } = await record(copy);
  const adopted = must(await copy.run(...directly(ADOPT)), 0, 'adopt');
  const red = must(await copy.run(...TEST), 1, 'the test');
  const kept = must(await copy.run(...directly(['bun', 'run', 'bless', CASE])), 1, 'bless');
  copy.change(FILE, WRONG, RIGHT);
  const fix = await git('diff', '--unified=0', '--', FILE);
  const passes = must(await copy.run(...TEST), 1, 'the test');
  const blessed = must(await copy.run(...directly(['bun', 'run', 'bless', CASE])), 0, 'bless');
  const green = must(await copy.run(...TEST), 0, 'the test');
  await git('add', '--all');
  const stat = await git('diff', '--cached', '--stat=100');
  const review = await git('diff', '--cached', '--', 'fixtures/turns');
  return page({ end, summary, adopted, red, kept, fix, passes, blessed, green, stat, review });
}

/** Without `prepare.ts`, which would install packages into the copy. */
const directly = ([bun = '', _run = '', script = '', ...rest]: string[]) => [
  bun,
  `scripts/${script}.ts`,
  ...rest,
];

type Said = Record<
  'end' | 'summary' | 'adopted' | 'red' | 'kept' | 'fix' | 'passes' | 'blessed' | 'green' | 'stat' | 'review',
  string
>;

const quoted = (command: readonly string[]) =>
  command.map((word) => (/^[\w./:-]+$/.test(word) ? word : `'${word}'`)).join(' ');

function page(said: Said): string {
  const test = `$ ${quoted(TEST)}`;
  return `# From a bad answer to a green test

Generated by \`bun scripts/journey.ts\`, which runs all of this in a copy of the repository; \`tests/scripts/journey.test.ts\` runs it again and compares. In the copy a line is wrong: an answer with a call ends as if the turn were over. Numbers that differ from run to run are shown as \`…\`.

## Record

\`\`\`console
$ bun run record bad --backend mock
\`\`\`

(With a key it would be Gemini.) Claude Code asks, and stops after the first call. The answer ended so:

\`\`\`
${lines(masked(said.end))}
\`\`\`

Ctrl-C:

\`\`\`console
${lines(masked(said.summary))}
\`\`\`

## Adopt, with what is wrong and what is wanted

\`\`\`console
$ ${quoted(ADOPT)}
${lines(masked(said.adopted))}
\`\`\`

## Red

\`\`\`console
${test}
${ofTest(said.red)}
\`\`\`

\`bless\` does not make it green:

\`\`\`console
$ bun run bless ${CASE}
${lines(masked(said.kept))}
\`\`\`

## The fix

\`\`\`diff
${lines(said.fix, /^[-+@]/)}
\`\`\`

\`\`\`console
${test}
${ofTest(said.passes)}
$ bun run bless ${CASE}
${lines(masked(said.blessed))}
\`\`\`

## Green

\`\`\`console
${test}
${ofTest(said.green)}
\`\`\`

## What is reviewed

\`\`\`console
$ git diff --cached --stat
${lines(said.stat)}
\`\`\`

The turn, with long lines cut:

\`\`\`diff
${lines(masked(said.review), /^[+]/)}
\`\`\`
`;
}

if (import.meta.main) {
  const now = await journey();
  const changed = now !== readFileSync(PAGE, { encoding: 'utf8', flag: 'a+' });
  if (changed) writeFileSync(PAGE, now);
  console.log(changed ? 'rewritten: docs/journey.md' : 'current: docs/journey.md');
}
