/**
 * `bun run check`: everything that must hold before a change is handed in. All steps run, so that all faults show at
 * once; exit 1 if any step failed. `--no-tests` leaves out the tests, for when they have just been run. (The tests also
 * check that the generated parts of the docs are current.)
 */
import { join } from 'node:path';

const ROOT = join(import.meta.dir, '..');

const STEPS: readonly { name: string; command: readonly string[]; fix: string }[] = [
  { name: 'format', command: ['biome', 'format', '.'], fix: 'bun run format' },
  {
    name: 'lint',
    command: ['biome', 'check', '--formatter-enabled=false', '.'],
    fix: 'bunx biome check --write .',
  },
  { name: 'types', command: ['tsc', '--noEmit'], fix: 'see the places named above' },
  {
    name: 'tests',
    command: ['bun', 'test'],
    fix: 'see the tests named above; `bun run docs` for generated docs',
  },
];

const bin = (name: string) => (name === 'bun' ? process.execPath : join(ROOT, 'node_modules/.bin', name));

const steps = STEPS.filter(({ name }) => name !== 'tests' || !process.argv.includes('--no-tests'));
const failed: string[] = [];
for (const { name, command, fix } of steps) {
  const [program = '', ...args] = command;
  const child = Bun.spawn([bin(program), ...args], {
    cwd: ROOT,
    stdout: 'pipe',
    stderr: 'pipe',
    stdin: 'ignore',
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code === 0) console.log(`ok      ${name}`);
  else {
    failed.push(name);
    console.log(`${out}${err}\nFAILED  ${name} (${fix})`);
  }
}
console.log(`checks: ${steps.length - failed.length} ok, ${failed.length} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;
