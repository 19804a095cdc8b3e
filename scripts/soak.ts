/**
 * `bun scripts/soak.ts --minutes 10 [--seed 1] [--clients 30]`: seeded faults of every kind under steady load, on loopback alone.
 * Every request must end in a whole answer or in one typed error, and nothing may grow: descriptors, timers,
 * listeners, memory. Works in rounds, and counts between them, when nothing is under way. Exit 0 for PASS. Linux only.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BEFORE_START } from '../src/config/before-start.ts';
import { commandLine, slip } from './command-line/command-line.ts';
import { DOOMED, emptyTally, runClients, type Tally } from './soak/clients.ts';
import { DOOMED_MODEL, soakFaults } from './soak/faults.ts';
import { growthOf, warmUpOf } from './soak/growth.ts';
import { type Sample, type SoakedProxy, startSoakedProxy } from './soak/proxy.ts';
import { serveUpstream } from './soak/upstream.ts';

const MB = 1024 * 1024;
const MIN_ROUNDS = 9;
const ROUND_MS = 15_000;
const LOOK_MS = 250;

type Figure = Exclude<keyof Sample, 'streams'>;
/**
 * By how much each figure may grow, in a run of minutes and in a run of seconds (in which code is still being
 * compiled).
 */
const ALLOWED: Readonly<Record<Figure, { long: number; short: number; unit: number }>> = {
  descriptors: { long: 8, short: 8, unit: 1 },
  timers: { long: 4, short: 4, unit: 1 },
  listeners: { long: 8, short: 8, unit: 1 },
  heap: { long: 4 * MB, short: 8 * MB, unit: MB },
  resident: { long: 16 * MB, short: 48 * MB, unit: MB },
};
const FIGURES = Object.keys(ALLOWED) as Figure[];
const LONG_MS = 300_000;

type Options = { durationMs: number; seed: number; clients: number };

function readOptions(): Options {
  const text = { type: 'string' } as const;
  const { values } = commandLine({
    name: 'bun scripts/soak.ts',
    about: 'Seeded faults of every kind under steady load: nothing may grow, and every request must end',
    options: { minutes: text, seed: text, clients: text },
  });
  const read = (name: 'minutes' | 'seed' | 'clients', usual: number) => {
    const value = Number(values[name] ?? usual);
    if (!(value > 0)) slip(`--${name}: expected a number above 0, got ${values[name]}`);
    return value;
  };
  return { durationMs: read('minutes', 10) * 60_000, seed: read('seed', 1), clients: read('clients', 30) };
}

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Deadlines are short, because silence is as frequent as any other fault. */
const settingsFor = ({ seed }: Options, upstream: string): Record<string, string> => ({
  BACKEND: 'gemini',
  API_KEYS: 'soak-one,soak-two,soak-three,soak-four',
  GOOGLE_GEMINI_BASE_URL: upstream,
  MODEL_MAP: JSON.stringify({ [DOOMED]: DOOMED_MODEL }),
  FAULTS: soakFaults(seed),
  HEAD_TIMEOUT: '0.5',
  STREAM_IDLE_TIMEOUT: '0.5',
  REQUEST_TIMEOUT: '4',
  // Full while the rounds warm up: what grows afterwards is a leak.
  INSPECTOR_MEMORY: '1',
  ...BEFORE_START,
});

type Round = Sample & { peak: number; pending: number };

async function runRound(
  index: number,
  ms: number,
  proxy: SoakedProxy,
  pending: () => number,
  { seed, clients }: Options,
  tally: Tally,
): Promise<Round> {
  let peak = 0;
  const looking = setInterval(() => {
    peak = Math.max(peak, proxy.descriptors());
  }, LOOK_MS);
  const end = Date.now() + ms;
  const clientsDone = runClients(proxy.url, clients, seed + index, tally, () => Date.now() >= end);
  await Promise.race([clientsDone, proxy.died]).finally(() => clearInterval(looking));
  const sample = await proxy.sample();
  proxy.reload();
  return { ...sample, peak, pending: pending() };
}

const number = (value: number, figure: Figure): string => {
  const { unit } = ALLOWED[figure];
  return unit === 1 ? String(Math.round(value)) : (value / unit).toFixed(1);
};
const row = (cells: readonly string[]) => cells.map((cell) => cell.padStart(12)).join('');
const nameOf = (figure: Figure) => (ALLOWED[figure].unit === 1 ? figure : `${figure} MB`);

function judge(rounds: readonly Round[], { durationMs }: Options): string[] {
  const problems: string[] = [];
  const length = durationMs >= LONG_MS ? 'long' : 'short';
  say(`\n${row(['', 'before', 'after', 'line', 'allowed', ''])}`);
  for (const figure of FIGURES) {
    const allowed = ALLOWED[figure][length];
    const { before, after, fitted, grows } = growthOf(
      rounds.map((round) => round[figure]),
      allowed,
    );
    const cells = [before, after, fitted, allowed].map((value) => number(value, figure));
    say(row([nameOf(figure), ...cells, grows ? 'GROWS' : 'ok']));
    if (grows) problems.push(`${figure} grows`);
  }
  for (const [index, { streams, pending }] of rounds.entries()) {
    if (streams > 0) problems.push(`${streams} answers still open after round ${index + 1}`);
    if (pending > 0) problems.push(`${pending} upstream requests still open after round ${index + 1}`);
  }
  return problems;
}

function tell(tally: Tally, proxy: SoakedProxy, ms: number): string[] {
  const { levels, bugs } = proxy.log();
  const total = Object.values(tally.asked).reduce((sum, count) => sum + count, 0);
  say(`\nrequests   ${total} in ${Math.round(ms / 1000)} s: ${JSON.stringify(tally.asked)}`);
  say(`complete   ${tally.complete}; left by their clients ${tally.left}; wrong ${tally.wrongs}`);
  const errors = [...tally.errors].sort(([, a], [, b]) => b.count - a.count);
  for (const [type, { count, message }] of errors)
    say(`errors     ${count} ${type}, such as: ${message.slice(0, 150)}`);
  say(`log        ${[...levels].map(([level, count]) => `${level} ${count}`).join(', ')}`);
  for (const line of [...tally.wrong, ...bugs.slice(0, 5)]) say(`  ${line}`);
  const problems: string[] = [];
  if (tally.wrongs > 0) problems.push(`${tally.wrongs} requests ended neither whole nor in one typed error`);
  if (bugs.length > 0) problems.push(`${bugs.length} unexpected errors in the log`);
  if (tally.complete === 0) problems.push('no request was answered');
  return problems;
}

async function soak(options: Options): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'soak-'));
  const upstream = serveUpstream();
  const proxy = await startSoakedProxy(folder, settingsFor(options, upstream.url));
  const count = Math.max(MIN_ROUNDS, Math.round(options.durationMs / ROUND_MS));
  const tally = emptyTally();
  const rounds: Round[] = [];
  const began = Date.now();
  say(`${count} rounds, the first ${warmUpOf(count)} to warm up; seed ${options.seed}\n`);
  say(row(['round', ...FIGURES.map(nameOf), 'peak fds', 'asked']));
  for (let index = 0; index < count; index++) {
    const round = await runRound(index, options.durationMs / count, proxy, upstream.pending, options, tally);
    rounds.push(round);
    const asked = Object.values(tally.asked).reduce((sum, each) => sum + each, 0);
    const figures = FIGURES.map((figure) => number(round[figure], figure));
    say(row([String(index + 1), ...figures, String(round.peak), String(asked)]));
  }
  const problems = [...judge(rounds, options), ...tell(tally, proxy, Date.now() - began)];
  const code = await proxy.stop();
  if (code !== 0) problems.push(`the proxy ended with ${code}`);
  await upstream.stop();
  rmSync(folder, { recursive: true, force: true });
  return problems;
}

const problems = await soak(readOptions()).catch((error: unknown) => [
  error instanceof Error ? error.message : String(error),
]);
say(problems.length === 0 ? '\nPASS' : `\nFAIL: ${problems.join('; ')}`);
process.exit(problems.length === 0 ? 0 : 1);
