/**
 * What every command of package.json does first: it checks for the right Bun, and installs the packages that bun.lock
 * names. Where that fails it says why, since `bun install --silent` says nothing. It must run under any Bun, and before
 * there are packages, so it imports nothing and uses only old features.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MOST_LINES = 6;

type Package = { engines: { bun: string }; devDependencies: Record<string, string> };

const { engines, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Package;
const wanted = engines.bun.replace('>=', '');
const howToUpdate = `Update it (bun upgrade), or put npx -y bun@${devDependencies['bun-types']} in place of bun`;

function fail(...lines: string[]): never {
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exit(1);
}

const parts = (version: string) => version.split(/[.-]/).slice(0, 3).map(Number);

/** Below 0 where `a` is older. */
function compareVersions(a: string, b: string): number {
  const [first, second] = [parts(a), parts(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (first[i] || 0) - (second[i] || 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** By what `bun install` says; the first match counts. */
const REASONS: [said: RegExp, means: string][] = [
  [
    /UnknownLockfileVersion|Unsupported lockfile version/i,
    `bun.lock was written by a newer Bun than this one (${process.versions['bun']}). ${howToUpdate}`,
  ],
  [/failed to parse lockfile/i, 'bun.lock cannot be read. Take it from the repository once more'],
  [
    /lockfile had changes/i,
    'package.json and bun.lock do not belong together. Take both from one commit, or run bun install once',
  ],
  [
    /ConnectionRefused|ConnectionClosed|ConnectionReset|FailedToOpenSocket|ENOTFOUND|ECONN|EAI_AGAIN|getaddrinfo|Timeout|Certificate|CERT_|SSL|Unreachable|DNS/i,
    'the package registry cannot be reached. Look at the network, at HTTPS_PROXY, and at the registry in .npmrc or BUN_CONFIG_REGISTRY',
  ],
  [
    /\b(401|403|404|407|5\d\d)\b|GET http/i,
    'the package registry refused a package. Look at the registry in .npmrc or BUN_CONFIG_REGISTRY',
  ],
  [
    /EACCES|EPERM|EROFS|AccessDenied|PermissionDenied|ReadOnly/i,
    `the folder ${ROOT} cannot be written. Packages are put into its node_modules`,
  ],
  [/ENOSPC|NoSpaceLeft/i, 'the disk is full'],
];

function reasonOf(said: string): string {
  for (const [pattern, means] of REASONS) if (pattern.test(said)) return means;
  return 'bun install failed';
}

function install(): void {
  if (!existsSync(join(ROOT, 'node_modules'))) process.stderr.write('Installing packages, this once …\n');
  const { status, stdout, stderr, error } = spawnSync(process.execPath, ['install', '--frozen-lockfile'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (status === 0) return;
  const said = `${error ? error.message : ''}\n${stderr}\n${stdout}`;
  const lines = said.split('\n').filter((line) => /error|warn|note|unknown/i.test(line));
  const shown = lines.filter((line, index) => lines.indexOf(line) === index).slice(0, MOST_LINES);
  fail(`The packages are not installed: ${reasonOf(said)}.`, ...shown.map((line) => `  ${line.trim()}`));
}

const version = process.versions['bun'];
if (version === undefined) fail(`Bun ${wanted} or newer is needed: https://bun.sh`);
if (compareVersions(version, wanted) < 0) {
  fail(`Bun ${wanted} or newer is needed, and this is ${version} (${process.execPath}). ${howToUpdate}.`);
}
install();
