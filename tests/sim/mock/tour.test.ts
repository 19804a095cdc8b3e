/** The whole tour, driven on Gemini's wire by a client of twenty lines. */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RequestContent, ResponsePart } from '../../../src/gemini/wire.ts';
import { ask, declare, fakeExchange, mockFetch, partsOf, textOf, userSays } from './harness.ts';

const ENVIRONMENT = '# Environment\n - Primary working directory: /home/dev/project\n - Platform: linux';

type Run = {
  calls: string[][];
  report: string;
  args: Record<string, unknown>[];
  real: number;
  sentinel: number;
};

type Tools = { declared: string[]; loadable?: string[]; fails?: string[] };

async function takeTour(model: string, { declared, loadable = [], fails = [] }: Tools): Promise<Run> {
  const fetch = mockFetch();
  const tools = [...declared];
  const contents: (RequestContent | { role: string; parts: unknown[] })[] = [
    {
      role: 'user',
      parts: [
        { text: '<system-reminder>\nnot a word of the user\n</system-reminder>' },
        { text: 'Please take the TOUR' },
        { text: ENVIRONMENT },
      ],
    },
  ];
  const run: Run = { calls: [], report: '', args: [], real: 0, sentinel: 0 };
  for (let step = 0; step < 20; step++) {
    const exchange = fakeExchange();
    const chunks = await ask(fetch, model, { contents, tools: declare(...tools) }, exchange);
    const count = exchange.notes.find((note) => note.event === 'signatures')?.detail;
    run.real = Number(count?.['real']);
    run.sentinel = Number(count?.['sentinel']);
    const parts = partsOf(chunks).filter((part) => part.text !== '' || part.thoughtSignature);
    const calls = parts.flatMap((part) => (part.functionCall ? [part.functionCall] : []));
    if (calls.length === 0) return { ...run, report: textOf(chunks) };
    run.calls.push(calls.map((call) => call.name ?? ''));
    run.args.push(...calls.map((call) => call.args ?? {}));
    if (calls.some((call) => call.name === 'ToolSearch')) tools.push(...loadable);
    contents.push(
      { role: 'model', parts },
      { role: 'user', parts: [...calls.map((call) => respond(call, fails)), { text: 'Tool loaded.' }] },
    );
  }
  throw new Error('the tour does not end');
}

function respond(call: NonNullable<ResponsePart['functionCall']>, fails: readonly string[]) {
  const { name = '', id } = call;
  const output = name === 'Bash' ? 'Hello from the tour: 42\n' : `${name} worked`;
  const response = fails.includes(name) ? { error: `${name} broke` } : { output };
  return { functionResponse: { ...(id ? { id } : {}), name, response } };
}

const INLINE = { declared: ['Agent', 'Bash', 'CronList', 'Read', 'Write'] };
const DEFERRED = { declared: ['Agent', 'Bash', 'Read', 'ToolSearch', 'Write'], loadable: ['CronList'] };

describe.each(['gemini-4-argon', 'gemini-3.8-flash', 'gemini-2.5-flash'])('the tour on %s', (model) => {
  test('writes, brings its files, runs, reads two files at once, loads a tool, uses it, delegates, reports', async () => {
    const run = await takeTour(model, DEFERRED);
    expect(run.calls).toEqual([
      ['Write'],
      ['Bash'],
      ['Bash'],
      ['Read', 'Read'],
      ['ToolSearch'],
      ['CronList'],
      ['Agent'],
    ]);
    expect(run.report).toContain('it said: Hello from the tour: 42');
    expect(run.report).toContain('asked a subagent to check the script: done');
  });
});

test('the working directory is where the client says it is', async () => {
  const { args } = await takeTour('gemini-4-argon', DEFERRED);
  expect(args[0]?.['file_path']).toBe('/home/dev/project/hello.sh');
  expect(args[2]?.['command']).toBe('sh "/home/dev/project/hello.sh"');
});

test('brings a picture and a PDF where there are none, and leaves what is there', async () => {
  const { args } = await takeTour('gemini-4-argon', DEFERRED);
  const folder = mkdtempSync(join(tmpdir(), 'tour-'));
  try {
    const command = String(args[1]?.['command']).replaceAll('/home/dev/project', folder);
    writeFileSync(join(folder, 'doc.pdf'), 'mine');
    expect(Bun.spawnSync(['sh', '-c', command]).exitCode).toBe(0);
    expect(readFileSync(join(folder, 'doc.pdf'), 'utf8')).toBe('mine');
    expect([...readFileSync(join(folder, 'pic.png')).subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
    rmSync(join(folder, 'doc.pdf'));
    Bun.spawnSync(['sh', '-c', command]);
    const pdf = readFileSync(join(folder, 'doc.pdf'), 'latin1');
    const [, table = ''] = /startxref\n(\d+)\n/.exec(pdf) ?? [];
    expect([pdf.slice(0, 5), pdf.slice(Number(table), Number(table) + 4)]).toEqual(['%PDF-', 'xref']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('every signature that was given comes back real', async () => {
  const { real, sentinel } = await takeTour('gemini-4-argon', DEFERRED);
  expect({ real, sentinel }).toEqual({ real: 7, sentinel: 0 });
});

test('a client that declares all tools inline has nothing to load', async () => {
  const { calls, report } = await takeTour('gemini-4-argon', INLINE);
  expect(calls.flat()).toEqual(['Write', 'Bash', 'Bash', 'Read', 'Read', 'CronList', 'Agent']);
  expect(report).toContain('loaded a tool by search: not run');
});

test('tools under older names are used, missing ones passed over', async () => {
  const { calls, report } = await takeTour('gemini-4-argon', { declared: ['Write', 'Task'] });
  expect(calls.flat()).toEqual(['Write', 'Task']);
  expect(report).toContain('asked a subagent to check the script: done');
});

test('without tools there is the report alone', async () => {
  const { calls, report } = await takeTour('gemini-4-argon', { declared: ['Other'] });
  expect(calls).toEqual([]);
  expect(report).toContain('ran it: not run');
});

test('an error is reported and the tour goes on', async () => {
  const { calls, report } = await takeTour('gemini-4-argon', { ...DEFERRED, fails: ['Bash'] });
  expect(calls).toHaveLength(7);
  expect(report).toContain('ran it: failed; it said: Bash broke');
});

test('a second tour in the same conversation starts anew', async () => {
  const contents = [
    userSays('take the tour'),
    {
      role: 'model',
      parts: [{ functionCall: { name: 'Write' }, thoughtSignature: 'skip_thought_signature_validator' }],
    },
    { role: 'user', parts: [{ functionResponse: { name: 'Write', response: { output: 'ok' } } }] },
    { role: 'model', parts: [{ text: 'done' }] },
    userSays('take the tour once more'),
  ];
  const parts = partsOf(
    await ask(mockFetch(), 'gemini-4-argon', { contents, tools: declare('Write', 'Bash') }),
  );
  expect(parts.flatMap((part) => part.functionCall?.name ?? [])).toEqual(['Write']);
});

test('the subagent reads the file and reports', async () => {
  const contents: unknown[] = [userSays('Tour stop: read /x/hello.sh and say in one line what it prints.')];
  const tools = declare('Read');
  const first = partsOf(
    await ask(mockFetch(), 'gemini-4-argon', { contents, tools }, fakeExchange('subagent')),
  );
  expect(first[0]?.functionCall?.name).toBe('Read');
  contents.push({ role: 'model', parts: first }, { role: 'user', parts: [respond({ name: 'Read' }, [])] });
  const second = await ask(mockFetch(), 'gemini-4-argon', { contents, tools }, fakeExchange('subagent'));
  expect(textOf(second)).toContain('reading it: done');
});
