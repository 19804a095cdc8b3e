/** Public bug reports, rebuilt. Each must come out as its case says. `BUG_CASE=name` runs a single one. */
import { describe, test } from 'bun:test';
import { bugCases, runBugCase } from './support/corpus/bug-cases.ts';

const only = process.env['BUG_CASE'];
const cases = bugCases().filter(({ name }) => only === undefined || name === only);
/** Some cases give their request minutes, so that a slow refusal can be told from no answer. */
const LIMIT_MS = 150_000;

describe.skipIf(cases.length === 0)('public bug reports', () => {
  for (const bugCase of cases) test(bugCase.name, () => runBugCase(bugCase), LIMIT_MS);
});
