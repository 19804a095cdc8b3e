/**
 * A session of the real Claude Code, recorded: files, a shell, pictures, a subagent, thinking, and a connection that breaks in
 * the middle of an answer. Its requests sent again give the same bytes; the client itself, run again on the recording,
 * asks the same and leaves the same files.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Verification, verifyRecording } from '../../scripts/recordings/verify.ts';
import { SCENARIOS } from '../../src/compose/mock-upstream.ts';
import { createSeededRandom, systemClock } from '../../src/lib/ports.ts';
import { listRecording, readRecordedRequest } from '../../src/sim/cassette/read.ts';
import type { RecordedRequest } from '../../src/sim/cassette/types.ts';
import { createFaultFetch, parseFaults } from '../../src/sim/faults/index.ts';
import { createMockFetch } from '../../src/sim/mock/index.ts';
import { loadScenarios } from '../../src/sim/scenarios.ts';
import { writeAssets } from '../support/assets.ts';
import { type ClaudeResult, installClaudeCode, requireE2e, runClaude } from '../support/claude-code.ts';
import { startProxy } from '../support/proxy.ts';

const RUN_MS = 100_000;
const VERSION = '2.1.330';
/** What the client would otherwise make up anew in every run. */
const SESSION = '00000000-0000-4000-8000-000000000001';
/** After its first text, while the answer flows. */
const FAULT = 'reset@4:frame=3 caller=main';

type Files = Record<string, string>;
type Run = { claude: ClaudeResult; files: Files; log: Record<string, unknown>[] };

/** Files of the project, by name. */
const filesIn = (folder: string): Files =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'base64')]),
  );

/** The client from a clean slate in the same place, under the same name: only then does it ask the same. */
async function runPinned(claude: string, folder: string, baseUrl: string): Promise<ClaudeResult> {
  const cwd = join(folder, 'project');
  const home = join(folder, 'home');
  for (const path of [cwd, home]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
  }
  writeAssets({ png: join(cwd, 'pic.png'), pdf: join(cwd, 'doc.pdf') });
  const args = ['--session-id', SESSION];
  return runClaude({ path: claude, baseUrl, cwd, home, prompt: 'take the tour', args, timeoutMs: RUN_MS });
}

/** Runs the client against a proxy with `env`, and closes that, so that all is written. */
async function runAgainst(
  claude: string,
  folder: string,
  options: Parameters<typeof startProxy>[0],
): Promise<Run> {
  let log: Run['log'] = [];
  let result: ClaudeResult;
  {
    await using proxy = await startProxy(options);
    log = proxy.lines;
    result = await runPinned(claude, folder, proxy.url);
  }
  return { claude: result, files: filesIn(join(folder, 'project')), log };
}

/** The mock, as if it were Google, with one bad moment. */
function brokenMock() {
  const scenarios = loadScenarios(SCENARIOS);
  const mock = createMockFetch({
    scenarios: () => scenarios,
    random: createSeededRandom(7),
    clock: systemClock,
    pace: 'instant',
  });
  return createFaultFetch(mock, parseFaults(FAULT), { clock: systemClock, seed: 1 });
}

const installed = await installClaudeCode(VERSION);
if (!installed.ok && requireE2e) throw new Error(`Claude Code ${VERSION}: ${installed.reason}`);
if (!installed.ok) console.warn(`skipped: Claude Code ${VERSION} (${installed.reason})`);

describe.skipIf(!installed.ok)(`a session of Claude Code ${VERSION}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'recorded-session-'));
  const recording = join(folder, 'recording');
  let first: Run;
  let second: Run;
  let verification: Verification;
  let requests: RecordedRequest[];

  beforeAll(
    async () => {
      const claude = installed.ok ? installed.path : '';
      first = await runAgainst(claude, folder, { fetch: brokenMock(), env: { RECORD: recording } });
      requests = listRecording(recording).map(readRecordedRequest);
      verification = await verifyRecording(recording, 2);
      second = await runAgainst(claude, folder, { env: { BACKEND: 'replay', REPLAY: recording } });
    },
    2 * RUN_MS + 60_000,
  );
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is recorded whole, with the moment that broke', () => {
    expect([first.claude.exitCode, first.claude.stderr]).toEqual([0, '']);
    const callers = new Set(requests.map(({ caller }) => caller));
    expect([...callers]).toEqual(expect.arrayContaining(['main', 'subagent']));
    const ends = requests.flatMap(({ upstream }) => upstream.map(({ end }) => end.kind));
    expect(ends.filter((kind) => kind !== 'eof')).not.toEqual([]);
    const text = requests.flatMap(({ upstream }) =>
      upstream.flatMap(({ reads }) => reads.map((read) => read.bytes)),
    );
    expect(Buffer.concat(text).toString()).toContain('"thought": true');
  });

  test('gives the recorded bytes again, twice, when its requests are sent again', () => {
    expect(verification).toEqual({ requests: requests.length, problems: [] });
  });

  test('is asked for in the same way by the client itself, run again', () => {
    const missed = second.log.filter(({ msg }) => String(msg).startsWith('replay: '));
    expect(missed).toEqual([]);
    const report = second.log.find((line) => 'misses' in line);
    expect(report).toMatchObject({ misses: 0 });
    expect([second.claude.exitCode, second.claude.stderr]).toEqual([0, '']);
    expect(second.claude.stdout).toBe(first.claude.stdout);
  });

  test('leaves the same files', () => {
    expect(Object.keys(first.files)).toContain('hello.sh');
    expect(second.files).toEqual(first.files);
  });
});
