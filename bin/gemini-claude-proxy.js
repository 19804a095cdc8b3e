#!/usr/bin/env node
/** Runs the program with the Bun that was installed with it. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import runtime from './find-bun.cjs';

/**
 * @param {unknown} error
 * @returns {never}
 */
function fail(error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

function bunOrExit() {
  try {
    return runtime.findBun();
  } catch (error) {
    return fail(error);
  }
}

const bun = bunOrExit();
const child = spawn(bun, [...runtime.argumentsFor('src/main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: {
    ...runtime.BEFORE_START,
    ...process.env,
    // Where this process is killed, the program ends as well (src/config/launcher.ts).
    GEMINI_CLAUDE_PROXY_BIN: String(process.pid),
  },
});
child.on('error', (error) => fail(`${bun} cannot be run: ${error.message}`));
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  // A terminal tells Ctrl-C to everyone in it: handed on, the program would get it twice.
  process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
}
child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));
