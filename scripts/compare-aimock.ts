/**
 * `bun scripts/compare-aimock.ts [--cache folder] [--only id]` tries this proxy and aimock side by side, probe by probe, and writes
 * `docs/aimock.md` (with `--only`: tells what came of one probe). Both are installed from npm, this one as `npm pack` makes it; else
 * all goes over loopback. Some minutes; no part of CI.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { version } from '../package.json';
import { faultNames } from '../src/sim/faults/index.ts';
import { Bench } from './aimock/bench.ts';
import { PROBES, type Probe } from './aimock/probes.ts';
import { aimock, own, type Subject } from './aimock/subjects.ts';
import { aimockPage } from './aimock/table.ts';
import { commandLine, slip } from './command-line/command-line.ts';
import type { Grade } from './peers/judge.ts';
import { packed } from './peers/pack.ts';
import { installed, npm } from './peers/peers.ts';
import { AIMOCK } from './peers/recordings.ts';

async function subjects(cache: string): Promise<Subject[]> {
  const name = 'gemini-claude-proxy';
  // This package is always the one of today.
  rmSync(join(cache, `${name}-${version}`), { recursive: true, force: true });
  const ours = await installed({ name, version, install: [npm(await packed(cache))] }, cache);
  const theirs = { name: 'aimock', version: AIMOCK, install: [npm(`@copilotkit/aimock@${AIMOCK}`)] };
  return [own(ours, version, faultNames()), aimock(await installed(theirs, cache), AIMOCK)];
}

async function tried(probe: Probe, bench: Bench): Promise<Grade> {
  try {
    return await probe.run(bench);
  } catch (error) {
    return { mark: 'wrong', note: (error instanceof Error ? error.message : String(error)).slice(0, 80) };
  }
}

const { values } = commandLine({
  name: 'bun scripts/compare-aimock.ts',
  about: 'Tries this proxy and aimock side by side, and writes docs/aimock.md',
  options: { cache: { type: 'string' }, only: { type: 'string' } },
});
const cache = resolve(values.cache ?? join(homedir(), '.cache/gemini-claude-proxy-peers'));
await Bun.$`mkdir -p ${cache}`;
const probes = PROBES.flatMap(([, all]) => all).filter(({ id }) => id === (values.only ?? id));
if (probes.length === 0)
  slip(`--only: one of ${PROBES.flatMap(([, all]) => all.map(({ id }) => id)).join(', ')}`);

const all = await subjects(cache);
const grades: Record<string, Grade[]> = {};
for (const subject of all) {
  await using bench = new Bench(subject);
  for (const probe of probes) {
    const grade = await tried(probe, bench);
    grades[probe.id] = [...(grades[probe.id] ?? []), grade];
    console.error(`${subject.name} · ${probe.id}: ${grade.mark} ${grade.note}`);
  }
}
if (values.only === undefined) {
  const day = new Date().toISOString().slice(0, 10);
  writeFileSync(join(import.meta.dir, '../docs/aimock.md'), aimockPage(day, all, PROBES, grades));
  console.log('written: docs/aimock.md');
}
