/**
 * `bun run bless [case …]` writes the goldens of `fixtures/turns` anew from today's code (what Gemini is sent, what the
 * client is answered, their hashes), and the generated docs. `bun run bless <recording>` and `<recording>/<n>` do the
 * same for what was recorded. It prints what changed, for review, and accepts what people have edited by hand; it never
 * changes what upstream said, nor a turn that is still failing as known. Exit 1 where a request cannot be read, or has a
 * fault that no golden can mend, where a turn is named that is still failing, or where what is named does not exist (then
 * nothing is changed).
 */

import { dirname } from 'node:path';
import { RECORDINGS } from '../src/config/program.ts';
import { TURNS } from '../tests/support/turns/folder.ts';
import { commandLine } from './command-line/command-line.ts';
import { writeDocs } from './docs.ts';
import { blessRequest, pruneBlobs } from './turns/bless.ts';
import { findTargets } from './turns/bless-targets.ts';

const { positionals: names } = commandLine({
  name: 'bun run bless',
  about:
    "Writes what today's code gives into turns and recordings, and accepts what was edited by hand; without words: all turns",
  words: '[<turn> | <recording> | <recording>/<n>] …',
  options: {},
});
const { targets, problems } = findTargets(names, { turns: TURNS, recordings: RECORDINGS });
for (const problem of problems) console.error(`${problem}; nothing was changed`);
if (problems.length > 0) process.exit(1);

const count = { turn: 0, request: 0, changed: 0, faulty: 0, failing: 0 };
for (const { name, folder, kind, settings } of targets) {
  const { changes, problems: faults, failing } = await blessRequest(folder, settings);
  count[kind]++;
  if (changes !== '') {
    count.changed++;
    console.log(`${name}\n${changes}`);
  }
  if (failing !== undefined) {
    count.failing++;
    console.log(`${name} is known to fail, and stays as it is: ${failing}`);
    if (names.length > 0) process.exitCode = 1;
  }
  for (const fault of faults) console.log(`${name}: ${fault}`);
  if (faults.length > 0) count.faulty++;
}
for (const recording of new Set(targets.map(({ folder }) => dirname(folder)))) {
  const pruned = pruneBlobs(recording);
  if (pruned > 0) console.log(`${pruned} pieces of requests that nothing names any more removed`);
}
if (count.turn > 0) for (const page of await writeDocs()) console.log(`rewritten: ${page}`);
const what = [
  ...(count.turn > 0 ? [`${count.turn} turns`] : []),
  ...(count.request > 0 ? [`${count.request} requests of recordings`] : []),
].join(' and ');
const faulty = count.faulty > 0 ? `, ${count.faulty} with faults that no golden can mend` : '';
const failing = count.failing > 0 ? `, ${count.failing} known to fail` : '';
const next =
  count.changed === 0 ? '' : `: read the differences above${count.turn > 0 ? ', then commit them' : ''}`;
console.log(`${what || 'nothing'}${faulty}${failing}, ${count.changed} changed${next}`);
if (count.faulty > 0) process.exitCode = 1;
