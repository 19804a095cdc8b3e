/** The parts of `bun run compat` that need no client: what is typed, what is shown, and whose request the stand-in for Google takes one for. */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Case, Outcome } from '../../scripts/compat/case.ts';
import { must, oneLine } from '../../scripts/compat/case.ts';
import { CLIENTS } from '../../scripts/compat/clients.ts';
import { callerOf, startGoogle } from '../../scripts/compat/google.ts';
import { readOptions } from '../../scripts/compat/options.ts';
import { runCase } from '../../scripts/compat/run-case.ts';
import { countFailed, outcomeTable, withTables } from '../../scripts/compat/table.ts';

const NAMES = { clients: ['old', 'new'], cases: ['task', 'search'] };

describe('what is typed', () => {
  test.each([
    [[], ['old', 'new'], ['task', 'search']],
    [['--only', 'new'], ['new'], ['task', 'search']],
    [['--only', 'task'], ['old', 'new'], ['task']],
    [['--only', 'old,search'], ['old'], ['search']],
    [['--only', 'old', '--only', 'new', '--only', 'task'], ['old', 'new'], ['task']],
  ])('%j', (args, clients, cases) => {
    const options = readOptions(args, NAMES, '/out');
    expect([[...options.clients], [...options.cases], options.out]).toEqual([clients, cases, '/out']);
  });

  test.each([
    [['--only', 'nobody'], /--only nobody: .* --list/],
    [['--page', '--only', 'old'], /--page/],
    [['--nothing'], /--nothing/],
  ])('%j is refused', (args, reason) => {
    expect(() => readOptions(args, NAMES, '/out')).toThrow(reason);
  });
});

describe('the table', () => {
  const outcomes = (...each: [string, Outcome][]) => new Map(each);
  const columns = [
    { client: 'old', title: '1.0', outcomes: outcomes(['task', { kind: 'ok', seconds: 1 }]) },
    {
      client: 'new',
      title: '2.0',
      outcomes: outcomes(
        ['task', { kind: 'failed', reason: 'a | b' }],
        ['search', { kind: 'not-offered', reason: 'too old' }],
      ),
    },
  ];

  test('has a row for each case that was asked, and a column for each client', () => {
    const rows = [
      { name: 'task', what: 'A task' },
      { name: 'search', what: 'A search' },
      { name: 'unasked', what: 'Nothing' },
    ];
    expect(outcomeTable('Clients', rows, columns)).toBe(
      [
        '## Clients',
        '',
        '|  | 1.0 | 2.0 |',
        '| --- | --- | --- |',
        '| A task | ok | **FAILED**: a \\| b |',
        '| A search |  | not offered: too old |',
      ].join('\n'),
    );
  });

  test('only failures count as failed', () => {
    expect(countFailed(columns)).toBe(1);
  });

  test('takes its place on the page, and leaves the rest', () => {
    const page = 'before\n<!-- generated: compat -->\nold\n<!-- end -->\nafter\n';
    const first = withTables(page, '2026-11-30', ['## A']);
    expect(first).toBe(
      'before\n<!-- generated: compat -->\n\nLast run: 2026-11-30.\n\n## A\n\n<!-- end -->\nafter\n',
    );
    expect(withTables(first, '2026-11-30', ['## A'])).toBe(first);
    expect(() => withTables('no place', '2026-11-30', [])).toThrow('no place');
  });

  test('has a place on the page of the docs', () => {
    const page = readFileSync(join(import.meta.dir, '../../docs/compat.md'), 'utf8');
    expect(withTables(page, '2026-11-30', [])).not.toBe(page);
  });
});

test('names of clients and cases do not meet, so --only is clear', () => {
  const clients = CLIENTS.map(({ name }) => name);
  const cases = CLIENTS.flatMap(({ group }) => group.cases.map(({ name }) => name));
  expect(clients.filter((name) => cases.includes(name))).toEqual([]);
  expect(new Set(clients).size).toBe(clients.length);
});

describe('the stand-in for Google', () => {
  const user = (text: string) => [{ role: 'user' as const, parts: [{ text }] }];
  const declared = { functionDeclarations: [{ name: 'Bash' }] };
  test.each([
    ['main', { contents: user('hello'), tools: [declared] }],
    ['compaction', { contents: user('Your task is to create a detailed summary of it'), tools: [declared] }],
    ['web-search', { contents: user('search'), tools: [{ googleSearch: {} }] }],
    ['action-check', { contents: user('# The action to judge\nBash') }],
    ['sdk', { contents: user('hello') }],
  ])('takes a request for one of %s', (caller, body) => {
    expect(callerOf(body)).toBe(caller);
  });

  test('keeps what it refuses, in Google’s words, and what it answers', async () => {
    const google = startGoogle();
    try {
      const url = `${google.url}/v1beta/models/gemini-4-argon:generateContent`;
      const send = (body: object) => fetch(url, { method: 'POST', body: JSON.stringify(body) });
      expect((await send({ contents: user('compat sdk: count to four') })).status).toBe(200);
      expect((await send({ contents: user('hello'), unknown: 1 })).status).toBe(400);
      expect(google.refused).toEqual([expect.stringContaining('unknown')]);
      expect(await google.asked[0]?.answer).toContain('one, two, three, four');
    } finally {
      await google.stop();
    }
  });
});

describe('a case', () => {
  const place = () => mkdtempSync(join(tmpdir(), 'compat-test-'));
  const ready = { command: ['sh', '-c'], env: {} };
  const play = async (run: Case['run'], more: Partial<Case> = {}) => {
    const root = place();
    try {
      const each: Case = { name: 'one', what: 'One', seconds: 20, run, ...more };
      const evidence = join(root, 'evidence');
      const outcome = await runCase({ each, client: 'old', ready, place: root, evidence });
      const kept = outcome.kind === 'failed' ? readFileSync(join(evidence, 'reason.txt'), 'utf8') : '';
      return { outcome, kept };
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  };

  test('that finds what it wants is ok', async () => {
    const { outcome } = await play(async (bench) => {
      const ran = await bench.run({ command: ['echo', 'hi'], cwd: bench.project, env: {}, label: 'echo' });
      must(ran.stdout === 'hi\n', () => ran.stdout);
    });
    expect(outcome.kind).toBe('ok');
  });

  test('that does not says why, and keeps what it saw', async () => {
    const { outcome, kept } = await play(async () => must(false, () => 'no\nfile'));
    expect(outcome).toEqual({ kind: 'failed', reason: 'no file' });
    expect(kept).toBe('no\nfile\n');
  });

  test('that takes too long has failed, and what it started is ended', async () => {
    let pid = 0;
    const { outcome } = await play(
      async (bench) => {
        const late = bench.run({
          command: ['sh', '-c', 'echo $$ > pid; sleep 600'],
          cwd: bench.project,
          env: {},
          label: 'sleep',
        });
        bench.ends(() => {
          pid = Number(readFileSync(join(bench.project, 'pid'), 'utf8'));
        });
        await late;
      },
      { seconds: 1 },
    );
    expect(outcome).toEqual({ kind: 'failed', reason: 'it takes longer than 1 s' });
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('that the client has not got is not run', async () => {
    const { outcome } = await play(() => Promise.reject(new Error('it ran')), {
      notOffered: () => 'too old',
    });
    expect(outcome).toEqual({ kind: 'not-offered', reason: 'too old' });
  });

  test('reasons are one line, and not long', () => {
    expect(oneLine(` a\n\tb ${'x'.repeat(1_000)}`)).toHaveLength(300);
  });
});
