/** `bun run doctor`: runs all checks at once, and tells what each has found in a stable order, as it comes. */
import { ConfigError, VERSION } from '../config/config.ts';
import { exitOfSignal } from '../launch/client.ts';
import { EndedBySignal } from '../launch/launch.ts';
import { followSignal, othersFirst, within } from '../lib/async.ts';
import { hideSecrets } from '../lib/secrets.ts';
import { HELP, readArguments } from './arguments.ts';
import { client } from './client.ts';
import { connection } from './connection.ts';
import { type DoctorContext, readContext } from './context.ts';
import { type Check, type Finding, hint } from './finding.ts';
import { keys, thinking } from './keys.ts';
import { mcp } from './mcp.ts';
import { clock, network } from './network.ts';
import { withPlaces } from './places.ts';
import { port } from './port.ts';
import type { DoctorPorts } from './ports.ts';
import { settings } from './settings.ts';
import { storage } from './storage.ts';
import { updates } from './updates.ts';

const EXIT_STOPPED = 1;
const EXIT_USAGE = 2;

/** In the order in which they are told. `updates` is no part of them: it asks somebody whom no session needs. */
export const CHECKS: readonly Check[] = [
  settings,
  network,
  clock,
  keys,
  thinking,
  port,
  storage,
  client,
  connection,
  mcp,
];

export type Checked = { name: string; findings: readonly Finding[] };

/** A check that takes too long, or fails itself, hides no other one. */
async function runCheck(
  { name, limitMs, run }: Check,
  context: DoctorContext,
  stop: AbortSignal,
): Promise<Checked> {
  const controller = new AbortController();
  followSignal(stop, controller);
  const waited = await within(run(context, controller.signal), limitMs, context.ports.clock);
  if (waited.kind === 'done')
    return { name, findings: waited.value.map((finding) => withPlaces(finding, context.ports)) };
  controller.abort(new DOMException('The check took too long.', 'TimeoutError'));
  const why = waited.kind === 'late' ? `it took longer than ${limitMs / 1_000} s` : String(waited.error);
  return {
    name,
    findings: [
      hint(`this check did not come to an end: ${why}`, 'So nothing is known of it.', 'Run this again.'),
    ],
  };
}

// ── what is shown ─────────────────────────────────────────────────────────────────────────────────────────────

const WIDTH = 12;
const MARKS = { ok: 'ok   ', hint: 'hint ', stops: 'STOPS' } as const;
const INDENT = ' '.repeat(MARKS.ok.length + 1 + WIDTH);

const indented = (text: string): string => text.replaceAll('\n', `\n${INDENT}`);

function lines(name: string, finding: Finding): string {
  const first = `${MARKS[finding.level]} ${name.padEnd(WIDTH)}${indented(finding.what)}\n`;
  if (finding.level === 'ok') return first;
  return `${first}${INDENT}${indented(finding.why)}\n${INDENT}→ ${indented(finding.fix)}\n`;
}

const count = (checked: readonly Checked[], level: Finding['level']): number =>
  checked.flatMap(({ findings }) => findings).filter((finding) => finding.level === level).length;

function summary(checked: readonly Checked[]): string {
  const [stopped, hinted] = [count(checked, 'stops'), count(checked, 'hint')];
  const hints = hinted === 0 ? '' : `; ${hinted} ${hinted === 1 ? 'hint' : 'hints'}`;
  if (stopped > 0) return `\n${stopped} of these would stop a session${hints}.\n`;
  return `\nNothing would stop a session${hints}. bun run claude begins one.\n`;
}

const LINE_START = '\r\u001b[K';

type Running = readonly (readonly [Check, Promise<Checked>])[];

async function tellAsTheyCome(running: Running, context: DoctorContext, stop: AbortSignal): Promise<void> {
  const { err, hasTerminal } = context.ports;
  const out = context.args.json ? () => {} : context.ports.out;
  out(`Gemini for Claude Code ${VERSION} · doctor\n\n`);
  for (const [{ name }, work] of running) {
    if (hasTerminal) err(`…     ${name}`);
    const { findings } = await work;
    if (hasTerminal) err(LINE_START);
    // What a check has found that was broken off is not so.
    stop.throwIfAborted();
    for (const finding of findings) out(hideSecrets(lines(name, finding), context.secrets));
  }
}

async function examine(context: DoctorContext, stop: AbortSignal): Promise<number> {
  const { args, ports, secrets } = context;
  const checks = args.updates ? [...CHECKS, updates] : CHECKS;
  const running = checks.map((check) => [check, runCheck(check, context, stop)] as const);
  await tellAsTheyCome(running, context, stop);
  const checked = await Promise.all(running.map(([, work]) => work));
  const stopped = count(checked, 'stops') > 0;
  const report = { version: VERSION, ok: !stopped, checks: checked };
  ports.out(args.json ? `${hideSecrets(JSON.stringify(report, null, 2), secrets)}\n` : summary(checked));
  return stopped ? EXIT_STOPPED : 0;
}

/** A signal of the terminal does not reach what the checks have started: that is in process groups of its own. */
async function examineUntilSignal(context: DoctorContext): Promise<number> {
  const stop = new AbortController();
  const stopped = Promise.withResolvers<never>();
  const forget = context.ports.onSignal((signal) => {
    stop.abort(new EndedBySignal(signal));
    // Whatever hears of the abort ends what it has begun. The others are not waited for.
    void othersFirst().then(() => stopped.reject(stop.signal.reason));
  });
  return Promise.race([examine(context, stop.signal), stopped.promise]).finally(forget);
}

async function act(argv: readonly string[], ports: DoctorPorts): Promise<number> {
  const args = readArguments(argv);
  if (!args.help) return examineUntilSignal(readContext(args, ports));
  ports.out(HELP);
  return 0;
}

/** The exit code: 1 where something would stop a session. */
export async function doctor(argv: readonly string[], ports: DoctorPorts): Promise<number> {
  try {
    return await act(argv, ports);
  } catch (error) {
    if (error instanceof EndedBySignal) return exitOfSignal(error.signal);
    if (!(error instanceof ConfigError)) throw error;
    ports.err(`${error.message}\n`);
    return EXIT_USAGE;
  }
}
