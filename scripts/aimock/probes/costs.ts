/** What it costs to have it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Grade } from '../../peers/judge.ts';
import type { Bench } from '../bench.ts';
import type { Probe } from '../probes.ts';

const STARTS = 3;

async function start(bench: Bench): Promise<Grade> {
  const { subject } = bench;
  const times: number[] = [];
  for (let count = 0; count < STARTS; count++) {
    const mock = await bench.start((port) => subject.mock(bench.home(), port));
    times.push(mock.startMs);
    await mock.stop();
  }
  const median = times.toSorted((a, b) => a - b)[Math.floor(STARTS / 2)] ?? Number.NaN;
  return { mark: 'exact', note: `${(median / 1_000).toFixed(1)} s` };
}

async function installed(bench: Bench): Promise<Grade> {
  const { text } = await bench.run(['du', '-sm', 'node_modules'], bench.subject.folder);
  return { mark: 'exact', note: `${text.split(/\s/)[0]} MB` };
}

async function packages(bench: Bench): Promise<Grade> {
  const folder = join(bench.subject.folder, 'node_modules');
  const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  const all = names.flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(folder, name)).map((inner) => `${name}/${inner}`) : [name],
  );
  return { mark: 'exact', note: `${all.length}` };
}

export const costProbes: readonly Probe[] = [
  { id: 'start', wanted: 'Until it listens (the median of three starts)', run: start },
  { id: 'installed', wanted: 'Installed', run: installed },
  { id: 'packages', wanted: 'Packages that are installed with it, itself included', run: packages },
];
