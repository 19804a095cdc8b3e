/** The port that `bun run start` wants, and what is there already. */
import { lookAt, tryConnection } from '../launch/look.ts';
import type { DoctorContext } from './context.ts';
import { type Check, type Finding, hint, ok, stops } from './finding.ts';
import { outputOf } from './run-program.ts';

/** Programs that tell who listens at a port, and where their output says so. */
const TELLERS: readonly { command: string; args(port: number): string[]; found: RegExp }[] = [
  {
    command: 'lsof',
    args: (port) => ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'],
    found: /^p(?<pid>\d+)[\s\S]*?^c(?<name>.+)$/m,
  },
  {
    command: 'ss',
    args: (port) => ['-ltnpH', `sport = :${port}`],
    found: /users:\(\("(?<name>[^"]+)",pid=(?<pid>\d+)/,
  },
];

/** `node (process 4711)`; undefined where nothing at hand can tell. */
async function whoListens(
  port: number,
  context: DoctorContext,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { outside, folder } = context;
  for (const { command, args, found } of TELLERS) {
    const path = Bun.which(command, { PATH: outside['PATH'] ?? '' });
    const program = { command: path ?? command, args: args(port), env: outside, cwd: folder };
    const said = path === null ? undefined : await outputOf(program, signal);
    const { name, pid } = found.exec(said ?? '')?.groups ?? {};
    if (pid !== undefined) return `${name} (process ${pid})`;
  }
  return undefined;
}

/** One that nobody listens at now. */
function freePort(): number {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return port;
}

/** Milliseconds. The proxy itself gives each key 30 seconds. */
const CONNECTION_MS = 35_000;

const START_ANEW = 'End it (Ctrl-C in its terminal), and start it anew: `bun run start`.';

/**
 * A proxy that runs goes on with what it was started with, so what the other checks have tried says nothing of it. It
 * is asked to try by itself.
 */
async function runningFindings(
  { address, expected, google }: DoctorContext,
  differing: readonly string[],
): Promise<Finding[]> {
  const failed =
    google.keys.length > 0 ? await tryConnection(address, expected.token, CONNECTION_MS) : undefined;
  const what = `the proxy that runs at ${address}`;
  const names = differing.join(', ');
  const others = differing.length === 0 ? '' : ` has other settings than these (${names}), and`;
  if (failed)
    return [
      stops(
        `${what}${others} cannot use Gemini: ${failed.message}`,
        'Each request of a session would fail.',
        `${failed.guidance} If the other checks are content, ${START_ANEW.replace('End', 'end')}`.trim(),
      ),
    ];
  if (differing.length === 0) return [ok(`at ${address} a proxy with these settings is ready`)];
  return [
    hint(
      `${what} works, and has other settings than these: ${names}`,
      'It was started with others, and has not taken these over: what the other checks have found is not so for it.',
      START_ANEW,
    ),
  ];
}

export const port: Check = {
  name: 'port',
  limitMs: CONNECTION_MS + 15_000,
  async run(context, signal) {
    const { address, expected, config } = context;
    if (config.port === 0) return [ok('a free one is taken at start')];
    const found = await lookAt(address, expected);
    if (found.kind === 'nothing') return [ok(`${address} is free`)];
    if (found.kind === 'ours') return runningFindings(context, found.differing);
    const who = await whoListens(config.port, context, signal);
    return [
      stops(
        `at ${address} ${found.why}${who === undefined ? '' : `: ${who}`}`,
        'bun run start cannot listen there, and a Claude Code that is told this address asks the wrong program.',
        `End that program, or take another port: \`PORT=${freePort()}\`.`,
      ),
    ];
  },
};
