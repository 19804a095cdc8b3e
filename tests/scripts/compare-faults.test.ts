/** The comparison of two versions over all faults: finds nothing where nothing changed, and says where something did. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareObservations, type Observations } from '../../scripts/faults/observations.ts';

const ROOT = join(import.meta.dir, '../..');
const TIMEOUT_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'compare-faults-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function compare(...args: string[]) {
  const command = [
    process.execPath,
    'scripts/compare-faults.ts',
    '--sample',
    '40',
    '--only',
    'keys,refusals',
  ];
  const child = Bun.spawn([...command, ...args], { cwd: ROOT, stdout: 'pipe', stderr: 'pipe' });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { out, err, code };
}

test(
  'two runs of one version write the same file, and one of them against a file that says otherwise fails',
  async () => {
    const [first, second, changed] = ['first', 'second', 'changed'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    expect(await compare('--out', first)).toMatchObject({ err: '', code: 0 });
    expect(await compare('--out', second, '--against', first)).toMatchObject({ err: '', code: 0 });
    const text = readFileSync(first, 'utf8');
    expect(readFileSync(second, 'utf8')).toBe(text);
    expect(text).not.toContain('nothing more happens');
    writeFileSync(changed, text.replace('client 1, 0 ms: HTTP 200', 'client 1, 9 ms: HTTP 200'));
    const { out, code } = await compare('--against', changed);
    expect(out).toContain('was: client 1, 9 ms: HTTP 200');
    expect(out).toContain('now: client 1, 0 ms: HTTP 200');
    expect({ differ: /^(\d+) scenes differ/m.exec(out)?.[1], code }).toEqual({ differ: '1', code: 1 });
  },
  TIMEOUT_MS,
);

const seen = (lines: readonly string[], texts: Readonly<Record<string, string>> = {}): Observations => ({
  scenes: new Map([['a scene', lines]]),
  texts: new Map(Object.entries(texts)),
});

describe('a difference is told', () => {
  test.each<[string, Observations, Observations, string]>([
    ['at the first line that is another', seen(['a', 'b', 'c']), seen(['a', 'x', 'y']), 'was: b\n  now: x'],
    ['where there is more now', seen(['a']), seen(['a', 'b']), 'was: nothing more\n  now: b'],
    ['where there is less now', seen(['a', 'b']), seen(['a']), 'was: b\n  now: nothing more'],
    [
      'at the place where two texts part',
      seen(['3 bytes #a'], { '#a': 'one two' }),
      seen(['3 bytes #b'], { '#b': 'one 2' }),
      'at character 4: was "one two"\n  at character 4: now "one 2"',
    ],
  ])('%s', (_where, was, now, words) => {
    const { differences, added, gone } = compareObservations(was, now);
    expect({ added, gone, count: differences.length }).toEqual({ added: [], gone: [], count: 1 });
    expect(differences[0]).toStartWith('a scene\n  ');
    expect(differences[0]).toContain(words);
  });

  test('apart from scenes that only one of the two has', () => {
    const none: Observations = { scenes: new Map(), texts: new Map() };
    expect(compareObservations(none, seen(['a']))).toEqual({ differences: [], added: ['a scene'], gone: [] });
    expect(compareObservations(seen(['a']), none)).toEqual({ differences: [], added: [], gone: ['a scene'] });
  });
});
