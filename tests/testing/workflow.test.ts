/** What people copy and nobody runs here: the workflow for GitHub Actions, and the commands of the page. What it calls is there. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { COMMANDS, commandIn } from '../../src/commands/table.ts';
import { parseFlags } from '../../src/config/command-line/flags.ts';
import { ROUTES } from '../../src/http/route-table.ts';

const ROOT = join(import.meta.dir, '../..');
const textOf = (path: string) => readFileSync(join(ROOT, path), 'utf8');

type Step = { uses?: string; run?: string };
type Workflow = { on: string[]; jobs: Record<string, { 'runs-on': string; steps: Step[] }> };

const WORKFLOW = textOf('examples/github-actions/tests.yml');
const PAGE = textOf('docs/testing.md');

/** The words after the program's name, up to what the shell takes. */
const callsIn = (text: string): string[][] =>
  [...text.matchAll(/npx gemini-claude-proxy ([^\n`>]+)/g)].map(([, words = '']) =>
    words.trim().split(/\s+/),
  );

test('the workflow has jobs that check out and run something', () => {
  const { on, jobs } = parse(WORKFLOW) as Workflow;
  expect(on).toContain('pull_request');
  for (const { steps, ...job } of Object.values(jobs)) {
    expect(job['runs-on']).toBe('ubuntu-latest');
    expect(steps[0]?.uses).toMatch(/^actions\/checkout@v\d+$/);
    expect(steps.some(({ run }) => run !== undefined)).toBe(true);
    for (const step of steps) expect(Object.keys(step)).toContain(step.uses === undefined ? 'run' : 'uses');
  }
});

describe.each([
  ['the workflow', WORKFLOW],
  ['the page', PAGE],
])('%s calls', (_name, text) => {
  test('commands that there are, with flags that they take', () => {
    const calls = callsIn(text);
    expect(calls.length).toBeGreaterThan(0);
    for (const call of calls) {
      const { command, rest, unknown } = commandIn(call);
      expect(unknown).toBeUndefined();
      if ('serves' in COMMANDS[command]) expect(() => parseFlags(rest)).not.toThrow();
    }
  });

  test('paths that there are', () => {
    const known = ROUTES.map(({ path }) => path);
    const paths = [...text.matchAll(/(?<=127\.0\.0\.1:\d+|(?:GET|POST) )\/[\w/]+/g)].map(([path]) => path);
    expect(paths.length).toBeGreaterThan(0);
    for (const path of paths) expect(known).toContain(path);
  });
});
