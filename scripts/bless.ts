/**
 * `bun run bless [case …]` writes the goldens of `fixtures/turns` anew from today's code (what Gemini is sent, what the
 * client is answered, their hashes), and the generated docs. It prints what changed, for review. What upstream said
 * never changes. Exit 1 where a turn has a fault that no golden can mend, or where a named case does not exist (then
 * nothing is changed).
 */

import { listRecording, nameOf } from '../src/sim/cassette/read.ts';
import { TURNS } from '../tests/support/turns/folder.ts';
import { writeDocs } from './docs.ts';
import { blessAll, pruneBlobs } from './turns/bless.ts';

const names = process.argv.slice(2);
const known = listRecording(TURNS).map(nameOf);
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  for (const name of unknown)
    console.error(`fixtures/turns/${name}: there is no such turn; nothing was changed`);
  process.exit(1);
}
const blessings = await blessAll(TURNS, names);
const changed = blessings.filter(({ changes }) => changes !== '');
const broken = blessings.filter(({ problems }) => problems.length > 0);
for (const { name, changes } of changed) console.log(`fixtures/turns/${name}\n${changes}`);
for (const { name, problems } of broken) console.log(`fixtures/turns/${name}: ${problems.join('; ')}`);
const pruned = pruneBlobs(TURNS);
if (pruned > 0) console.log(`${pruned} pieces of requests that no turn names any more removed`);
for (const page of await writeDocs()) console.log(`rewritten: ${page}`);
console.log(
  `${blessings.length} turns, ${changed.length} changed${changed.length > 0 ? ': read the differences above, then commit them' : ''}`,
);
process.exitCode = broken.length > 0 ? 1 : 0;
