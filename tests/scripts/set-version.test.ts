/** One version stands everywhere, and one command moves it. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { namedVersions, namingFiles, withNames, withRelease } from '../../scripts/set-version.ts';

const { version } = packageJson;
const read = (path: string) => readFileSync(join(import.meta.dir, '../..', path), 'utf8');

describe('the version', () => {
  test('has a dated section in the changelog, the first one after what is unreleased', () => {
    const headings = [...read('CHANGELOG.md').matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings[0]).toBe('Unreleased');
    expect(headings[1]).toMatch(new RegExp(`^${version.replaceAll('.', '\\.')} · \\d{4}-\\d{2}-\\d{2}$`));
  });

  test('sections are newest first, each with lines of its own', () => {
    const sections = read('CHANGELOG.md').split(/^## /m).slice(2);
    const versions = sections.map((section) => section.split(' ')[0] ?? '');
    expect(versions).toEqual(versions.toSorted((a, b) => Bun.semver.order(b, a)));
    expect(sections.filter((section) => !section.includes('\n- '))).toEqual([]);
  });

  test('has no line in the changelog that stands there twice', () => {
    const lines = [...read('CHANGELOG.md').matchAll(/^- .+$/gm)].map(([line]) => line);
    expect(lines.filter((line, index) => lines.indexOf(line) !== index)).toEqual([]);
  });

  test('is the one in every name of an image or a tarball', () => {
    const named = namingFiles().flatMap((path) => namedVersions(read(path)).map((each) => [path, each]));
    expect(new Set(named.map(([path]) => path)).size).toBeGreaterThan(2);
    expect(named.filter(([, each]) => each !== version)).toEqual([]);
  });
});

describe('moving it', () => {
  test.each([
    ['image: gemini-claude-proxy:0.2.0', 'image: gemini-claude-proxy:0.3.0'],
    ['npm install ./gemini-claude-proxy-0.2.0.tgz', 'npm install ./gemini-claude-proxy-0.3.0.tgz'],
    [
      'docker push r.example/gemini-claude-proxy:0.10.12 && x',
      'docker push r.example/gemini-claude-proxy:0.3.0 && x',
    ],
    ['valkey/valkey:9.0.0, gemini-claude-proxy.service', 'valkey/valkey:9.0.0, gemini-claude-proxy.service'],
  ])('%s', (text, moved) => {
    expect(withNames(text, '0.3.0')).toBe(moved);
  });

  const CHANGELOG = '# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.2.0 · 2026-11-30\n\n- Old.\n';

  test('what is unreleased gets the heading', () => {
    expect(withRelease(CHANGELOG, '0.3.0', '2026-12-24')).toBe(
      '# Changelog\n\n## Unreleased\n\n## 0.3.0 · 2026-12-24\n\n- New.\n\n## 0.2.0 · 2026-11-30\n\n- Old.\n',
    );
  });

  test.each([
    ['a version that is there', CHANGELOG, '0.2.0', 'has 0.2.0 already'],
    ['nothing new', CHANGELOG.replace('- New.\n\n', ''), '0.3.0', 'nothing that is unreleased'],
    ['nothing new, and nothing older', '## Unreleased\n', '0.1.0', 'nothing that is unreleased'],
    ['no heading for it', '# Changelog\n', '0.3.0', 'no "## Unreleased"'],
  ])('%s: refused', (_, changelog, to, says) => {
    expect(() => withRelease(changelog, to, '2026-12-24')).toThrow(says);
  });
});
