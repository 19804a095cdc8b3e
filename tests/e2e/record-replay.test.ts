/**
 * A session of the real Claude Code, recorded: files, a shell, pictures, subagents in front and in the background, a
 * connection that breaks, Ctrl-C in the middle of an answer, `--resume`, `/compact`. Its requests sent again give the same
 * bytes; the client itself, run again on the recording, asks the same and leaves the same files.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SCENARIOS } from '../../src/compose/mock-upstream.ts';
import { type Verification, verifyRecording } from '../../src/compose/verify-recording.ts';
import { createSeededRandom, type Fetch, systemClock } from '../../src/lib/ports.ts';
import { listRecording, readRecordedRequest } from '../../src/sim/cassette/read.ts';
import type { RecordedRequest } from '../../src/sim/cassette/types.ts';
import { createFaultFetch, parseFaults } from '../../src/sim/faults/index.ts';
import { createMockFetch } from '../../src/sim/mock/index.ts';
import { loadScenarios } from '../../src/sim/scenarios.ts';
import {
  type ClaudeResult,
  installClaudeCode,
  requireE2e,
  runClaude,
} from '../support/clients/claude-code.ts';
import { emptyPlaces, SESSION, type SessionRun } from '../support/clients/replayed-session.ts';
import { filesIn } from '../support/files-in.ts';
import { writeAssets } from '../support/made/assets.ts';
import { startProxy } from '../support/proxy.ts';

const RUN_MS = 100_000;
const VERSION = '2.1.330';
/** Presses Ctrl-C after the first text, while the answer flows. */
const FAULT = 'reset@4:frame=3 caller=main';
/** Behind these words the model is silent until the client leaves. */
const STORY = 'write a long story';
const LAST_WORDS = 'Night 3.';

type Act = { prompt: string; args: readonly string[]; leavesAt?: string };

const STREAMED = ['--output-format', 'stream-json', '--verbose', '--include-partial-messages'];
const RESUMED = ['--resume', SESSION];
const ACTS: readonly Act[] = [
  { prompt: 'take the tour', args: ['--session-id', SESSION] },
  { prompt: 'work in the background', args: RESUMED },
  { prompt: STORY, args: [...RESUMED, ...STREAMED], leavesAt: LAST_WORDS },
  { prompt: 'what did you do so far?', args: RESUMED },
  { prompt: '/compact', args: RESUMED },
  { prompt: 'and what now?', args: RESUMED },
];
/** The number of the request above that ends by Ctrl-C. */
const LEFT = ACTS.findIndex(({ leavesAt }) => leavesAt !== undefined);

/** The text in a line of `STREAMED`. */
function spoken(line: string): string {
  const { event } = JSON.parse(line);
  return event?.delta?.text ?? '';
}

/** The client with a clean home in the same folder, with the same session id: only then does it ask the same. */
async function playActs(claude: string, folder: string, baseUrl: string): Promise<ClaudeResult[]> {
  const { cwd, home } = emptyPlaces(folder);
  writeAssets({ png: join(cwd, 'pic.png'), pdf: join(cwd, 'doc.pdf') });
  const results: ClaudeResult[] = [];
  for (const { prompt, args, leavesAt } of ACTS) {
    let said = '';
    const onLine = (line: string, interrupt: () => void) => {
      if (leavesAt === undefined) return;
      said += spoken(line);
      if (said.includes(leavesAt)) interrupt();
    };
    const run = { path: claude, baseUrl, cwd, home, prompt, args, onLine, timeoutMs: RUN_MS };
    results.push(await runClaude(run));
  }
  return results;
}

/** Runs the client against a proxy with `env`, and closes the proxy, so that everything is written. */
async function runAgainst(
  claude: string,
  folder: string,
  options: Parameters<typeof startProxy>[0],
): Promise<SessionRun> {
  let log: SessionRun['log'] = [];
  let results: ClaudeResult[];
  {
    await using proxy = await startProxy(options);
    log = proxy.lines;
    results = await playActs(claude, folder, proxy.url);
  }
  return { claude: results, files: filesIn(join(folder, 'project'), 'base64'), log };
}

/** The mock in Google's place, with one bad moment, and a story that never ends. */
function brokenMock(): Fetch {
  const scenarios = loadScenarios(SCENARIOS);
  const mock = createMockFetch({
    scenarios: () => scenarios,
    random: createSeededRandom(7),
    clock: systemClock,
    pace: 'instant',
  });
  const broken = createFaultFetch(mock, parseFaults(FAULT), { clock: systemClock, seed: 1 });
  return async (url, init, exchange) => {
    const last = JSON.parse(String(init.body)).contents?.at(-1);
    const answer = await broken(url, init, exchange);
    return JSON.stringify(last ?? '').includes(STORY) ? silentBehind(LAST_WORDS, answer, init) : answer;
  };
}

/** The answer up to the event with `words`, and then nothing: the client has everything when it leaves. */
function silentBehind(words: string, answer: Response, { signal }: RequestInit): Response {
  const reader = answer.body?.getReader();
  let text = '';
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (text.includes(words)) {
          await new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
          });
        }
        const value = (await reader?.read())?.value;
        if (!value) throw new Error(`the story ended without ${words}`);
        text += new TextDecoder().decode(value);
        controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, answer);
}

const installed = await installClaudeCode(VERSION);
if (!installed.ok && requireE2e) throw new Error(`Claude Code ${VERSION}: ${installed.reason}`);
if (!installed.ok) console.warn(`skipped: Claude Code ${VERSION} (${installed.reason})`);

describe.skipIf(!installed.ok)(`a session of Claude Code ${VERSION}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'recorded-session-'));
  const recording = join(folder, 'recording');
  let first: SessionRun;
  let second: SessionRun;
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
    2 * ACTS.length * RUN_MS,
  );
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const ends = ({ claude }: SessionRun) =>
    claude.filter((_result, act) => act !== LEFT).map(({ exitCode, stderr }) => [exitCode, stderr]);
  const printed = ({ claude }: SessionRun) =>
    claude.filter((_result, act) => act !== LEFT).map(({ stdout }) => stdout);

  test('is recorded whole, with the moment that broke', () => {
    expect(ends(first)).toEqual(ACTS.slice(1).map(() => [0, '']));
    const callers = new Set(requests.map(({ caller }) => caller));
    expect([...callers]).toEqual(expect.arrayContaining(['main', 'subagent', 'compaction']));
    const kinds = requests.flatMap(({ upstream }) => upstream.map(({ end }) => `${end.kind} ${end.side}`));
    expect(kinds).toContain('reset upstream');
    expect(kinds.filter((kind) => kind === 'abort client')).toHaveLength(1);
    const text = requests.flatMap(({ upstream }) =>
      upstream.flatMap(({ reads }) => reads.map((read) => read.bytes)),
    );
    expect(Buffer.concat(text).toString()).toContain('"thought": true');
  });

  test('has a subagent and a command in the background, whose names are used', () => {
    const [, background = ''] = printed(first);
    expect(background).toContain('looked at the output of the command: done');
    expect(background).toContain('stopped it: done');
    expect(background).toContain('heard of the subagent: Agent "Look at the folder" finished');
  });

  test('gives the recorded bytes again, twice, when its requests are sent again', () => {
    expect(verification).toEqual({ requests: requests.length, problems: [] });
  });

  test('is asked for in the same way by the client itself, run again', () => {
    const missed = second.log.filter(({ level }) => level === 'error');
    expect(missed).toEqual([]);
    const report = second.log.find((line) => 'misses' in line);
    expect(report).toMatchObject({ misses: 0, leftovers: [] });
    expect(ends(second)).toEqual(ends(first));
    expect(printed(second)).toEqual(printed(first));
  });

  test('leaves the same files', () => {
    expect(Object.keys(first.files)).toContain('hello.sh');
    expect(second.files).toEqual(first.files);
  });
});
