#!/usr/bin/env node
/**
 * Runs the program with the Bun that was installed with it, so that Node alone is enough. Bun's own `bin` would need its
 * post-install script, which `--ignore-scripts` leaves out; its packages for each platform need none.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const { engines } = createRequire(import.meta.url)('../package.json');

const SYSTEMS = { darwin: 'darwin', linux: 'linux', win32: 'windows' };
const PROCESSORS = { x64: 'x64', arm64: 'aarch64' };
const PROGRAM = process.platform === 'win32' ? 'bun.exe' : 'bun';

/** npm has put the package of this platform there, and perhaps that of the other C library as well. */
function packagedBun() {
  const platform = `@oven/bun-${SYSTEMS[process.platform]}-${PROCESSORS[process.arch]}`;
  const require = createRequire(import.meta.url);
  for (const name of [platform, `${platform}-musl`]) {
    try {
      const path = join(dirname(require.resolve(`${name}/package.json`)), 'bin', PROGRAM);
      if (runs(path)) return path;
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return undefined;
}

const versionOf = (path) => spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.trim() || undefined;
const runs = (path) => versionOf(path) !== undefined;

/** The user's own Bun, where it is new enough. */
function bunOnPath() {
  const least = engines.bun.replace('>=', '').split('.').map(Number);
  const version = versionOf(PROGRAM)?.split(/[.-]/).map(Number);
  if (!version) return undefined;
  const at = [0, 1, 2].find((index) => version[index] !== least[index]);
  return at === undefined || version[at] > least[at] ? PROGRAM : undefined;
}

const bun = packagedBun() ?? bunOnPath();
if (!bun) {
  process.stderr.write(
    `There is no Bun for ${process.platform} ${process.arch} beside this program: it was installed without optional dependencies, or on another platform. Install it anew, or get Bun ${engines.bun.replace('>=', '')} or newer: https://bun.sh\n`,
  );
  process.exit(1);
}

// Nothing of the user's folder may change how the program is loaded.
const flags = [
  '--no-env-file',
  `--config=${join(ROOT, 'bin/bunfig.toml')}`,
  `--tsconfig-override=${join(ROOT, 'bin/tsconfig.json')}`,
];
const child = spawn(bun, [...flags, join(ROOT, 'src/main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: {
    BUN_CONFIG_MAX_HTTP_REQUESTS: '4096',
    BUN_JSC_forceRAMSize: '1073741824',
    ...process.env,
    // Where this process is killed, the program ends as well (src/config/launcher.ts).
    GEMINI_CLAUDE_PROXY_BIN: String(process.pid),
  },
});
child.on('error', (error) => {
  process.stderr.write(`${bun} cannot be run: ${error.message}\n`);
  process.exit(1);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  // A terminal tells Ctrl-C to everyone in it: handed on, the program would get it twice.
  process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
}
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
