/**
 * `bun scripts/drift-check.ts [plant …]` tries `bun run drift` against the simulated Google: undisturbed, with each planted
 * difference alone, with all of them at once, and when Google is down. Exit 1 where drift misses a difference, invents
 * one, or takes an outage for one.
 */
import { commandLine } from './command-line/command-line.ts';
import { foundOf, lookAtPlants, lookWith } from './drift/simulated/check.ts';
import { OUTAGES } from './drift/simulated/outages.ts';
import type { Plant } from './drift/simulated/planting.ts';
import { PLANTS, plantsNamed } from './drift/simulated/plants.ts';

const { positionals: names } = commandLine({
  name: 'bun scripts/drift-check.ts',
  about:
    'Tries bun run drift against a simulated Google with planted differences; without words: all of them',
  words: '[<plant>] …',
  options: {},
});
let failures = 0;

function tell(isGood: boolean, what: string, lines: readonly string[]): void {
  if (!isGood) failures++;
  console.log(`${isGood ? 'ok  ' : 'FAIL'}  ${what}`);
  for (const line of lines) console.log(`        ${line}`);
}

async function tryPlants(what: string, plants: readonly Plant[], exit: 0 | 1): Promise<void> {
  const report = await lookAtPlants(plants);
  const { named, missed, invented } = foundOf(plants, report);
  const problems = [
    ...missed.map((line) => `missed: ${line}`),
    ...invented.map((line) => `invented: ${line}`),
  ];
  const isGood = problems.length === 0 && report.exitCode === exit;
  tell(isGood, what, plants.length === 1 ? [...named.flatMap(({ lines }) => lines), ...problems] : problems);
}

await tryPlants('undisturbed: no difference', [], 0);
for (const plant of names.length > 0 ? plantsNamed(names) : PLANTS) await tryPlants(plant.name, [plant], 1);
if (names.length === 0) {
  await tryPlants(`all ${PLANTS.length} at once: each named, none invented`, PLANTS, 1);
  for (const { name, why, at } of OUTAGES) {
    await at(async (options) => {
      const { lines, exitCode } = await lookWith(options);
      const told = lines[0]?.replace('could not look at the live API: ', '') ?? '';
      tell(exitCode === 2 && why.test(told), `down: ${name}`, [told]);
    });
  }
}
console.log(failures === 0 ? 'PASS' : `FAIL: ${failures}`);
process.exit(failures === 0 ? 0 : 1);
