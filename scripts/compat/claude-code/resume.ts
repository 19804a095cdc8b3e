/** A session that goes on in another process of Claude Code and of the proxy: by its id, and as the last one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, type Case, must, mustContain } from '../case.ts';
import type { Asked } from '../google.ts';
import { ask, mustBeServed } from './claude.ts';

/** Calls with a signature, in the history that Google is sent. */
const signedCalls = ({ body }: Asked): number =>
  body.contents
    .flatMap(({ parts }) => parts)
    .filter((part) => part.functionCall !== undefined && part.thoughtSignature !== undefined).length;

async function run(bench: Bench): Promise<void> {
  const google = bench.google();
  const first = await bench.proxy(google);
  writeFileSync(join(bench.project, 'notes.txt'), 'alpha – 一\nbèta – 二\n');
  const prompt = 'compat: mend the notes. Watchword of this conversation: otter-12';
  const { session } = await ask(bench, first, { prompt });
  await first.stop();
  const second = await bench.proxy(google);
  for (const args of [['--resume', session], ['--continue']]) {
    const said = await ask(bench, second, { prompt: 'compat: what was the watchword?', args });
    mustContain(said.result, 'The watchword is otter-12.', `the answer with ${args[0]}`);
    const last = google.asked.findLast(({ caller }) => caller === 'main');
    const signed = last ? signedCalls(last) : 0;
    must(signed === 3, () => `${signed} of 3 calls came back signed with ${args[0]}`);
  }
  mustBeServed(second);
}

export const resume: Case = {
  name: 'resume',
  what: '`--resume` and `--continue`, after a restart of the proxy',
  seconds: 120,
  run,
};
