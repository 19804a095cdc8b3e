import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GENERATED, withGenerated } from '../scripts/docs.ts';

const ROOT = join(import.meta.dir, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const DOCUMENTS = [
  'README.md',
  'AGENTS.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path}`),
];

/** Targets of Markdown links to files of this repository. */
const localLinks = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^\w+:/.test(link));

describe('the docs', () => {
  test.each(Object.entries(GENERATED))('%s is as the code would make it (`bun run docs`)', (path, make) => {
    expect(read(path)).toBe(make(read(path)));
  });

  test('a generated part that nothing makes is an error', () => {
    expect(() => withGenerated('<!-- generated: nonsense -->\n<!-- end -->')).toThrow('nothing generates');
  });

  test.each(DOCUMENTS)('%s links to files that exist', (path) => {
    const missing = localLinks(read(path)).filter((link) => !existsSync(join(ROOT, dirname(path), link)));
    expect(missing).toEqual([]);
  });

  test('every row of the table of tests names a test', () => {
    const rows = read('docs/tests.md')
      .split('\n')
      .filter((line) => line.startsWith('| ') && !/^\| (---|\| tests)/.test(line));
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter((row) => !/\]\(\.\.\/tests\/[\w./-]+\)/.test(row))).toEqual([]);
  });

  test.each(['README.md', 'AGENTS.md'])('%s names commands that exist', (path) => {
    const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts;
    const named = [...read(path).matchAll(/\bbun(?:@[\d.]+)? run ([a-z]+)/g)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test.each([
    ['README.md', 200],
    ['AGENTS.md', 60],
  ] as const)('%s has at most %d lines', (path, most) => {
    expect(read(path).trimEnd().split('\n').length).toBeLessThanOrEqual(most);
  });
});
