/**
 * `bun scripts/replay-versions.ts [--recorded 2.1.330] [--played 2.1.329,2.1.332] [--prompt "work in the background"]` shows that a recording outlives the version
 * of its client: a session of Claude Code on the mock, with a subagent in the background, is recorded with one version, and played to others, strictly and
 * loosely. It prints what was played and each loose match. Exit 1 where a loose replay leaves other files than the recorded session did. The versions are
 * installed with npm into the folder of `CLAUDE_CODE_CACHE`, some 300 MB each. No key, and no network but for that.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installVersion } from '../tests/support/clients/claude-code.ts';
import {
  looseTold,
  recordSession,
  replaySession,
  reportIn,
  type Session,
  type SessionRun,
} from '../tests/support/clients/replayed-session.ts';
import { commandLine } from './command-line/command-line.ts';

const { values } = commandLine({
  name: 'bun scripts/replay-versions.ts',
  about: 'Plays a recorded session of Claude Code to other versions of it, strictly and loosely',
  options: {
    recorded: { type: 'string', default: '2.1.330' },
    played: { type: 'string', default: '2.1.329' },
    prompt: { type: 'string', multiple: true, default: ['work in the background'] },
  },
});
const RETRIES = 3;

async function claudeOf(version: string): Promise<string> {
  const onDownload = (folder: string) => console.error(`installing Claude Code ${version} into ${folder}`);
  const installed = await installVersion(version, { retries: RETRIES, onDownload });
  if (!installed.ok) throw new Error(`Claude Code ${version}: ${installed.reason}`);
  return installed.path;
}

const filesText = ({ files }: SessionRun): string =>
  Object.keys(files).length === 0 ? 'no file' : Object.keys(files).join(', ');

/** Compares names and contents. */
const isSame = (one: SessionRun, other: SessionRun): boolean =>
  JSON.stringify(one.files) === JSON.stringify(other.files);

async function playTo(version: string, session: Session, recorded: SessionRun): Promise<boolean> {
  const claude = await claudeOf(version);
  const strict = await replaySession(claude, session, []);
  console.log(`\n${version}, strict: ${reportIn(strict).text}`);
  const loose = await replaySession(claude, session, ['--match', 'loose']);
  console.log(`${version}, loose: ${reportIn(loose).text}`);
  // A log line holds no line break of its own.
  for (const told of looseTold(loose)) console.log(`  ${told.replaceAll('\\u000a', '\n  ')}`);
  const { played, requests, loose: count } = reportIn(loose);
  const allTold = looseTold(loose).length === count;
  const same = isSame(recorded, loose);
  console.log(
    `  left behind: ${filesText(loose)} — ${same ? 'the same files' : 'OTHER FILES than recorded'}`,
  );
  if (!allTold) console.log(`  TOLD were ${looseTold(loose).length} of ${count} loose matches`);
  if (played < requests) console.log(`  NOT PLAYED: ${requests - played} of ${requests}`);
  return same && allTold && played === requests;
}

const folder = mkdtempSync(join(tmpdir(), 'replay-versions-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
const session: Session = { folder, prompts: values.prompt };
const recorded = await recordSession(await claudeOf(values.recorded), session);
console.log(`recorded with ${values.recorded}: ${filesText(recorded)} left behind`);
let good = true;
for (const version of values.played.split(',')) good = (await playTo(version, session, recorded)) && good;
process.exit(good ? 0 : 1);
