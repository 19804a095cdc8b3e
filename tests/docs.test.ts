import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GENERATED, withGenerated } from '../scripts/docs.ts';
import { codeLines } from './support/architecture.ts';

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

type Link = { path: string; anchor: string };

/** Links of Markdown and of HTML to this repository. `path` is empty for a link within the page. */
const localLinks = (text: string): Link[] =>
  [...text.matchAll(/(?:\]\(|\b(?:href|src)=")([^)#"\s]*)(?:#([^)"\s]*))?[)"]/g)]
    .map(([, path = '', anchor = '']) => ({ path, anchor }))
    .filter(({ path }) => !/^\w+:/.test(path));

/** The anchors that GitHub gives to the headings of a page. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** What a link leads to; in a folder, each of its pages. */
const reachedBy = (from: string, { path }: Link): string[] => {
  const target = join(dirname(from), path);
  return path === '' ? [] : DOCUMENTS.filter((page) => page === target || dirname(page) === target);
};

/** The pages to which links lead from `start`. */
function reachable(start: string): Set<string> {
  const seen = new Set([start]);
  for (const page of seen) {
    for (const link of localLinks(read(page))) for (const next of reachedBy(page, link)) seen.add(next);
  }
  return seen;
}

describe('the docs', () => {
  test.each(Object.entries(GENERATED))('%s is as the code would make it (`bun run docs`)', (path, make) => {
    expect(read(path)).toBe(make(read(path)));
  });

  test('a generated part that nothing makes is an error', () => {
    expect(() => withGenerated('<!-- generated: nonsense -->\n<!-- end -->')).toThrow('nothing generates');
  });

  test.each(DOCUMENTS)('%s links to files that exist', (path) => {
    const missing = localLinks(read(path)).filter(
      (link) => !existsSync(join(ROOT, dirname(path), link.path)),
    );
    expect(missing).toEqual([]);
  });

  test.each(DOCUMENTS)('%s links to headings that exist', (path) => {
    const missing = localLinks(read(path)).filter((link) => {
      const target = link.path === '' ? path : join(dirname(path), link.path);
      return link.anchor !== '' && target.endsWith('.md') && !anchorsOf(read(target)).includes(link.anchor);
    });
    expect(missing).toEqual([]);
  });

  test('each page can be reached from the README', () => {
    const reached = reachable('README.md');
    expect(DOCUMENTS.filter((page) => !reached.has(page))).toEqual([]);
  });

  test('the README counts what the comparison shows', () => {
    const [table = ''] = read('docs/comparison.md').split('## What it costs');
    const results = table
      .split('\n')
      .filter((line) => /^\| .* \| [✓○✗]/.test(line))
      .map((line) => line.split(' | ').slice(2));
    const right = [0, 1, 2].map((peer) => results.filter((cells) => cells[peer]?.startsWith('✓')).length);
    expect(read('README.md')).toContain(
      `In ${results.length} ways in which Google answers or fails, chosen by us, the client was told what is right ${right[0]} times; by LiteLLM ${right[1]} times, by claude-code-router ${right[2]} times`,
    );
  });

  test('every row of the table of tests names a test', () => {
    const rows = read('docs/tests.md')
      .split('\n')
      .filter((line) => line.startsWith('| ') && !/^\| (---|\| tests)/.test(line));
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter((row) => !/\]\(\.\.\/tests\/[\w./-]+\)/.test(row))).toEqual([]);
  });

  test.each(DOCUMENTS)('%s names commands that exist', (path) => {
    const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts;
    const named = [...read(path).matchAll(/\bbun(?:@[\d.]+)? run ([a-z]+)/g)].map((match) => match[1] ?? '');
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test('pages that the program names are in the npm package', () => {
    const { files } = JSON.parse(read('package.json')) as { files: string[] };
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
    const named = sources
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
      .flatMap((path) => codeLines(read(`src/${path}`)))
      .flatMap((line) => line.match(/\bdocs\/[\w./-]+\.md\b/g) ?? []);
    expect(named.length).toBeGreaterThan(3);
    expect([...new Set(named)].filter((page) => !files.includes(page))).toEqual([]);
  });

  test.each([
    ['README.md', 110],
    ['AGENTS.md', 60],
  ] as const)('%s has at most %d lines', (path, most) => {
    expect(read(path).trimEnd().split('\n').length).toBeLessThanOrEqual(most);
  });
});
