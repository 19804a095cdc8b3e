/** `/context` counts prompt, tools and messages, each by a request of its own: the sum must be what Google has counted. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, type Case, must } from '../case.ts';
import { ask, mustBeServed } from './claude.ts';

/** Claude Code rounds, counts some parts by itself, and leaves out others. */
const MOST_ERROR = 0.25;
const PARTS = ['System prompt', 'System tools', 'Messages'];
const THOUSAND = { '': 1, k: 1_000, m: 1_000_000 } as const;

function figure(text: string): number {
  const [, digits = '', unit = ''] = /^([\d.,]+)\s*([km]?)/i.exec(text) ?? [];
  return Number(digits.replaceAll(',', '')) * THOUSAND[unit.toLowerCase() as keyof typeof THOUSAND];
}

/** The tokens of a category of the table. */
const part = (table: string, name: string): number =>
  figure(new RegExp(`\\| ${name} \\| ([^|]+) \\|`).exec(table)?.[1] ?? '0');

async function run(bench: Bench): Promise<void> {
  const google = bench.google();
  const proxy = await bench.proxy(google);
  writeFileSync(join(bench.project, 'notes.txt'), 'alpha – 一\nbèta – 二\n');
  await ask(bench, proxy, { prompt: 'compat: mend the notes' });
  const last = google.asked.findLast(({ caller }) => caller === 'main');
  const counted = Number(/"promptTokenCount": (\d+)/.exec((await last?.answer) ?? '')?.[1]);
  const { command } = await ask(bench, proxy, { prompt: '/context', args: ['--continue'] });
  const total = figure(/\*\*Tokens:\*\* ([^/]+)\//.exec(command)?.[1] ?? '');
  const parts = PARTS.map((name) => part(command, name));
  const told = `total ${total}, ${PARTS.map((name, at) => `${name} ${parts[at]}`).join(', ')}; Google counted ${counted}`;
  must(
    parts.every((tokens) => tokens > 50),
    () => `a part is missing: ${told}`,
  );
  must(Math.abs(total / counted - 1) < MOST_ERROR, () => `the total is wrong: ${told}`);
  const sum = parts.reduce((all, tokens) => all + tokens, 0);
  must(
    sum / counted > 1 - MOST_ERROR && sum / counted < 1.5,
    () => `the parts do not make the whole: ${told}`,
  );
  const counts = google.asked.filter(({ method }) => method === 'countTokens').length;
  must(counts > 0, () => 'nothing was counted by Google');
  mustBeServed(proxy);
}

export const context: Case = {
  name: 'context',
  what: '`/context`: the figures are those of Google',
  seconds: 90,
  run,
};
