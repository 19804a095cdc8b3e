/** The real Claude Code as a test client, in the versions that are supported: downloaded once, and run. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { binary, CACHE, output } from '../../../src/commands/demo/claude-code.ts';

export { type ClaudeResult, type ClaudeRun, runClaude } from '../../../src/commands/demo/claude-code.ts';

export type Installed = { ok: true; path: string } | { ok: false; reason: string };

const INSTALL_MS = 300_000;

/**
 * Installs beside the final place and then renames, so that a broken-off installation is never taken for a complete
 * one.
 */
async function install(version: string, folder: string, retries: number): Promise<Installed> {
  const place = dirname(folder);
  mkdirSync(place, { recursive: true });
  const draft = mkdtempSync(join(place, `.${version}-`));
  const patience = [
    '--fetch-retries',
    String(retries),
    '--fetch-retry-mintimeout',
    '2000',
    '--fetch-retry-factor',
    '2',
  ];
  const options = ['--no-audit', '--no-fund', '--ignore-scripts=false', ...patience];
  const npm = await output(
    ['npm', 'install', '--prefix', draft, ...options, `@anthropic-ai/claude-code@${version}`],
    INSTALL_MS,
  );
  if (npm.code !== 0 || !existsSync(binary(draft))) {
    rmSync(draft, { recursive: true, force: true });
    const line = npm.text.split('\n').find((text) => /error/i.test(text));
    return { ok: false, reason: `npm could not install it: ${line ?? `exit ${npm.code}`}` };
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
  return { ok: true, path: binary(folder) };
}

type Places = {
  /** Where the versions are; the cache (`CLAUDE_CODE_CACHE`) unless told otherwise. */
  cache?: string;
  /** How often npm may ask again, so that a machine without a network hears of it at once. */
  retries: number;
  /** Called before a download. */
  onDownload?: (folder: string) => void;
};

/** The `claude` of `version`, found or newly installed; or the reason why there is none. */
export async function installVersion(
  version: string,
  { cache = CACHE, retries, onDownload = () => {} }: Places,
): Promise<Installed> {
  const folder = join(cache, version);
  if (!existsSync(binary(folder))) onDownload(folder);
  if (!Bun.which('npm') && !existsSync(binary(folder))) return { ok: false, reason: 'npm is not installed' };
  const installed: Installed = existsSync(binary(folder))
    ? { ok: true, path: binary(folder) }
    : await install(version, folder, retries);
  if (!installed.ok) return installed;
  const { text } = await output([installed.path, '--version'], 30_000);
  if (text.startsWith(version)) return installed;
  return { ok: false, reason: `${installed.path} does not run: ${text.trim().slice(0, 200)}` };
}

export const CLAUDE_CODE_VERSIONS = ['2.1.330', '2.1.197'] as const;
/** Those whose usual mode in a terminal asks for verdicts on actions. */
export const AUTO_MODE_VERSIONS = ['2.1.330', '2.1.332'] as const;
export type ClaudeCodeVersion = (typeof CLAUDE_CODE_VERSIONS | typeof AUTO_MODE_VERSIONS)[number];

/** True where the cache has it already. */
export const isCached = (version: string): boolean => existsSync(binary(join(CACHE, version)));

/** `REQUIRE_E2E=1`: a test that would be skipped fails. */
export const requireE2e = process.env['REQUIRE_E2E'] === '1';

/** `SKIP_E2E=1`: tests that need the real Claude Code are left out, and nothing is downloaded. */
const skipE2e = process.env['SKIP_E2E'] === '1' && !requireE2e;

/** Where the test must run, short failures of the network are waited out. */
export const installClaudeCode = async (version: ClaudeCodeVersion): Promise<Installed> =>
  skipE2e
    ? { ok: false, reason: 'SKIP_E2E is set' }
    : installVersion(version, { retries: requireE2e ? 3 : 0, onDownload: tellDownload });

/** Minutes of silence would look as if the test hung. */
const tellDownload = (folder: string) =>
  console.warn(
    `downloading Claude Code into ${folder}, once: some 300 MB (SKIP_E2E=1 leaves these tests out)`,
  );

/** The lines of `--output-format stream-json --verbose`. */
export function streamJson(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}
