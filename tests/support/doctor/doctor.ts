/** `doctor` in a home of its own, with a Google on a socket, a script in place of Claude Code, and small MCP servers. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { doctor } from '../../../src/doctor/doctor.ts';
import type { Finding } from '../../../src/doctor/finding.ts';
import type { DoctorPorts } from '../../../src/doctor/ports.ts';
import { MODELS } from '../../../src/gemini/model-rows.ts';
import { type Clock, sleepOf, systemClock, systemConnect } from '../../../src/lib/ports.ts';
import { missing } from '../google/scripted-google.ts';
import { googleError, textChunk } from '../proxy.ts';

export const GOOD_KEY = 'AIza-doctor-good-0123456789';
export const BAD_KEY = 'AIza-doctor-bad-0123456789';
export const CLIENT_VERSION = '2.1.332';

export type Told = Finding & { check: string };
export type Report = { exitCode: number; findings: Told[]; out: string; err: string };

const MAIN = join(import.meta.dir, '../../../src/main.ts');
/** Ends a run in vain after the test that it belongs to has failed by its own limit. */
const RUN_MS = 60_000;

/** What Google does otherwise than answer. */
export class StandInGoogle {
  readonly missing = new Set<string>();
  /** Models that refuse to be told how to think. */
  readonly thoughtless = new Set<string>();
  /** In place of an answer of a model, where there is one. */
  says: ((model: string) => Response | undefined) | undefined;
  readonly asked: string[] = [];

  answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const text = await request.text();
    this.asked.push(`${request.method} ${url.pathname}`);
    if (request.headers.get('x-goog-api-key') === BAD_KEY)
      return googleError(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.');
    const model = /models\/([^:/]+):/.exec(url.pathname)?.[1];
    if (model === undefined) return Response.json({ models: this.#listed() });
    const said = this.says?.(model);
    if (said) return said;
    if (this.missing.has(model)) return missing();
    if (this.thoughtless.has(model) && text.includes('thinkingConfig'))
      return googleError(400, 'INVALID_ARGUMENT', 'Thinking level is not supported for this model.');
    return Response.json(textChunk('Hi', 'STOP'));
  };

  #listed() {
    return MODELS.filter(({ id }) => !this.missing.has(id)).map(({ id }) => ({ name: `models/${id}` }));
  }
}

export class DoctorBench {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'doctor-')));
  readonly home = join(this.root, 'home');
  readonly project = join(this.root, 'project');
  readonly google = new StandInGoogle();
  /** What ends with the test. */
  readonly servers: { stop(now: boolean): unknown }[] = [];
  /** Milliseconds by which this machine's clock is ahead. */
  ahead = 0;
  /** Takes the limits of so many milliseconds into its own hands: calls `act` when it is time. */
  limit: { ms: number; when(act: () => void): void } | undefined;
  env: Record<string, string>;

  constructor() {
    for (const folder of [this.home, this.project, join(this.root, 'bin')])
      mkdirSync(folder, { recursive: true });
    const server = this.serve(this.google.answer);
    this.env = {
      PATH: `${join(this.root, 'bin')}:/usr/bin:/bin`,
      HOME: this.home,
      PORT: '0',
      GEMINI_API_KEY: GOOD_KEY,
      GOOGLE_GEMINI_BASE_URL: server,
    };
    this.installClient();
  }

  serve(fetch: (request: Request) => Response | Promise<Response>, more: object = {}): string {
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch, ...more });
    this.servers.push(server);
    return `http://127.0.0.1:${server.port}`;
  }

  installClient(version = CLIENT_VERSION): void {
    const path = this.write('bin/claude', `#!/bin/sh\necho "${version} (Claude Code)"\n`);
    chmodSync(path, 0o755);
  }

  removeClient(): void {
    rmSync(join(this.root, 'bin/claude'));
  }

  /** The whole path. */
  write(path: string, content: unknown): string {
    const whole = join(this.root, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, typeof content === 'string' ? content : JSON.stringify(content));
    return whole;
  }

  read(path: string): Record<string, Record<string, unknown>> {
    const whole = join(this.root, path);
    return existsSync(whole) ? JSON.parse(readFileSync(whole, 'utf8')) : {};
  }

  /** Names an MCP server for all folders of the user. */
  addMcp(name: string, row: object): void {
    const { mcpServers } = this.read('home/.claude.json');
    this.write('home/.claude.json', { mcpServers: { ...mcpServers, [name]: row } });
  }

  /** A program that offers `tools`, as Claude Code would start it. */
  mcpProgram(tools: readonly object[]): object {
    const script = this.write('servers/tools.ts', MCP_PROGRAM);
    return { command: process.execPath, args: [script, JSON.stringify(tools)] };
  }

  /** For `doctor` in this process. */
  ports(more: Partial<DoctorPorts> = {}): DoctorPorts {
    const clock: Clock = {
      ...systemClock,
      wall: () => new Date(systemClock.wall().getTime() + this.ahead),
      after: (ms, act) => this.#after(ms, act),
      sleep: (ms, signal) => sleepOf(clock, ms, signal),
    };
    return {
      env: this.env,
      outside: this.env,
      cwd: this.root,
      home: this.home,
      platform: 'linux',
      managed: join(this.root, 'managed'),
      clock,
      fetch: (url, init) => fetch(url, init),
      connect: systemConnect,
      hasTerminal: false,
      onSignal: () => () => {},
      out() {},
      err() {},
      ...more,
    };
  }

  run(...argv: string[]): Promise<Report> {
    return this.runWith({}, ...argv);
  }

  async runWith(more: Partial<DoctorPorts>, ...argv: string[]): Promise<Report> {
    let [out, err] = ['', ''];
    const ports = this.ports({
      ...more,
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
    });
    const exitCode = await doctor(['--json', '--folder', this.project, ...argv], ports);
    return { exitCode, findings: findingsIn(out), out, err };
  }

  #after(ms: number, act: () => void): () => void {
    if (ms !== this.limit?.ms) return systemClock.after(ms, act);
    this.limit.when(act);
    return () => {};
  }

  /** As its users start it: for what is read when a process begins. */
  start(...argv: string[]) {
    return Bun.spawn([process.execPath, MAIN, 'doctor', '--folder', this.project, ...argv], {
      cwd: this.root,
      env: this.env,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      timeout: RUN_MS,
      killSignal: 'SIGKILL',
    });
  }

  async runProcess(...argv: string[]): Promise<Report> {
    const child = this.start(...argv);
    const [out, err] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    const exitCode = await child.exited;
    return { exitCode, findings: argv.includes('--json') ? findingsIn(out) : [], out, err };
  }

  async clear(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop(true)));
    rmSync(this.root, { recursive: true, force: true });
  }
}

function findingsIn(out: string): Told[] {
  if (out === '') return [];
  const { checks } = JSON.parse(out) as { checks: { name: string; findings: Finding[] }[] };
  return checks.flatMap(({ name, findings }) => findings.map((finding) => ({ ...finding, check: name })));
}

/** Speaks MCP over lines: its tools are its argument. */
const MCP_PROGRAM = `
const tools = JSON.parse(process.argv[2]);
const answers = {
  initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'test', version: '1' } },
  'tools/list': { tools },
};
let rest = '';
process.stdin.setEncoding('utf8').on('data', (part) => {
  const lines = (rest + part).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    const { id, method } = JSON.parse(line);
    if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] }));
  }
});
`;

/** Says where its child is, and then nothing more; neither of the two ends by itself. */
export const SILENT_PROGRAM = `
import { writeFileSync } from 'node:fs';
process.on('SIGTERM', () => {});
const child = Bun.spawn([process.execPath, '-e', 'setInterval(() => {}, 1000)']);
writeFileSync(process.argv[2], String(child.pid));
setInterval(() => {}, 1000);
`;

/** A port that nobody listens at, until the test does. */
export function unusedPort(): number {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() });
  const { port = 0 } = server;
  server.stop(true);
  return port;
}

// ── fixes ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a fix cannot know (a key, a file), and how commands of others are done in a test. */
export type Hands = {
  answers?: Readonly<Record<string, string>>;
  /** By the start of what stands between backticks. */
  acts?: Readonly<Record<string, () => unknown>>;
};

/** Does what stands between backticks: variables are set and unset; for other things `hands` has an act. */
export async function applyFix(
  fix: string,
  bench: DoctorBench,
  { answers = {}, acts = {} }: Hands,
): Promise<void> {
  let done = 0;
  for (const [, piece = ''] of fix.matchAll(/`([^`]+)`/g)) {
    const [, name = '', value = ''] = /^(\w+)=(.*)$/.exec(piece) ?? [];
    const [, unset = ''] = /^unset (\w+)$/.exec(piece) ?? [];
    const act = Object.entries(acts).find(([start]) => piece.startsWith(start))?.[1];
    if (act) await act();
    else if (name !== '') bench.env[name] = value.replace(/<[^>]+>/g, (hole) => answerTo(hole, answers));
    else if (unset !== '') delete bench.env[unset];
    else continue;
    done += 1;
  }
  if (done === 0) throw new Error(`there is nothing to do in: ${fix}`);
}

function answerTo(hole: string, answers: Readonly<Record<string, string>>): string {
  const answer = answers[hole];
  if (answer === undefined) throw new Error(`the test has no answer to ${hole}`);
  return answer;
}
