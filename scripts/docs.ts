/**
 * `bun run docs` rewrites the parts of the docs that are generated from the code. `tests/docs.test.ts` checks that they
 * are current.
 */
import { join } from 'node:path';
import { STEP_TABLE } from '../src/answer/next-step.ts';
import { envExample, variablesTable } from '../src/config/config.ts';
import { METRICS, PREFIX } from '../src/metrics/table.ts';
import { describeFaults, describeParameters } from '../src/sim/faults/index.ts';
import { SCHEMA_FILE, scenarioSchema } from '../src/sim/scenario/json-schema.ts';
import { errorsPage } from './errors-page.ts';
import { fixturesPage } from './fixtures-page.ts';
import { guidancePage } from './guidance-page.ts';
import { mappingPage } from './mapping-page.ts';

const ROOT = join(import.meta.dir, '..');

const PARTS: Readonly<Record<string, () => string>> = {
  variables: variablesTable,
  faults: describeFaults,
  settings: describeParameters,
  steps: describeSteps,
  metrics: describeMetrics,
};

/** What an answer does after a failed attempt, in the order in which it is tried. */
function describeSteps(): string {
  const rows = STEP_TABLE.map(
    ({ kind, when, costs }, index) => `| ${index + 1} | \`${kind}\` | ${when} | ${costs} |`,
  );
  return ['| | step | where | costs |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function describeMetrics(): string {
  const rows = Object.entries(METRICS).map(
    ([name, { kind, labels, help }]) =>
      `| \`${PREFIX}${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  );
  return ['| name | kind | labels | |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

const MARKED = /(<!-- generated: (\w+)[^>]* -->\n)[\s\S]*?(<!-- end -->)/g;

/** `text` with each part between `<!-- generated: name -->` and `<!-- end -->` as today's code makes it. */
export function withGenerated(text: string): string {
  return text.replace(MARKED, (_whole, start: string, name: string, end: string) => {
    const part = PARTS[name];
    if (!part) throw new Error(`nothing generates "${name}"`);
    return `${start}\n${part().trim()}\n\n${end}`;
  });
}

/** The generated files. Each function turns the present content into what it should be. */
export const GENERATED: Readonly<Record<string, (now: string) => string>> = {
  'docs/settings.md': withGenerated,
  [`fixtures/scenarios/${SCHEMA_FILE}`]: scenarioSchema,
  '.env.example': envExample,
  'docs/faults.md': withGenerated,
  'docs/retries.md': withGenerated,
  'docs/metrics.md': withGenerated,
  'docs/errors.md': errorsPage,
  'docs/mapping.md': mappingPage,
  'docs/fixtures.md': fixturesPage,
  'docs/guidance/CLAUDE.md': guidancePage,
};

/** Writes them, and returns the names of those that changed. */
export async function writeDocs(): Promise<string[]> {
  const changed: string[] = [];
  for (const [name, make] of Object.entries(GENERATED)) {
    const file = Bun.file(join(ROOT, name));
    const now = (await file.exists()) ? await file.text() : '';
    const made = make(now);
    if (made === now) continue;
    await file.write(made);
    changed.push(name);
  }
  return changed;
}

if (import.meta.main) {
  const changed = await writeDocs();
  for (const name of Object.keys(GENERATED)) {
    console.log(`${changed.includes(name) ? 'rewritten' : 'current'}: ${name}`);
  }
}
