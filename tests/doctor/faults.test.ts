/** Each fault is seeded into a sound machine, found, and mended by what the doctor says; then the doctor is content. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '../../src/config/config.ts';
import { certificateFor } from '../support/certificate.ts';
import {
  applyFix,
  BAD_KEY,
  DoctorBench,
  GOOD_KEY,
  type Hands,
  type Report,
  SILENT_PROGRAM,
} from '../support/doctor.ts';
import { exists, gone } from '../support/launch.ts';

const LONG_MS = 60_000;

let bench: DoctorBench;
beforeEach(() => {
  bench = new DoctorBench();
});
afterEach(() => bench.clear());

type Fault = {
  name: string;
  seed(bench: DoctorBench): unknown;
  level: 'hint' | 'stops';
  check: string;
  says: RegExp;
  hands?(bench: DoctorBench): Hands;
  /** What is read when a process begins cannot be seeded into this one. */
  inProcess?: true;
};

/** A port that nobody listens at, until the test does. */
function unusedPort(): number {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() });
  const { port = 0 } = server;
  server.stop(true);
  return port;
}

const USER_SETTINGS = 'home/.claude/settings.json';

const FAULTS: readonly Fault[] = [
  {
    name: 'a setting that cannot be read',
    seed: ({ env }) => Object.assign(env, { REQUEST_TIMEOUT: 'soon' }),
    level: 'stops',
    check: 'settings',
    says: /^REQUEST_TIMEOUT: .*soon/,
  },
  {
    name: 'a setting under another name',
    seed: ({ env }) => Object.assign(env, { GEMINI_API_KEYS: 'x' }),
    level: 'hint',
    check: 'settings',
    says: /GEMINI_API_KEYS .*did you mean API_KEYS/,
  },
  {
    name: 'nobody at the base URL',
    seed: ({ env }) => Object.assign(env, { GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:${unusedPort()}` }),
    level: 'stops',
    check: 'network',
    says: /cannot reach 127\.0\.0\.1:\d+: .*nothing listens/,
    hands: ({ env, google, serve }) => ({
      acts: {
        // Not Google itself: tests have no network.
        'unset GOOGLE_GEMINI_BASE_URL': () =>
          serve.call(bench, google.answer, {
            port: Number(new URL(env['GOOGLE_GEMINI_BASE_URL'] ?? '').port),
          }),
      },
    }),
  },
  {
    name: "a company's proxy that is not there",
    seed: ({ env }) =>
      Object.assign(env, {
        HTTP_PROXY: `http://user:hush-hush@127.0.0.1:${unusedPort()}`,
        NO_PROXY: 'none',
        no_proxy: 'none',
      }),
    level: 'stops',
    check: 'network',
    says: /nothing listens|the connection failed/,
    inProcess: true,
  },
  {
    name: "a certificate of a company's own",
    seed: (bench) => {
      const tls = certificateFor('localhost');
      bench.write('ca.pem', tls.cert);
      bench.env['GOOGLE_GEMINI_BASE_URL'] = bench
        .serve(bench.google.answer, { tls })
        .replace('http://127.0.0.1', 'https://localhost');
    },
    level: 'stops',
    check: 'network',
    says: /its certificate is not trusted/,
    hands: ({ root }) => ({ answers: { '<file>': join(root, 'ca.pem') } }),
    inProcess: true,
  },
  {
    name: "a company's proxy that lets nothing through",
    seed: (bench) => {
      const proxy = bench.serve(() => new Response('no', { status: 407 }));
      Object.assign(bench.env, { HTTPS_PROXY: proxy, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' });
      const tls = certificateFor('localhost');
      bench.env['NODE_EXTRA_CA_CERTS'] = bench.write('ca.pem', tls.cert);
      bench.env['GOOGLE_GEMINI_BASE_URL'] = bench
        .serve(bench.google.answer, { tls })
        .replace('http://127.0.0.1', 'https://localhost');
    },
    level: 'stops',
    check: 'network',
    says: /the connection failed/,
    inProcess: true,
  },
  {
    name: 'a certificate file that is not there',
    seed: ({ env }) => Object.assign(env, { NODE_EXTRA_CA_CERTS: '/no/such/file.pem' }),
    level: 'hint',
    check: 'network',
    says: /NODE_EXTRA_CA_CERTS names \/no\/such\/file\.pem/,
  },
  {
    name: 'certificates that nobody checks',
    seed: ({ env }) => Object.assign(env, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }),
    level: 'hint',
    check: 'network',
    says: /no certificate is checked/,
    hands: (bench) => ({ answers: { '<file>': bench.write('ca.pem', certificateFor('localhost').cert) } }),
  },
  {
    name: 'a clock that is two days ahead',
    seed: (bench) => {
      bench.ahead = 2 * 86_400_000;
    },
    level: 'stops',
    check: 'clock',
    says: /clock is 2 days ahead/,
    hands: (bench) => ({
      acts: {
        'sudo timedatectl': () => {
          bench.ahead = 0;
        },
      },
    }),
  },
  {
    name: 'a key that Google does not take',
    seed: ({ env }) => Object.assign(env, { GEMINI_API_KEY: BAD_KEY }),
    level: 'stops',
    check: 'keys',
    says: /^#.{8}, key 1 of GEMINI_API_KEY: .*API key not valid/,
    hands: () => ({ answers: { '<key>': GOOD_KEY } }),
  },
  {
    name: 'a bad key beside a good one',
    seed: ({ env }) => Object.assign(env, { API_KEYS: `${GOOD_KEY},${BAD_KEY}` }),
    level: 'hint',
    check: 'keys',
    says: /^#.{8}, key 2 of API_KEYS: /,
    hands: () => ({ answers: { '<keys>': GOOD_KEY } }),
  },
  {
    name: 'no key at all',
    seed: ({ env }) => delete env['GEMINI_API_KEY'],
    level: 'hint',
    check: 'keys',
    says: /no Gemini key is set/,
    hands: () => ({ answers: { '<key>': GOOD_KEY } }),
  },
  {
    name: 'a model that no key reaches, and none that takes its place',
    seed: ({ env, google }) => {
      env['MODEL_FALLBACKS'] = 'none';
      google.missing.add('gemini-4-argon');
    },
    level: 'stops',
    check: 'keys',
    says: /^gemini-4-argon \(BIG_MODEL\) does not answer/,
  },
  {
    name: 'a model that no key reaches, where another takes its place',
    seed: ({ google }) => google.missing.add('gemini-4-argon'),
    level: 'hint',
    check: 'keys',
    says: /^gemini-4-argon \(BIG_MODEL\) does not answer/,
  },
  {
    name: 'a model that does not think as it should be able to',
    seed: ({ env, google }) => {
      env['SMALL_MODEL'] = 'gemini-3.8-flash';
      google.thoughtless.add('gemini-3.8-flash');
    },
    level: 'hint',
    check: 'thinking',
    says: /^gemini-3\.8-flash refuses to think/,
  },
  {
    name: 'a model that this version does not know',
    seed: ({ env }) => Object.assign(env, { BIG_MODEL: 'gemini-9-zinc' }),
    level: 'hint',
    check: 'thinking',
    says: /^gemini-9-zinc is not in this version's table/,
  },
  {
    name: 'another program at the port',
    seed: (bench) => {
      bench.env['PORT'] = new URL(bench.serve(() => new Response('me'))).port;
    },
    level: 'stops',
    check: 'port',
    says: /another program listens/,
  },
  {
    name: 'no Claude Code',
    seed: (bench) => bench.removeClient(),
    level: 'stops',
    check: 'claude code',
    says: /not installed/,
    hands: (bench) => ({ acts: { 'npm install -g': () => bench.installClient() } }),
  },
  {
    name: 'a Claude Code of long ago',
    seed: (bench) => bench.installClient('2.0.99'),
    level: 'hint',
    check: 'claude code',
    says: /2\.0\.99 is older/,
    hands: (bench) => ({ acts: { 'claude update': () => bench.installClient() } }),
  },
  {
    name: 'another provider in the settings of a connected Claude Code',
    seed: (bench) => {
      Object.assign(bench.env, connected(bench));
      bench.write(USER_SETTINGS, { env: { CLAUDE_CODE_USE_BEDROCK: '1' } });
    },
    level: 'stops',
    check: 'connection',
    says: /CLAUDE_CODE_USE_BEDROCK is set beside ANTHROPIC_BASE_URL/,
    hands: (bench) => ({ acts: { [join(bench.root, USER_SETTINGS)]: () => bench.write(USER_SETTINGS, {}) } }),
  },
  {
    name: 'a key of Anthropic in the environment',
    seed: ({ env }) => Object.assign(env, { ANTHROPIC_API_KEY: 'sk-ant-secret-of-mine' }),
    level: 'hint',
    check: 'connection',
    says: /^ANTHROPIC_API_KEY is set$/,
  },
  {
    name: 'a base URL where nobody listens',
    seed: ({ env }) =>
      Object.assign(env, {
        ANTHROPIC_BASE_URL: `http://127.0.0.1:${unusedPort()}`,
        CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
      }),
    level: 'stops',
    check: 'connection',
    says: /nobody listens there/,
  },
  {
    name: 'another token than the proxy takes',
    seed: (bench) => Object.assign(bench.env, connected(bench), { PROXY_API_KEY: 'between-us-two' }),
    level: 'stops',
    check: 'connection',
    says: /ANTHROPIC_AUTH_TOKEN is not the PROXY_API_KEY/,
    hands: () => ({ answers: { '<PROXY_API_KEY>': 'between-us-two' } }),
  },
  {
    name: 'a settings file with a comma too many',
    seed: (bench) => bench.write(USER_SETTINGS, '{"env": {},}'),
    level: 'stops',
    check: 'connection',
    says: /settings\.json is not valid JSON/,
    hands: (bench) => ({ acts: { [join(bench.root, USER_SETTINGS)]: () => bench.write(USER_SETTINGS, {}) } }),
  },
  {
    name: "requests for this machine that go through a company's proxy",
    seed: (bench) => Object.assign(bench.env, { HTTPS_PROXY: 'http://proxy.example:3128' }),
    level: 'hint',
    check: 'connection',
    says: /NO_PROXY does not name 127\.0\.0\.1/,
  },
  {
    name: 'no model discovery',
    seed: (bench) => {
      const { CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: _, ...rest } = connected(bench);
      Object.assign(bench.env, rest);
    },
    level: 'hint',
    check: 'connection',
    says: /model discovery is off/,
  },
  {
    name: 'no tool search',
    seed: ({ env }) => Object.assign(env, { ENABLE_TOOL_SEARCH: 'false' }),
    level: 'hint',
    check: 'connection',
    says: /ENABLE_TOOL_SEARCH=false/,
  },
  {
    name: 'a base URL at which another program listens',
    seed: (bench) =>
      Object.assign(bench.env, connected(bench), {
        ANTHROPIC_BASE_URL: bench.serve(() => new Response('me')),
      }),
    level: 'stops',
    check: 'connection',
    says: /ANTHROPIC_BASE_URL of the environment is .*, where another program listens/,
  },
  {
    name: 'a base URL with a path that the proxy does not serve',
    seed: (bench) => {
      const { ANTHROPIC_BASE_URL: url = '', ...rest } = connected(bench);
      Object.assign(bench.env, rest, { PORT: new URL(url).port, ANTHROPIC_BASE_URL: `${url}/anthropic` });
    },
    level: 'stops',
    check: 'connection',
    says: /\/anthropic, where another program listens/,
  },
  {
    name: 'a base URL that is none',
    seed: ({ env }) =>
      Object.assign(env, {
        ANTHROPIC_BASE_URL: '127.0.0.1:8082',
        CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
      }),
    level: 'stops',
    check: 'connection',
    says: /which is no URL/,
  },
  {
    name: 'a connected Claude Code without a proxy',
    seed: (bench) => {
      const port = String(unusedPort());
      Object.assign(bench.env, connected(bench), {
        PORT: port,
        ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
      });
    },
    level: 'hint',
    check: 'connection',
    says: /does not run/,
    hands: (bench) => ({ acts: { 'bun run start': () => serveProxy(bench, Number(bench.env['PORT'])) } }),
  },
  {
    name: 'a connected Claude Code without a token',
    seed: (bench) => {
      const { ANTHROPIC_AUTH_TOKEN: _, ...rest } = connected(bench);
      Object.assign(bench.env, rest);
    },
    level: 'stops',
    check: 'connection',
    says: /ANTHROPIC_AUTH_TOKEN is not/,
  },
  {
    name: 'a helper that fetches a key',
    seed: (bench) => bench.write(USER_SETTINGS, { apiKeyHelper: '/bin/fetch-key' }),
    level: 'hint',
    check: 'connection',
    says: /^apiKeyHelper is set/,
    hands: (bench) => ({ acts: { [join(bench.root, USER_SETTINGS)]: () => bench.write(USER_SETTINGS, {}) } }),
  },
  {
    name: 'an MCP tool that the proxy refuses',
    seed: (bench) =>
      bench.addMcp('odd', bench.mcpProgram([{ name: 'say', inputSchema: { type: 'string' } }])),
    level: 'stops',
    check: 'mcp servers',
    says: /refuses tool say of odd: .*Input should be 'object'/,
    hands: (bench) => ({
      acts: { 'claude mcp remove odd --scope user': () => bench.write('home/.claude.json', {}) },
    }),
  },
  {
    name: 'an MCP server that says nothing',
    seed: (bench) => {
      const script = bench.write('servers/silent.ts', SILENT_PROGRAM);
      bench.addMcp('mute', { command: process.execPath, args: [script, join(bench.root, 'child')] });
      bench.env['MCP_TIMEOUT'] = '55000';
      bench.limit = { ms: 55_000, when: (act) => void exists(join(bench.root, 'child')).then(act) };
    },
    level: 'hint',
    check: 'mcp servers',
    says: /mute has no tools to offer: it did not tell its tools within 55 s/,
    hands: (bench) => ({
      acts: {
        'claude mcp remove mute': async () => {
          await gone(Number(readFileSync(join(bench.root, 'child'), 'utf8')));
          bench.write('home/.claude.json', {});
        },
        [join(bench.home, '.claude.json')]: () => {},
      },
    }),
  },
  {
    name: 'an MCP server whose variable is not set',
    seed: (bench) => bench.addMcp('repo', { ...bench.mcpProgram([]), env: { TOKEN: `\${REPO_TOKEN}` } }),
    level: 'hint',
    check: 'mcp servers',
    says: /repo .*needs REPO_TOKEN/,
    hands: () => ({ answers: { '<value>': 'a-token-of-mine' } }),
  },
  {
    name: 'an MCP server that wants a login',
    seed: (bench) =>
      bench.addMcp('web', { type: 'http', url: bench.serve(() => new Response('', { status: 401 })) }),
    level: 'hint',
    check: 'mcp servers',
    says: /web has no tools to offer: it wants a login/,
    hands: (bench) => ({
      acts: {
        'claude mcp remove web': () => bench.write('home/.claude.json', {}),
        [join(bench.home, '.claude.json')]: () => {},
      },
    }),
  },
];

/** What a proxy says that runs with these settings, as far as the doctor asks. */
function serveProxy(bench: DoctorBench, port = 0): string {
  const root = { service: 'gemini-claude-proxy', version: VERSION, backend: 'gemini' };
  const models = { data: [{ id: 'claude-opus-5-5', max_input_tokens: 1_000_000 }] };
  const answers: Readonly<Record<string, object>> = { '/': root, '/readyz': {}, '/v1/models': models };
  const answer = ({ url }: Request) => {
    const body = answers[new URL(url).pathname];
    return body ? Response.json(body) : new Response('', { status: 404 });
  };
  return bench.serve(answer, { port });
}

/** Connected by hand to a proxy that is there. */
const connected = (bench: DoctorBench): Record<string, string> => ({
  ANTHROPIC_BASE_URL: serveProxy(bench),
  ANTHROPIC_AUTH_TOKEN: 'dummy',
  CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
});

const problems = ({ findings }: Report) => findings.filter(({ level }) => level !== 'ok');

describe('a sound machine', () => {
  test('gives the doctor nothing to say', async () => {
    const report = await bench.run();
    expect(problems(report)).toEqual([]);
    expect(report.exitCode).toBe(0);
  });
});

describe('a fault is found, and what the doctor says mends it:', () => {
  test.each(FAULTS.map((fault) => [fault.name, fault] as const))(
    '%s',
    async (_, { seed, level, check, says, hands, inProcess }) => {
      const run = () => (inProcess ? bench.runProcess('--json') : bench.run());
      await seed(bench);
      const before = await run();
      const found = problems(before).filter((finding) => finding.check === check && says.test(finding.what));
      expect(found.map((finding) => finding.level)).toEqual([level]);
      expect(before.exitCode).toBe(level === 'stops' ? 1 : 0);
      for (const secret of [GOOD_KEY, BAD_KEY, 'hush-hush', 'sk-ant-secret-of-mine', 'between-us-two'])
        expect(before.out + before.err).not.toContain(secret);
      for (const finding of found)
        if (finding.level !== 'ok') await applyFix(finding.fix, bench, hands?.(bench) ?? {});
      const after = await run();
      expect(problems(after)).toEqual([]);
      expect(after.exitCode).toBe(0);
    },
    LONG_MS,
  );
});
