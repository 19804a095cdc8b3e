/** Runs of Claude Code that need nothing beyond this machine. As a program of its own: in a place without a network, where its stand-in for Google must be as well. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Beyond, beyondThisMachine, TRACED } from './connections.ts';
import { type FirstAnswer, firstAnswer, type Start } from './first-answer.ts';

const GEMINI = join(import.meta.dir, '../gemini.ts');

export type Run = Start & {
  name: string;
  /** With a key, for the stand-in for Google. */
  hasKey: boolean;
  /** The file that `strace` writes; undefined where there is no `strace`. */
  trace?: string;
};

export type Ran = { name: string; hasKey: boolean; answer: FirstAnswer; beyond: Beyond | undefined };

/** The variables with which a proxy asks the stand-in, until `stop`. */
export async function startGemini(): Promise<{ env: Record<string, string>; stop(): void }> {
  const child = Bun.spawn([process.execPath, GEMINI, '--port', '0'], { stdout: 'pipe', stderr: 'inherit' });
  for await (const bytes of child.stdout) {
    const url = /GOOGLE_GEMINI_BASE_URL=(\S+)/.exec(new TextDecoder().decode(bytes))?.[1];
    if (url !== undefined)
      return { env: { GEMINI_API_KEY: 'any', GOOGLE_GEMINI_BASE_URL: url }, stop: () => child.kill() };
  }
  throw new Error('the stand-in for Google did not start');
}

async function ran({ name, hasKey, trace, command, cwd, env }: Run): Promise<Ran> {
  const gemini = hasKey ? await startGemini() : undefined;
  const traced = trace === undefined ? [] : ['strace', '-f', '-qq', '-o', trace, '-e', `trace=${TRACED}`];
  const answer = await firstAnswer({
    command: [...traced, ...command],
    cwd,
    env: { ...env, ...gemini?.env },
  });
  gemini?.stop();
  if (trace === undefined) return { name, hasKey, answer, beyond: undefined };
  const beyond = beyondThisMachine(readFileSync(trace, 'utf8'));
  rmSync(trace);
  return { name, hasKey, answer, beyond };
}

if (import.meta.main) {
  const runs = JSON.parse(await Bun.stdin.text()) as Run[];
  const all: Ran[] = [];
  for (const run of runs) all.push(await ran(run));
  console.log(JSON.stringify(all));
}
