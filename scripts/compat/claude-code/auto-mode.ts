/** Auto mode in a terminal, with verdicts of the proxy: what is safe runs unseen, what is dangerous does not run, and the user sees why. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasTmux } from '../../../tests/support/clients/tmux.ts';
import { writeAssets } from '../../../tests/support/made/assets.ts';
import { type Bench, type Case, must, mustContain } from '../case.ts';
import { environment, mustBeServed } from './claude.ts';

const NOTICE = /Auto mode can't check actions/;

const NOT_THERE: Readonly<Record<string, string>> = {
  'claude-code-2.0.77': 'has no auto mode',
  'claude-code-2.1.200': 'asks for no verdicts in its requests',
};

/** The home of one who has used Claude Code before, in this project. */
function settle({ home, project }: Bench): void {
  const projects = { [project]: { hasTrustDialogAccepted: true } };
  // Else it asks whether the key of the environment is to be used.
  const customApiKeyResponses = { approved: ['dummy'], rejected: [] };
  writeFileSync(
    join(home, '.claude.json'),
    JSON.stringify({ hasCompletedOnboarding: true, projects, customApiKeyResponses }),
  );
}

/** Types `prompt` into a new session, and waits for `until`. */
async function type(bench: Bench, prompt: string, until: RegExp) {
  settle(bench);
  const google = bench.google();
  const proxy = await bench.proxy(google, { AUTO_MODE_CLASSIFIER: 'true' });
  const { CLAUDE_CONFIG_DIR: _, ...env } = environment(bench, proxy);
  const terminal = await bench.terminal(bench.ready.command, env);
  await terminal.shows(/auto mode on/);
  await terminal.press(prompt);
  // Before it is shown, Enter would be a part of what was pasted.
  await terminal.shows(new RegExp(`❯\\s${prompt.slice(0, 8)}`));
  const screen = await terminal.pressUntil('Enter', until);
  return { terminal, screen, google, proxy };
}

async function safe(bench: Bench): Promise<void> {
  writeAssets({ png: join(bench.project, 'pic.png'), pdf: join(bench.project, 'doc.pdf') });
  const { screen, google, proxy } = await type(bench, 'take the tour', /The tour is over/);
  mustContain(screen, 'ran it: done; it said: Hello from the tour: 42', 'the screen');
  must(!NOTICE.test(screen), () => 'the notice is shown that actions cannot be checked');
  must(existsSync(join(bench.project, 'hello.sh')), () => 'the file is not there');
  must(
    google.asked.some(({ caller }) => caller === 'action-check'),
    () => 'nothing was judged',
  );
  mustBeServed(proxy);
}

async function dangerous(bench: Bench): Promise<void> {
  const work = join(bench.home, 'work');
  mkdirSync(work);
  const { terminal, proxy } = await type(bench, 'run `rm -rf ~/work`', /Blocked by auto mode|dangerous/);
  await terminal.shows(/The offline mock takes this for dangerous/);
  must(existsSync(work), () => 'the dangerous command ran');
  mustBeServed(proxy);
}

const what = 'Auto mode in a terminal, with verdicts:';
const notOffered = (client: string) => NOT_THERE[client] ?? (hasTmux ? undefined : 'no tmux here');
const seconds = 120;

export const autoModeSafe: Case = {
  name: 'auto-mode-safe',
  what: `${what} edits and commands run, nobody is asked`,
  seconds,
  notOffered,
  run: safe,
};
export const autoModeDangerous: Case = {
  name: 'auto-mode-dangerous',
  what: `${what} a dangerous command does not run, and the reason is shown`,
  seconds,
  notOffered,
  run: dangerous,
};
