/** Checks files of scenarios without playing them: everything that is wrong, and everything that is never reached. */
import { join } from 'node:path';
import { type ScenarioSource, sourcesIn, textOf } from './files.ts';
import type { Path, Problem } from './problems.ts';
import { answersAll, tellUnreachable } from './reach.ts';
import { type ReadScenario, readScenario } from './read.ts';

export type Checked = {
  files: readonly string[];
  errors: readonly Problem[];
  /** What can be used, but says something that never comes. */
  warnings: readonly Problem[];
};

type Good = Exclude<ReadScenario, { problems: readonly Problem[] }> & { file: string };

/** Checks every scenario of a folder. Throws where the folder cannot be read. */
export const checkFolder = (folder: string): Checked => checkSources(sourcesIn({ folder, isOwn: true }));

export function checkSources(sources: readonly ScenarioSource[]): Checked {
  const errors: Problem[] = [];
  const good: Good[] = [];
  const files: string[] = [];
  for (const source of sources) {
    const file = join(source.place.folder, source.file);
    files.push(file);
    const text = textOf(source);
    if (typeof text !== 'string') {
      errors.push({ file, line: undefined, field: '', reason: text.unreadable });
      continue;
    }
    const read = readScenario(text, file);
    if ('problems' in read) errors.push(...read.problems);
    else good.push({ file, ...read });
  }
  return {
    files,
    errors: [...errors, ...sameNames(good)],
    warnings: [...good.flatMap(unreachable), ...hidden(good)],
  };
}

const problemAt = ({ file, lineOf }: Good, at: Path, reason: string): Problem => ({
  file,
  line: lineOf(at),
  field: at.join('.'),
  reason,
});

function sameNames(good: readonly Good[]): Problem[] {
  const owners = new Map<string, string>();
  return good.flatMap((one) => {
    const { name } = one.scenario;
    const owner = owners.get(name);
    if (owner === undefined) owners.set(name, one.file);
    return owner === undefined ? [] : [problemAt(one, ['name'], `${owner} is called ${name}, too`)];
  });
}

function unreachable(good: Good): Problem[] {
  const found: Problem[] = [];
  tellUnreachable(good.scenario, good.data, (at, reason) => found.push(problemAt(good, at, reason)));
  return found;
}

/** The scenarios after one that answers everything. */
function hidden(good: readonly Good[]): Problem[] {
  const asked = good.toSorted((a, b) => a.scenario.order - b.scenario.order);
  const open = asked.findIndex(({ scenario, data }) => answersAll(scenario, data));
  const hider = asked[open];
  if (!hider) return [];
  return asked
    .slice(open + 1)
    .map((one) =>
      problemAt(
        one,
        ['name'],
        `is never asked: ${hider.scenario.name} (${hider.file}) answers everything before it`,
      ),
    );
}
