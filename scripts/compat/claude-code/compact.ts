/** `/compact`: a summary takes the place of the conversation, and the session goes on from it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, type Case, must, mustContain } from '../case.ts';
import { ask, mustBeServed } from './claude.ts';

async function run(bench: Bench): Promise<void> {
  const google = bench.google();
  const proxy = await bench.proxy(google);
  writeFileSync(join(bench.project, 'notes.txt'), 'alpha – 一\nbèta – 二\n');
  await ask(bench, proxy, { prompt: 'compat: mend the notes' });
  await ask(bench, proxy, { prompt: '/compact', args: ['--continue'] });
  const summaries = google.asked.filter(({ caller }) => caller === 'compaction').length;
  must(summaries === 1, () => `a summary was asked for ${summaries} times`);
  const said = await ask(bench, proxy, { prompt: 'compat: what was the watchword?', args: ['--continue'] });
  const last = google.asked.findLast(({ caller }) => caller === 'main');
  const history = JSON.stringify(last?.body.contents);
  mustContain(history, 'heron-47', 'the history after the summary');
  must(!history.includes('compat: mend the notes'), () => 'the history before the summary is still sent');
  mustContain(said.result, 'The watchword is heron-47.', 'the answer');
  mustBeServed(proxy);
}

export const compact: Case = {
  name: 'compact',
  what: '`/compact`, and on from the summary',
  seconds: 90,
  run,
};
