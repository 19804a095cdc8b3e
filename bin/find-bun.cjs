/**
 * Finds the Bun that was installed with this package, so that Node alone is enough. Bun's own `bin` would need its post-install script,
 * which `--ignore-scripts` leaves out; its packages for each platform need none.
 */
'use strict';

const { spawnSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const ROOT = dirname(__dirname);
// Read, not required: loaders such as tsx make modules of JSON, which Node 20 then does not find.
const least = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).engines.bun.replace('>=', '');

/** @type {Partial<Record<string, string>>} */
const SYSTEMS = { darwin: 'darwin', linux: 'linux', win32: 'windows' };
/** @type {Partial<Record<string, string>>} */
const PROCESSORS = { x64: 'x64', arm64: 'aarch64' };
const PROGRAM = process.platform === 'win32' ? 'bun.exe' : 'bun';

/** @param {string} path */
const versionOf = (path) => spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.trim() || undefined;

/** npm has put the package of this platform there, and perhaps that of the other C library as well. */
function packagedBun() {
  const platform = `@oven/bun-${SYSTEMS[process.platform]}-${PROCESSORS[process.arch]}`;
  for (const name of [platform, `${platform}-musl`]) {
    try {
      const path = join(dirname(require.resolve(`${name}/package.json`)), 'bin', PROGRAM);
      if (versionOf(path) !== undefined) return path;
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return undefined;
}

/** The user's own Bun, where it is new enough. */
function bunOnPath() {
  const wanted = least.split('.').map(Number);
  const version = versionOf(PROGRAM)?.split(/[.-]/).map(Number);
  if (!version) return undefined;
  const at = [0, 1, 2].find((index) => version[index] !== wanted[index]);
  return at === undefined || Number(version[at]) > Number(wanted[at]) ? PROGRAM : undefined;
}

/** @type {string | undefined} */
let found;

/** Throws where there is none, or where there is one that cannot read this package. */
function findBun() {
  if (/\.zip[\\/]/.test(ROOT))
    throw new Error(
      "Yarn's Plug'n'Play keeps packages in archives, which Bun cannot read: write `nodeLinker: node-modules` into .yarnrc.yml, and install anew",
    );
  found ??= packagedBun() ?? bunOnPath();
  if (found !== undefined) return found;
  throw new Error(
    `There is no Bun for ${process.platform} ${process.arch} beside this program: it was installed without optional dependencies, or on another platform. Install it anew, or get Bun ${least} or newer: https://bun.sh`,
  );
}

/** Nothing of the user's folder may change how a program of this package is loaded. */
const FLAGS = [
  '--no-env-file',
  `--config=${join(ROOT, 'bin/bunfig.toml')}`,
  `--tsconfig-override=${join(ROOT, 'bin/tsconfig.json')}`,
];

/**
 * The arguments with which Bun runs a file of this package.
 * @param {string} file From the root of the package.
 */
const argumentsFor = (file) => [...FLAGS, join(ROOT, file)];

/** What Bun reads before any code of ours runs: src/config/before-start.ts says why. */
const BEFORE_START = { BUN_CONFIG_MAX_HTTP_REQUESTS: '4096', BUN_JSC_forceRAMSize: '1073741824' };

module.exports = { findBun, argumentsFor, BEFORE_START };
