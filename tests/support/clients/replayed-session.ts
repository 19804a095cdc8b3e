/** A session of Claude Code against the proxy, each a process of its own: recorded on the mock, and played again. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Files, filesIn } from '../files-in.ts';
import { type ProxyProcess, startProxy } from '../programs/proxy-process.ts';
import { type ClaudeResult, runClaude } from './claude-code.ts';

const MAIN = join(import.meta.dir, '../../../src/main.ts');
const RUN_MS = 100_000;
/** Claude Code would make up another one in every run. */
export const SESSION = '00000000-0000-4000-8000-000000000001';

export type SessionRun = {
  claude: ClaudeResult[];
  /** Files of the project, in base64. */
  files: Files;
  /** The log of the proxy. */
  log: Record<string, unknown>[];
};

export type Session = {
  /** An empty folder. The project and the client's home are in it, in the same place in each run. */
  folder: string;
  prompts: readonly string[];
};

/** Only in the same places, both empty, does the client ask the same again. */
export function emptyPlaces(folder: string): { cwd: string; home: string } {
  const [cwd, home] = [join(folder, 'project'), join(folder, 'home')];
  for (const path of [cwd, home]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
  }
  return { cwd, home };
}

async function play(
  claude: string,
  { folder, prompts }: Session,
  proxy: ProxyProcess,
): Promise<ClaudeResult[]> {
  const { cwd, home } = emptyPlaces(folder);
  const results: ClaudeResult[] = [];
  for (const [index, prompt] of prompts.entries()) {
    const args = [index === 0 ? '--session-id' : '--resume', SESSION];
    results.push(
      await runClaude({ path: claude, baseUrl: proxy.url, cwd, home, prompt, args, timeoutMs: RUN_MS }),
    );
  }
  return results;
}

/** `command` is what the proxy is told to do: `record` or `replay`, with flags. */
async function runAgainst(claude: string, session: Session, command: readonly string[]): Promise<SessionRun> {
  const proxy = await startProxy({
    folder: join(session.folder, 'proxy'),
    command: [process.execPath, MAIN, ...command],
  });
  try {
    const results = await play(claude, session, proxy);
    await proxy.stop();
    return { claude: results, files: filesIn(join(session.folder, 'project'), 'base64'), log: proxy.log() };
  } finally {
    await proxy.stop();
  }
}

const recordingOf = ({ folder }: Session) => join(folder, 'recording');

export const recordSession = (claude: string, session: Session): Promise<SessionRun> =>
  runAgainst(claude, session, ['record', recordingOf(session), '--backend', 'mock']);

export const replaySession = (
  claude: string,
  session: Session,
  flags: readonly string[],
): Promise<SessionRun> => runAgainst(claude, session, ['replay', recordingOf(session), ...flags]);

/** What a replay says at its end. */
export function reportIn({ log }: SessionRun): {
  text: string;
  played: number;
  loose: number;
  requests: number;
} {
  const line = log.findLast((one) => 'leftovers' in one) ?? {};
  const figure = (name: string) => Number(line[name] ?? Number.NaN);
  return {
    text: String(line['msg']),
    played: figure('played'),
    loose: figure('loose'),
    requests: figure('requests'),
  };
}

/** What the replay said of each request that it found only loosely. */
export const looseTold = ({ log }: SessionRun): string[] =>
  log.filter(({ match }) => match === 'loose').map(({ msg }) => String(msg));
