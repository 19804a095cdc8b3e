/**
 * `bun scripts/turns-seed.ts [name …]` writes the invented turns of `scripts/turns/cases/` to `fixtures/turns/`, with
 * goldens from today's code. Without names it writes all of them, and names folders whose case is gone.
 */
import { join } from 'node:path';
import { listRecording, nameOf, readOne } from '../src/sim/cassette/read.ts';
import type { RecordedRequest } from '../src/sim/cassette/types.ts';
import { writeTurn } from '../src/sim/cassette/write.ts';
import { TURNS } from '../tests/support/turns/folder.ts';
import { missingAttempts, withGoldens } from '../tests/support/turns/goldens.ts';
import { runTurn } from '../tests/support/turns/run.ts';
import { knownStore } from '../tests/support/turns/signatures.ts';
import { pruneBlobs } from './turns/bless.ts';
import { buildTurn, type TurnCase } from './turns/build.ts';
import { CASES } from './turns/cases/index.ts';

/** The fixture for `turn`. Throws where upstream is asked more or less often than the case says. */
export async function seedTurn(name: string, turn: TurnCase): Promise<RecordedRequest> {
  const built = buildTurn(name, turn);
  const { recorded, bugs } = await runTurn(built, knownStore(new Map(Object.entries(turn.store ?? {}))));
  const problem = missingAttempts(built, recorded) ?? bugs.map(String)[0];
  if (problem)
    throw new Error(`${name}: ${problem}
${new TextDecoder().decode(recorded.answer.bytes)}`);
  // Upstream's side stays complete, even where the proxy stopped listening.
  return withGoldens(built, recorded);
}

if (import.meta.main) {
  const names = process.argv.slice(2);
  for (const [name, turn] of Object.entries(CASES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const folder = join(TURNS, name);
    const there = readOne(folder);
    if ('recorded' in there && there.recorded.fails) {
      console.log(`kept: ${name}, which is known to fail`);
      continue;
    }
    try {
      await writeTurn(folder, await seedTurn(name, turn));
      console.log(`written: ${name}`);
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    }
  }
  const pruned = pruneBlobs(TURNS);
  if (pruned > 0) console.log(`${pruned} pieces of requests that no turn names any more removed`);
  const unknown = names.filter((name) => !(name in CASES));
  for (const name of unknown) console.error(`no such case: ${name}`);
  for (const name of listRecording(TURNS).map(nameOf)) {
    if (!(name in CASES)) console.log(`no case of the table: ${name}`);
  }
  if (unknown.length > 0) process.exitCode = 1;
}
