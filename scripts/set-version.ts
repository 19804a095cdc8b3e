/**
 * `bun scripts/set-version.ts 0.3.0 [--date 2026-12-24]` makes this the version: in package.json, in the names of images and tarballs, and in
 * the changelog, whose unreleased lines get its heading.
 */
import { join } from 'node:path';
import { commandLine, slip } from './command-line/command-line.ts';

const ROOT = join(import.meta.dir, '..');
const NAME = 'gemini-claude-proxy';
const VERSION = /^\d+\.\d+\.\d+$/;
const IN_NAMES = new RegExp(`(?<=${NAME}[:-])\\d+\\.\\d+\\.\\d+`, 'g');
const UNRELEASED = '## Unreleased\n';

/** The files that name an image or a tarball. */
const NAMING = ['compose.yaml', 'docs/**/*.{md,yaml}', 'README.md', 'Dockerfile'];

export const namingFiles = (): string[] =>
  NAMING.flatMap((pattern) => [...new Bun.Glob(pattern).scanSync(ROOT)])
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.startsWith('docs/decisions/') && path !== 'docs/comparison.md')
    .sort();

/** The versions that stand in names of images and tarballs. */
export const namedVersions = (text: string): string[] => text.match(IN_NAMES) ?? [];

export const withNames = (text: string, version: string): string => text.replaceAll(IN_NAMES, version);

export function withRelease(changelog: string, version: string, date: string): string {
  if (changelog.includes(`\n## ${version} `)) throw new Error(`CHANGELOG.md has ${version} already`);
  const [before, after] = changelog.split(UNRELEASED);
  if (before === undefined || after === undefined) throw new Error('CHANGELOG.md has no "## Unreleased"');
  const [unreleased = ''] = after.split(/^## /m);
  if (unreleased.trim() === '') throw new Error('CHANGELOG.md has nothing that is unreleased');
  return `${before}${UNRELEASED}\n## ${version} · ${date}\n${after}`;
}

const edit = async (path: string, change: (text: string) => string): Promise<void> => {
  const file = Bun.file(join(ROOT, path));
  const text = await file.text();
  const changed = change(text);
  if (changed === text) return;
  await Bun.write(file, changed);
  console.log(path);
};

async function main(): Promise<void> {
  const { values, positionals } = commandLine({
    name: 'bun scripts/set-version.ts',
    about: 'Makes this the version everywhere: package.json, names of images and tarballs, the changelog',
    words: '<version>',
    options: { date: { type: 'string' } },
  });
  const [version = ''] = positionals;
  if (!VERSION.test(version)) slip('which version? As in: bun scripts/set-version.ts 0.3.0');
  const date = values.date ?? new Date().toISOString().slice(0, 10);
  // First what may fail, so that a half-made change does not stay behind.
  await edit('CHANGELOG.md', (text) => withRelease(text, version, date));
  await edit('package.json', (text) => text.replace(/("version": ")[^"]+/, `$1${version}`));
  for (const path of namingFiles()) await edit(path, (text) => withNames(text, version));
}

if (import.meta.main) await main();
