/**
 * `bun scripts/compare-peers.ts [--cache folder] [--only name] [--json]` asks this proxy and its peers the same, on the same simulated Google,
 * and says what came of it. It installs what is missing from npm and PyPI; else all goes over loopback. Some ten minutes; no part of CI.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { version } from '../package.json';
import { commandLine, slip } from './command-line/command-line.ts';
import { CASES, type Case } from './peers/cases.ts';
import { send, type Told } from './peers/client.ts';
import { type Figures, measure } from './peers/figures.ts';
import { startGemini } from './peers/gemini.ts';
import type { Grade } from './peers/judge.ts';
import { packed } from './peers/pack.ts';
import { CLIENT_KEY, installed, type Peer, peers } from './peers/peers.ts';
import { freePort, type PeerProcess, startPeer } from './peers/process.ts';
import { compareRecordings } from './peers/recordings.ts';
import { caseTable, figureTable, recordingTable } from './peers/tables.ts';

/** Runs `work` on a peer of its own, so that nothing that a peer has learned reaches the next case. */
async function withPeer<Result>(
  peer: Peer,
  folder: string,
  gemini: string,
  work: (process: PeerProcess) => Promise<Result>,
): Promise<Result> {
  const home = mkdtempSync(join(tmpdir(), 'peer-'));
  try {
    const port = await freePort();
    await using process = await startPeer(port, peer.start(folder, home, port, gemini));
    return await work(process);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function play(
  peer: Peer,
  folder: string,
  { replies, requests, grade }: Case,
  starts: number[],
): Promise<Grade> {
  const gemini = await startGemini(replies);
  try {
    return await withPeer(peer, folder, gemini.url, async ({ url, startMs }) => {
      starts.push(startMs);
      const all: Told[] = [];
      for (const request of requests) all.push(await send(url, request(all), CLIENT_KEY));
      const last = all.at(-1);
      if (!last) throw new Error('a case without a request');
      return grade(last, gemini, all);
    });
  } finally {
    await gemini.close();
  }
}

const { values } = commandLine({
  name: 'bun scripts/compare-peers.ts',
  about: 'Asks this proxy and its peers the same, on the same simulated Google, and says what came of it',
  options: { cache: { type: 'string' }, only: { type: 'string' }, json: { type: 'boolean' } },
});
const cache = resolve(values.cache ?? join(homedir(), '.cache/gemini-claude-proxy-peers'));
await Bun.$`mkdir -p ${cache}`;
// This package is always the one of today.
rmSync(join(cache, `gemini-claude-proxy-${version}`), { recursive: true, force: true });
const known = peers(version, await packed(cache));
const all = known.filter(({ name }) => name === (values.only ?? name));
if (all.length === 0) slip(`--only: one of ${known.map(({ name }) => name).join(', ')}`);

const grades: Record<string, Grade[]> = {};
const figures: Record<string, Figures> = {};
for (const peer of all) {
  const folder = await installed(peer, cache);
  const row: Grade[] = [];
  const starts: number[] = [];
  grades[peer.name] = row;
  for (const each of CASES) {
    const grade = await play(peer, folder, each, starts);
    console.error(`${peer.name} · ${each.name}: ${grade.mark} ${grade.note}`);
    row.push(grade);
  }
  figures[peer.name] = await measure(folder, starts, (gemini, work) => withPeer(peer, folder, gemini, work));
  console.error(JSON.stringify(figures[peer.name]));
}
const [own] = all;
const recordings = own && values.only === undefined ? await compareRecordings(cache, own) : [];
const tables = [
  caseTable(all, CASES, grades),
  figureTable(all, figures),
  ...(recordings.length > 0 ? [recordingTable(recordings)] : []),
];
console.log(values.json ? JSON.stringify({ grades, figures, recordings }, null, 2) : tables.join('\n\n'));
