/** A terminal for programs that want one: keys in, screen out. Each has a tmux server of its own, which ends with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireE2e } from './claude-code.ts';

const PROGRAM = Bun.which('tmux');

/** False where there is none; says so once, in one line. `REQUIRE_E2E=1` makes that an error. */
export const hasTmux = PROGRAM !== null;
if (!hasTmux) {
  const why = 'no tmux; on Debian: apt-get install tmux';
  if (requireE2e) throw new Error(why);
  console.warn(`skipped: tests in a terminal (${why})`);
}

const LOOK_MS = 100;
/** Then it will not come any more. */
const MOST_LOOKS = 900;
/** Two seconds. */
const LOOKS_A_PRESS = 20;

export type Terminal = {
  screen(): Promise<string>;
  /** The screen, once `pattern` is on it. Throws, with what is there, where that takes too long. */
  shows(pattern: RegExp): Promise<string>;
  /** Presses `key` until then: dialogues take no key in their first moments. */
  pressUntil(key: string, pattern: RegExp): Promise<string>;
  /** Keys by tmux's names (`Enter`, `Down`), or texts. */
  press(...keys: string[]): Promise<void>;
  /** As closing its window does. */
  close(): Promise<void>;
};

/** Runs `command` in it; the terminal stays open for a look after its end. */
export async function openTerminal(
  command: string[],
  env: Record<string, string>,
  cwd: string,
): Promise<Terminal> {
  const folder = mkdtempSync(join(tmpdir(), 'tmux-'));
  const tmux = async (...args: string[]) => {
    const child = Bun.spawn([PROGRAM ?? 'tmux', '-S', join(folder, 'socket'), '-f', '/dev/null', ...args], {
      stdout: 'pipe',
      stderr: 'pipe',
      env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', LANG: 'C.UTF-8' },
    });
    const [out] = await Promise.all([new Response(child.stdout).text(), child.exited]);
    return out;
  };
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const stay = ['sh', '-c', '"$@"; echo "ended with $?"; sleep 600', 'sh'];
  const started = ['env', '-i', ...variables, 'TERM=screen-256color', 'LANG=C.UTF-8', ...stay, ...command];
  await tmux('new-session', '-d', '-x', '140', '-y', '50', '-c', cwd, ...started);
  const screen = () => tmux('capture-pane', '-p');
  const press = async (...keys: string[]) => void (await tmux('send-keys', ...keys));
  const look = async (pattern: RegExp, beforeLook: (look: number) => Promise<void>) => {
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      await beforeLook(looks);
      const now = await screen();
      if (pattern.test(now)) return now;
      await Bun.sleep(LOOK_MS);
    }
    throw new Error(`${pattern} does not come:\n${await screen()}`);
  };
  const shows = (pattern: RegExp) => look(pattern, async () => {});
  const pressUntil = (key: string, pattern: RegExp) =>
    look(pattern, async (looks) => (looks % LOOKS_A_PRESS === 0 ? press(key) : undefined));
  const close = async () => {
    await tmux('kill-server');
    rmSync(folder, { recursive: true, force: true });
  };
  return { screen, shows, press, pressUntil, close };
}
