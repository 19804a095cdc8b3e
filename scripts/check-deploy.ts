/**
 * `bun scripts/check-deploy.ts [--strict]` runs the validators of what is deployed: Dockerfile, compose, Kubernetes, systemd, launchd, nginx. It uses
 * what this machine has, puts Python's validators into `.cache/`, and lists what was not run. Exit 1 where a validator refuses a file; with
 * `--strict` also where one was not run. What no validator knows is held by `tests/deploy.test.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandLine } from './command-line/command-line.ts';
import { CHECKS, type Check } from './deploy/checks.ts';
import { openTools, type Tools } from './deploy/tools.ts';

type Result = { state: 'ok' | 'FAILED' | 'not run'; words: string };

const { values } = commandLine({
  name: 'bun scripts/check-deploy.ts',
  about: 'Runs the validators of what is deployed; with --strict it fails where one of them is not installed',
  options: { strict: { type: 'boolean', default: false } },
});

async function resultOf({ needs, run, fault, summary }: Check, tools: Tools): Promise<Result> {
  const missing = needs.filter((name) => tools.path(name) === undefined);
  if (missing.length > 0)
    return { state: 'not run', words: missing.map((name) => tools.howToGet(name)).join('; ') };
  for (const step of run(tools)) {
    const { code, said } = await tools.run(step);
    if (code !== 0 || fault?.test(said))
      return { state: 'FAILED', words: `${step.command.join(' ')}: exit ${code}\n${said}` };
    const told = summary?.(said);
    if (told !== undefined) return { state: 'ok', words: told };
  }
  return { state: 'ok', words: '' };
}

const folder = mkdtempSync(join(tmpdir(), 'check-deploy-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const tools = await openTools(folder);
const results: Result[] = [];
for (const check of CHECKS) {
  const result = await resultOf(check, tools);
  results.push(result);
  console.log(`${result.state.padEnd(8)} ${check.file.padEnd(28)}${check.by.padEnd(34)}${result.words}`);
}
const count = (state: Result['state']) => results.filter((result) => result.state === state).length;
console.log(`\n${count('ok')} ok, ${count('FAILED')} failed, ${count('not run')} not run`);
process.exitCode = count('FAILED') > 0 || (values.strict && count('not run') > 0) ? 1 : 0;
